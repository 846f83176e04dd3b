"""A fresh database for each test: SQLite always, PostgreSQL where the wheel can start one."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from postgresql_servers import NoServer, PostgreSQL, started
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.database import Database
from bot.store.migrate import VERSION_TABLE

WORN = f"""
SELECT EXISTS (SELECT FROM pg_stats WHERE schemaname = 'public')
    OR pg_database_size(current_database()) > {12 * 2**20}
"""
EMPTYING = f"""
DO $$
DECLARE one text;
BEGIN
    FOR one IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> '{VERSION_TABLE}'
    LOOP EXECUTE format('DELETE FROM %I', one); END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', one); END LOOP;
END $$
"""
Opener = Callable[[], Awaitable[Database]]


@pytest.fixture(scope="session")
def postgresql(postgresql_server: PostgreSQL) -> URL:
    """The address of a PostgreSQL server that lives as long as the tests."""
    return postgresql_server.url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    try:
        with started() as server:
            _run(_administered(server.url, "ALTER SYSTEM SET fsync = off"))  # it need not outlive a test
            _run(_administered(server.url, "SELECT pg_reload_conf()"))
            yield server
    except NoServer as error:
        pytest.skip(f"no PostgreSQL: {error}")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread: it may be asked for where a loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database; for `database`, of one that is new and has its tables.

    Migrations cost more than most tests, so those get a copy.
    """
    new = "database" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "data" / "bot.db"
        if new:
            path.parent.mkdir(mode=0o700)
            shutil.copy(request.getfixturevalue("migrated"), path)
        return f"sqlite:///{path}"
    if new:
        return await request.getfixturevalue("postgresql_copies").new()
    return await empty_database(request.getfixturevalue("postgresql"))


async def empty_database(server: URL) -> str:
    engine = create_async_engine(server)
    try:
        async with engine.begin() as conn:
            await conn.execute(text("DROP SCHEMA public CASCADE"))
            await conn.execute(text("CREATE SCHEMA public"))
    finally:
        await engine.dispose()
    return server.render_as_string(hide_password=False)


@pytest.fixture
async def open_database(database_url: str) -> AsyncGenerator[Opener]:
    """Opens the test's database once more, as another process would."""
    async with AsyncExitStack() as stack:

        async def opener() -> Database:
            database = Database(database_url)
            stack.push_async_callback(database.close)
            await database.open()
            return database

        yield opener


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest revision of the schema, and nothing else."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        database = Database(f"sqlite:///{path}")
        await database.open()
        await database.close()

    _run(migrate())
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: URL) -> URL:
    """The address of a database with the newest revision of the schema, to which nobody is connected."""
    url = postgresql.set(database="migrated")

    async def migrate() -> None:
        await _administered(postgresql, "CREATE DATABASE migrated")
        database = Database(url.render_as_string(hide_password=False))
        await database.open()
        await database.close()

    _run(migrate())
    return url


class Copies:
    """Of the database at `template`. One is emptied and used again until a test leaves more than rows behind:
    emptying takes a tenth of the time of copying.
    """

    def __init__(self, template: URL) -> None:
        self._template = template
        self._numbers = count(1)
        self._last: URL | None = None

    async def new(self) -> str:
        """The address of one that is as the template was."""
        if self._last is None or not await _emptied(self._last):
            name = f"copy_{next(self._numbers)}"
            server = self._template.set(database="postgres")
            await _administered(server, f"CREATE DATABASE {name} TEMPLATE {self._template.database}")
            self._last = server.set(database=name)
        return self._last.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_copies(migrated_postgresql: URL) -> Copies:
    return Copies(migrated_postgresql)


async def _emptied(database: URL) -> bool:
    """False if it has statistics, by which it would plan otherwise than a new one, or has grown."""
    engine = create_async_engine(database)
    try:
        async with engine.begin() as conn:
            if (await conn.execute(text(WORN))).scalar_one():
                return False
            await conn.execute(text(EMPTYING))
            return True
    finally:
        await engine.dispose()


async def _administered(server: URL, statement: str) -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as conn:
            await conn.execute(text(statement))
    finally:
        await engine.dispose()


@pytest.fixture
async def file_database(migrated: Path, tmp_path: Path) -> AsyncGenerator[Database]:
    """SQLite's alone: open, new, and waiting for no other process."""
    file = tmp_path / "bot.sqlite3"
    shutil.copy(migrated, file)
    database = Database(f"sqlite+aiosqlite:///{file}", busy_ms=1)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def database(open_database: Opener) -> Database:
    """Open, and new."""
    return await open_database()
