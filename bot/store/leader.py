"""One bot leads on a database: a lock that nobody else gets, and that ends with the process."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import AnotherLeads, DatabaseTrouble, DatabaseUnusable, LeadershipLost
from bot.store.engines import CLOSE_TIMEOUT, CONNECT_TIMEOUT, lock_engine, place_of, read_url
from bot.store.file_system import MOUNTS, require_local
from bot.store.trouble import AT_CONNECT, sentence, translated

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEADER_LOCK = 0x1A7E0A1D15C1
"""The PostgreSQL advisory lock that the leader's own session holds."""
CHECK_INTERVAL = 10.0
"""Seconds between two looks whether the lock is still ours."""


LOST_SESSION_TIMEOUT = 70.0
"""Seconds in which a PostgreSQL server notices that a bot's machine is gone: see LOST_CLIENT in `engines`."""


class Role(StrEnum):
    """Whether this bot works on its database, or waits for the one that does."""

    LEADER = "leader"
    STANDBY = "standby"


class Lock(Protocol):
    """What only one process holds at a time. Raises SQLAlchemyError or OSError where it can't be asked."""

    async def acquire(self) -> bool:
        """Whether it is ours now. Asked again while it is ours, it proves that it still is."""
        ...

    async def release(self) -> None: ...


class Leader:
    """`url` names the database (SettingWrong if it names none). `sleep` and `answer_timeout`, the time that
    PostgreSQL has for an answer, count seconds. `mounts`: as Linux lists them.
    """

    def __init__(
        self,
        url: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        answer_timeout: float = CONNECT_TIMEOUT,
        mounts: Path = MOUNTS,
    ) -> None:
        parsed = read_url(url)
        self._place = place_of(parsed)
        sqlite = parsed.get_backend_name() == "sqlite"
        self._lock: Lock = (
            FileLock(Path(str(parsed.database)), mounts) if sqlite else SessionLock(parsed, answer_timeout)
        )
        self._patience = 0.0 if sqlite else LOST_SESSION_TIMEOUT
        self._sleep = sleep
        self.role = Role.STANDBY

    async def acquire(self) -> bool:
        """Whether this bot leads from now on. DatabaseTrouble: that can't be known now."""
        with translated(self._place, *AT_CONNECT):
            held = await self._lock.acquire()
        self.role = Role.LEADER if held else Role.STANDBY
        return held

    async def lead(self) -> None:
        """Returns as the leader. AnotherLeads, or DatabaseUnusable.

        On PostgreSQL the session of a bot whose machine is gone holds the lock for a while: it is waited for.
        """
        waited = 0.0
        while not await self._first():
            if waited >= self._patience:
                raise AnotherLeads(
                    f"Another bot already runs on the database {self._place}. Stop it, or give this one a "
                    "database of its own in BOT_DATABASE_URL."
                )
            if not waited:
                log.warning("leadership_delayed")
            await self._sleep(CHECK_INTERVAL)
            waited += CHECK_INTERVAL

    async def _first(self) -> bool:
        try:
            return await self.acquire()
        except DatabaseTrouble as error:
            raise DatabaseUnusable(str(error)) from error
        except SQLAlchemyError as error:
            raise DatabaseUnusable(sentence(self._place, error)) from error

    async def run(self) -> None:
        """Endless: keeps the lead. LeadershipLost once another bot has it."""
        while True:
            await self._sleep(CHECK_INTERVAL)
            await self._keep()

    async def _keep(self) -> None:
        """A lock that is not ours right after the connection broke may still be our own lost session's."""
        led = self.role is Role.LEADER
        try:
            held = await self.acquire()
        except DatabaseTrouble as error:
            log.warning("leadership_check_failed", reason=str(error))
            return
        if held and not led:
            log.info("leadership_recovered")
        elif not held and not led:
            raise LeadershipLost(
                f"The connection to the database {self._place} broke, and another bot leads there now."
            )
        elif not held:
            log.warning("leadership_delayed")

    async def release(self) -> None:
        """Another bot may lead. May be called twice."""
        self.role = Role.STANDBY
        await self._lock.release()


class FileLock:
    """A lock on a file beside the SQLite file `database`; the system drops it when the process ends.

    The file stays: two bots that made it afresh could each hold one.
    """

    def __init__(self, database: Path, mounts: Path = MOUNTS) -> None:
        self._database = database
        self._mounts = mounts
        self._file: int | None = None

    async def acquire(self) -> bool:
        if self._file is None:
            await asyncio.to_thread(require_local, self._database, self._mounts)
            self._file = await asyncio.to_thread(_locked, self._database)
        return self._file is not None

    async def release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


class SessionLock:
    """An advisory lock of a PostgreSQL session that does nothing else; it ends with the connection."""

    def __init__(self, url: URL, answer_timeout: float) -> None:
        self._url = url
        self._answer_timeout = answer_timeout
        self._connection: AsyncConnection | None = None
        self._session: int | None = None
        """The process on the server that held the lock last."""

    async def acquire(self) -> bool:
        if self._connection is not None and await self._alive(self._connection):
            return True
        connection = await self._connected()
        held = False
        try:
            held = await self._take(connection)
        finally:  # a connection that is kept says that the lock is ours
            self._connection = connection
            if not held:
                await self.release()
        return held

    async def _take(self, connection: AsyncConnection) -> bool:
        held = bool(await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LEADER_LOCK}))
        if held:
            self._session = await connection.scalar(text("SELECT pg_backend_pid()"))
        elif self._session is not None:  # the server may not have noticed yet that it is gone
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE pid = :pid AND objsubid = 1 "
                    "AND locktype = 'advisory' AND (classid::bigint << 32) | objid::bigint = :key"
                ),
                {"pid": self._session, "key": LEADER_LOCK},
            )
        return held

    async def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(TimeoutError):  # a server that is silent hears no farewell
                async with asyncio.timeout(min(CLOSE_TIMEOUT, self._answer_timeout)):
                    await connection.close()
                    await connection.engine.dispose()

    async def _connected(self) -> AsyncConnection:
        try:
            return await lock_engine(self._url, self._answer_timeout).connect()
        except ImportError as error:
            raise DatabaseUnusable(
                "PostgreSQL needs one package more: pip install 'invokeai-discord[postgres]'."
            ) from error

    async def _alive(self, connection: AsyncConnection) -> bool:
        try:
            await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            await self.release()
            return False
        return True


def _locked(database: Path) -> int | None:
    """The open and locked file beside `database`; None if another process has locked it."""
    real = database.resolve()
    real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(real.with_name(f"{real.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
    except OSError as error:
        os.close(file)
        if isinstance(error, BlockingIOError | PermissionError):
            return None
        raise
    return file


def _lock(file: int) -> None:
    """BlockingIOError, or PermissionError on Windows: another process has it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - Windows has none

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
