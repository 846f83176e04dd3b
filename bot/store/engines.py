"""How each database is spoken to: one engine to write with, one to read with."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, NullPool, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import SettingWrong
from bot.store.sqlite_driver import WholeConnection

BUSY_MS = 10_000
MAX_IDLE_LOG = 16 * 1024 * 1024
"""Bytes to which SQLite's write-ahead log shrinks again after a transaction that needed more."""
ANSWER_TIMEOUT = 30.0
"""Seconds that a PostgreSQL server has for one statement, the wait for another program's lock included."""
CONNECT_TIMEOUT = 10.0
CLOSE_TIMEOUT = 5.0
"""Seconds in which connections are closed in good order; after that the program goes on without. Neither is
longer than what a statement has.
"""

LOST_CLIENT = (
    "idle_in_transaction_session_timeout = '60s'",
    "tcp_keepalives_idle = 30",
    "tcp_keepalives_interval = 10",
    "tcp_keepalives_count = 3",
    "tcp_user_timeout = '60s'",
)
"""So that a PostgreSQL server soon lets go of the locks of a bot whose network or machine is gone. Set once
connected, since PgBouncer takes none of these at the start of a session.
"""


@dataclass(frozen=True, slots=True)
class Engines:
    writer: AsyncEngine
    reader: AsyncEngine
    close_timeout: float | None = None

    async def dispose(self) -> None:
        """The writer last: SQLite folds its write-ahead log into the file when the last one closes."""
        with suppress(TimeoutError):  # a PostgreSQL that is silent hears no farewell
            async with asyncio.timeout(self.close_timeout):
                await self.reader.dispose()
                await self.writer.dispose()


def sqlite_engines(url: URL, busy_ms: int) -> Engines:
    """The writer is one connection whose transactions start with the write lock; readers can't write.

    FULL, so that a power cut takes back nothing that was sent: it costs half a millisecond a commit.
    """
    arguments, options = url.get_dialect()().create_connect_args(url)

    async def connect() -> aiosqlite.Connection:
        return await WholeConnection(*arguments, **options)

    writer = create_async_engine(url, async_creator=connect, pool_size=1, max_overflow=0)
    _listen(
        writer,
        "BEGIN IMMEDIATE",
        (
            f"busy_timeout = {busy_ms}",
            "auto_vacuum = INCREMENTAL",
            "journal_mode = WAL",
            f"journal_size_limit = {MAX_IDLE_LOG}",
            "synchronous = FULL",
            "foreign_keys = ON",
        ),
    )
    reader = create_async_engine(url, async_creator=connect, pool_size=2, max_overflow=2)
    _listen(reader, "BEGIN", (f"busy_timeout = {busy_ms}", "query_only = ON"))
    return Engines(writer, reader)


def postgresql_engines(url: URL, lock_ms: int, answer_timeout: float) -> Engines:
    """One pool for both; the reader's transactions are read-only. ImportError without asyncpg.

    `lock_ms`: how long another program's lock is waited for. `answer_timeout`: seconds for one statement.
    """
    writer = create_async_engine(
        url,
        isolation_level="READ COMMITTED",  # each statement sees what the last writer left
        pool_pre_ping=True,
        connect_args=_connect(answer_timeout),
    )
    _set(writer, f"lock_timeout = {lock_ms}", *LOST_CLIENT)
    reader = writer.execution_options(postgresql_readonly=True)
    return Engines(writer, reader, min(CLOSE_TIMEOUT, answer_timeout))


def lock_engine(url: URL, answer_timeout: float, lock_ms: int) -> AsyncEngine:
    """For one PostgreSQL session that holds a lock and no transaction. ImportError without asyncpg.

    `lock_ms`: how long one statement waits for a lock.
    """
    engine = create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args=_connect(answer_timeout),
    )
    _set(engine, f"lock_timeout = {lock_ms}", *LOST_CLIENT)
    return engine


def _connect(answer_timeout: float) -> dict[str, Any]:
    return {
        "timeout": min(CONNECT_TIMEOUT, answer_timeout),
        "command_timeout": answer_timeout,
        "server_settings": {"application_name": "invokeai-discord"},
    }


def _set(engine: AsyncEngine, *settings: str) -> None:
    """Each new connection gets these settings."""

    def on_connect(dbapi_connection: Any, record: object) -> None:
        del record
        cursor = dbapi_connection.cursor()
        for setting in settings:
            cursor.execute(f"SET {setting}")
        cursor.close()
        dbapi_connection.commit()

    event.listen(engine.sync_engine, "connect", on_connect)


def _listen(engine: AsyncEngine, begin: str, pragmas: tuple[str, ...]) -> None:
    def on_connect(dbapi_connection: Any, record: object) -> None:
        del record
        dbapi_connection.isolation_level = None  # the driver starts no transaction by itself; we do
        cursor = dbapi_connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)


DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

POSTGRESQL_OPTIONS = frozenset(
    {"host", "port", "ssl", "direct_tls", "passfile", "target_session_attrs", "krbsrvname", "gsslib"}
)
"""Words of asyncpg (libpq has others) that only say how to reach the server."""


def read_url(url: str) -> URL:
    """The address with our driver in it. SettingWrong, without the address itself: it holds a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: the port is no number
        raise SettingWrong("BOT_DATABASE_URL is not an address like sqlite:///bot.db.") from error
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise SettingWrong("BOT_DATABASE_URL must begin with sqlite:/// or postgresql+asyncpg://.")
    if driver == DRIVERS["sqlite"]:
        _check_file(parsed)
    elif re.search(r"[\s@]", parsed.host or ""):
        raise SettingWrong(
            "BOT_DATABASE_URL has a host that can't be one. In its password write %40 for @, %3A for :, %2F "
            "for / and %23 for #."
        )
    elif strange := sorted(set(parsed.query) - POSTGRESQL_OPTIONS):
        raise SettingWrong(
            f"BOT_DATABASE_URL has options that asyncpg does not know: {', '.join(strange)}. "
            "TLS is asked for with ssl=require, not with sslmode."
        )
    return parsed.set(drivername=driver)


def place_of(url: URL) -> str:
    """The file, or host and database; no user, no password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or ''}"


def _check_file(url: URL) -> None:
    if url.database in {None, "", ":memory:"}:
        raise SettingWrong("BOT_DATABASE_URL must name a file: what the bot owes has to outlive it.")
    if url.query or "\0" in str(url.database):
        raise SettingWrong(
            "BOT_DATABASE_URL must name a SQLite file and nothing more: sqlite:////data/bot.db."
        )
