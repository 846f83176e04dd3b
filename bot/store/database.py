"""The database: opened and brought up to date; then transactions to write in, connections to read with."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import DatabaseTrouble, DatabaseUnusable, LeadershipLost
from bot.store import migrate
from bot.store.columns import insert_into
from bot.store.engines import (
    ANSWER_TIMEOUT,
    BUSY_MS,
    Engines,
    place_of,
    postgresql_engines,
    read_url,
    sqlite_engines,
)
from bot.store.file_system import MOUNTS, require_local
from bot.store.schema import key_values
from bot.store.trouble import AT_CONNECT, missing, sentence, translated

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIGRATION_TIMEOUT = 600.0
"""Seconds that one statement of a migration may take on PostgreSQL."""
KEPT_PAGES = 256
"""A MiB that the next rows will need anyway."""
VACUUM_PAGES = 100
"""Pages that one transaction gives back."""
INCREMENTAL = 2
"""SQLite's word for a file that can give its pages back one by one."""
TERM = "leader_term"
"""Where the number of the leader's term is kept."""
WRITERS_LOCK = 0x1A7E0A1D15C0
"""The PostgreSQL advisory lock that each of our write transactions holds."""


class Database:
    """SQLite or PostgreSQL, named by `url` (SettingWrong if it names neither).

    On both there is one writer at a time, over all processes: what a write transaction reads stays true.
    `busy_ms`: how long another process's transaction is waited for. `answer_timeout`: the seconds that
    PostgreSQL has for one statement. `mounts`: as Linux lists them. `trouble` says what
    befell whoever used it, until a write trial succeeds; `trials` counts those.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_ms: int = BUSY_MS,
        answer_timeout: float = ANSWER_TIMEOUT,
        mounts: Path = MOUNTS,
    ) -> None:
        self._url = read_url(url)
        self._answer_timeout = answer_timeout
        self._mounts = mounts
        self._busy_ms = busy_ms
        self._lock = asyncio.Lock()
        self._engines: Engines | None = None
        self._term: int | None = None
        self.trials = 0
        self.trouble: str | None = None

    @property
    def place(self) -> str:
        """The file, or host and database; no user, no password."""
        return place_of(self._url)

    async def open(self) -> None:
        """Makes folder (700) and file (600) where they are missing, and migrates to the newest revision.

        DatabaseUnusable: it can't be opened, is damaged, a newer bot has written it, or SQLite's file is on a
        network file system.
        """
        await self._opening(self._open)

    async def open_existing(self) -> None:
        """Makes and migrates nothing. DatabaseMissing, or DatabaseUnusable: as above, or it is older."""
        await self._opening(self._open_existing)

    async def _opening(self, way: Callable[[], Awaitable[None]]) -> None:
        if self._engines is not None:
            raise RuntimeError("the database is open already")
        try:
            await way()
        except DatabaseTrouble as error:
            await self.close()
            raise DatabaseUnusable(str(error)) from error
        except (SQLAlchemyError, OSError) as error:
            await self.close()
            raise DatabaseUnusable(sentence(self.place, error)) from error
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        if self.is_file:
            file = Path(str(self._url.database))
            await asyncio.to_thread(require_local, file, self._mounts)
            await asyncio.to_thread(_prepare, file)
            await self._open_file()
        else:
            await self._connect(MIGRATION_TIMEOUT)
        async with self.transaction() as conn:
            await conn.run_sync(migrate.upgrade, self.place)
        if not self.is_file:
            await self._connect(self._answer_timeout)

    async def _open_existing(self) -> None:
        if self.is_file:
            await asyncio.to_thread(require_local, Path(str(self._url.database)), self._mounts)
        if not self.is_file:
            await self._connect(self._answer_timeout)
        elif await asyncio.to_thread(_exists, Path(str(self._url.database))):
            await self._open_file()
        else:
            raise missing(self.place)
        async with self.reading() as conn:
            await conn.run_sync(migrate.require_newest, self.place)

    async def _open_file(self) -> None:
        self._engines = sqlite_engines(self._url, self._busy_ms)
        async with self.reading() as conn:
            found = (await conn.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one()
        if found != "ok":
            raise DatabaseUnusable(
                f"The database {self.place} is damaged ({str(found).splitlines()[-1]}): "
                "put a backup in its place, or move it away to start afresh."
            )

    async def _connect(self, answer_timeout: float) -> None:
        """To PostgreSQL, in place of the connections before."""
        await self.close()
        try:
            self._engines = postgresql_engines(self._url, self._busy_ms, answer_timeout)
        except ImportError as error:
            raise DatabaseUnusable(
                "PostgreSQL needs one package more: pip install 'invokeai-discord[postgres]'."
            ) from error

    async def begin_term(self) -> None:
        """Whoever wrote here as the leader before can write no more; what this object writes from now on is
        the new leader's. Nothing on SQLite, whose lock nobody can lose. DatabaseTrouble.
        """
        if self.is_file:
            return
        async with self.transaction() as conn:
            term = await _term(conn) + 1
            row = insert_into(conn, key_values).values(key=TERM, value=str(term))
            await conn.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": str(term)}))
        self._term = term

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[AsyncConnection]:
        """To write in: commits at the end, rolls back on an error. Waits for its turn. Not re-entrant.

        Unless `lasting`, a power cut may take it back, but no kill: it waits for no disk. A later lasting one
        makes it last as well.

        DatabaseTrouble: nothing of it was written, or (if the connection broke in the commit) perhaps all.
        LeadershipLost: nothing was written, for another bot's term has begun.
        """
        with self._noted(), translated(self.place):
            async with self._lock, AsyncExitStack() as stack:
                with translated(self.place, *AT_CONNECT):
                    conn = await stack.enter_async_context(self._opened.writer.begin())
                await self._begin(conn, lasting=lasting)
                if self._term is not None and await _term(conn) != self._term:
                    raise LeadershipLost(f"Another bot leads on the database {self.place} now.")
                yield conn

    async def _begin(self, conn: AsyncConnection, *, lasting: bool) -> None:
        if self.is_file:
            driver: Any = (await conn.get_raw_connection()).driver_connection
            driver.lasting = lasting
            return
        await conn.execute(select(func.pg_advisory_xact_lock(WRITERS_LOCK)))
        if not lasting:
            await conn.execute(text("SET LOCAL synchronous_commit = off"))

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """To read with: sees what is committed, waits for no writer, can't write. DatabaseTrouble."""
        with self._noted(), translated(self.place):
            async with AsyncExitStack() as stack:
                with translated(self.place, *AT_CONNECT):
                    conn = await stack.enter_async_context(self._opened.reader.connect())
                yield conn

    async def check(self) -> str:
        """Writes for real and says what stands there: kind, revision, place. DatabaseUnusable if it can't."""
        try:
            await self.write_trial()
            async with self.reading() as conn:
                revision = await conn.run_sync(migrate.revision)
        except DatabaseTrouble as error:
            raise DatabaseUnusable(str(error)) from error
        return f"{'SQLite' if self.is_file else 'PostgreSQL'}, revision {revision}, {self.place}"

    async def write_trial(self) -> None:
        """Writes something and takes it back. DatabaseTrouble if that can't be done."""
        async with self.transaction() as conn:
            await conn.execute(
                insert_into(conn, key_values).values(key="check", value="").on_conflict_do_nothing()
            )
            await conn.execute(delete(key_values).where(key_values.c.key == "check"))
        self.trials += 1
        self.trouble = None

    async def give_room_back(self) -> bool:
        """To the disk, a bit of what rows that are gone took; whether there is more to give.

        PostgreSQL does that by itself. DatabaseTrouble.
        """
        if not self.is_file:
            return False
        async with self.transaction() as conn:
            free = (await conn.exec_driver_sql("PRAGMA freelist_count")).scalar_one()
            mode = (await conn.exec_driver_sql("PRAGMA auto_vacuum")).scalar_one()
            if free <= KEPT_PAGES or mode != INCREMENTAL:
                return False  # done, or a file from before that can't
            for _ in range(min(free - KEPT_PAGES, VACUUM_PAGES)):
                # One page a call: Python takes one step of a statement without columns.
                await conn.exec_driver_sql("PRAGMA incremental_vacuum(1)")
        return free > KEPT_PAGES + VACUUM_PAGES

    @contextmanager
    def _noted(self) -> Generator[None]:
        try:
            yield
        except DatabaseTrouble as error:
            self.trouble = str(error)
            raise

    async def close(self) -> None:
        """Closes every connection; may be called twice."""
        engines, self._engines = self._engines, None
        if engines is not None:
            await engines.dispose()

    @property
    def is_file(self) -> bool:
        """Whether it is SQLite."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def _opened(self) -> Engines:
        if self._engines is None:
            raise RuntimeError("the database is not open")
        return self._engines


async def _term(conn: AsyncConnection) -> int:
    """The number of the newest leader's term; 0 before the first."""
    return int(await conn.scalar(select(key_values.c.value).where(key_values.c.key == TERM)) or 0)


def _exists(path: Path) -> bool:
    """OSError where nobody may look: then it is not known."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _prepare(path: Path) -> None:
    """Warns where others may read what is there already: it may be meant so."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    open_to_others = [str(one) for one in (path.parent, path) if one.stat().st_mode & 0o077]
    if open_to_others and os.name == "posix":
        fix = f"chmod go-rwx {' '.join(open_to_others)}"
        log.warning("database_open_to_others", paths=open_to_others, fix=fix)
