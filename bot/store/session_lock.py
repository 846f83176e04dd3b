"""The lock of the bot that leads on PostgreSQL: an advisory lock of a session that does nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import DatabaseUnusable
from bot.store.database import WRITERS_LOCK
from bot.store.engines import CLOSE_TIMEOUT, lock_engine, place_of
from bot.store.trouble import LOCK_NOT_AVAILABLE

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEADER_LOCK = 0x1A7E0A1D15C1
LOCK_WAIT_MS = 2_000
"""How long a standby waits for the lock before it looks whether the leader is frozen, and waits again."""
MAX_SILENCE = 8.0
"""Seconds without a word of the leader's session, which speaks every two, until a standby ends it."""
MAX_DOUBT = 6.0
"""Seconds since the last yes after which the lead is in doubt. No standby has taken it before MAX_SILENCE."""
POOL_TRIALS = 3

HOLDERS = """
    SELECT pid, pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = :key
    AND granted AND datname = current_database()
"""
END_SILENT = f"{HOLDERS} AND state_change < clock_timestamp() - make_interval(secs => :silence)"
END_LONG = f"{HOLDERS} AND xact_start < clock_timestamp() - make_interval(secs => :silence)"
"""Whatever it does: a write takes milliseconds."""


class SessionLock:
    """It ends with its connection, which is outside any pool. `answer_timeout`: seconds for one answer."""

    def __init__(
        self,
        url: URL,
        answer_timeout: float,
        *,
        silence: float = MAX_SILENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = url
        self._answer_timeout = answer_timeout
        self._silence = silence
        self._sleep = sleep
        self.broken = asyncio.Event()
        """Set once the session has ended."""
        self._connection: AsyncConnection | None = None
        self._session: int | None = None
        """The process on the server that holds the lock for us."""

    async def acquire(self) -> bool:
        """Whether it is ours now; for LOCK_WAIT_MS whoever has it is waited for.

        A leader whose session has said nothing for MAX_SILENCE is frozen, and its sessions are ended. A
        server that has just started may have dropped the lock of a leader that does not know it yet: that
        one gets MAX_DOUBT seconds.
        SQLAlchemyError or OSError where it can't be asked; DatabaseUnusable behind a pooler.
        """
        connection = self._connection or await self._connected()
        self._connection = connection
        try:
            if await _taken(connection):
                self._session = await _session(connection)
                await self._end(connection, END_LONG, WRITERS_LOCK, self._silence / 2)
                await self._sleep(max(MAX_DOUBT - await _up_for(connection), 0))
                return True
            await self._end(connection, END_SILENT, LEADER_LOCK, self._silence)
        except BaseException:  # an answer that is lost may have been a yes
            await self.release()
            raise
        return False

    async def held(self) -> bool:
        """Whether it is still ours, asked of the session that has it. SQLAlchemyError, OSError: not known."""
        connection = self._connection
        return connection is not None and await _session(connection) == self._session

    async def release(self) -> None:
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            await self._closed(connection)

    async def _closed(self, connection: AsyncConnection) -> None:
        with suppress(TimeoutError, OSError, SQLAlchemyError):  # it hears no farewell
            async with asyncio.timeout(min(CLOSE_TIMEOUT, self._answer_timeout)):
                await connection.close()
        with suppress(TimeoutError, OSError, SQLAlchemyError):
            async with asyncio.timeout(min(CLOSE_TIMEOUT, self._answer_timeout)):
                await connection.engine.dispose()

    async def _end(self, connection: AsyncConnection, which: str, lock: int, silence: float) -> None:
        """Ends the session that holds the lock, and is silent or in its transaction for so many seconds."""
        ended = await connection.execute(text(which), {"key": lock, "silence": silence})
        for session, done in ended:
            log.warning("frozen_leader_deposed", session=session, done=done)

    async def _connected(self) -> AsyncConnection:
        connection = await self._opened()
        try:
            self.broken.clear()
            raw = await connection.get_raw_connection()
            if raw.driver_connection is not None:
                raw.driver_connection.add_termination_listener(self._broke)
            await self._require_session_of_its_own(connection)
        except BaseException:
            await self._closed(connection)
            raise
        return connection

    async def _opened(self) -> AsyncConnection:
        try:
            return await lock_engine(self._url, self._answer_timeout, LOCK_WAIT_MS).connect()
        except ImportError as error:
            raise DatabaseUnusable(
                "PostgreSQL needs one package more: pip install 'invokeai-discord[postgres]'."
            ) from error

    def _broke(self, _: object) -> None:
        self.broken.set()

    async def _require_session_of_its_own(self, connection: AsyncConnection) -> None:
        """DatabaseUnusable where a pooler lends the session to others between two statements.

        A pooler shows by the number that it gives the session, which is not the server's. It is asked for a
        second session: in transaction mode it lends the one that is idle, ours.
        """
        raw = await connection.get_raw_connection()
        ours = await _session(connection)
        if raw.driver_connection is None or raw.driver_connection.get_server_pid() == ours:
            return
        for _ in range(POOL_TRIALS):
            other = await self._opened()
            try:
                lent = await _session(other)
            finally:
                await self._closed(other)
            if lent == ours or await _session(connection) != ours:
                raise DatabaseUnusable(
                    f"A pooler such as PgBouncer stands before the database {place_of(self._url)} and lends "
                    "one session to many, so that nobody can lead. Set pool_mode = session there, or give "
                    "BOT_DATABASE_URL the address of PostgreSQL itself."
                )


async def _session(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SELECT pg_backend_pid()")) or 0)


async def _up_for(connection: AsyncConnection) -> float:
    """Seconds since the server started."""
    age = "SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())"
    return float(await connection.scalar(text(age)) or 0)


async def _taken(connection: AsyncConnection) -> bool:
    try:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LEADER_LOCK})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return False
        raise
    return True
