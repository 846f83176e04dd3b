"""What a database raises, in one sentence for a person: what is wrong and what helps it."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import DatabaseMissing, DatabaseTrouble

_AFRESH = "put a backup in its place, or move it away to start afresh"

SQLITE = {
    sqlite3.SQLITE_NOTADB: f"is no SQLite database, or is damaged: {_AFRESH}",
    sqlite3.SQLITE_CORRUPT: f"is damaged: {_AFRESH}",
    sqlite3.SQLITE_FULL: "has no room: the disk is full",
    sqlite3.SQLITE_READONLY: "can't be written: give this user the right to write the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "can't be opened: give this user the right to read and write there",
    sqlite3.SQLITE_PERM: "can't be opened: this user lacks the right",
    sqlite3.SQLITE_BUSY: "is held by another program: stop the other one",
    sqlite3.SQLITE_IOERR: "can't be read or written: the disk fails, or its file system can't lock",
}

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code where a lock was waited for in vain."""

AT_CONNECT = (OSError, UnicodeError)
"""What connecting raises beside the database's own errors. UnicodeError: the host can't be a host."""

OUR_OWN = (IntegrityError, ProgrammingError, DataError, NotSupportedError)
"""What only a fault of ours can cause: another try would not fix it."""


@contextmanager
def translated(place: str, *more: type[Exception]) -> Generator[None]:
    """What the database at `place` raises, and `more`, leaves as DatabaseTrouble."""
    try:
        yield
    except OUR_OWN:
        raise
    except (DBAPIError, PoolTimeout, TimeoutError, *more) as error:
        raise DatabaseTrouble(sentence(place, error)) from error


def missing(place: str) -> DatabaseMissing:
    return DatabaseMissing(
        f"There is no database at {place} yet. The bot makes it at its first start; if it has started "
        "already, set BOT_DATABASE_URL as the bot has it."
    )


def sentence(place: str, error: BaseException) -> str:
    """What is wrong with the database at `place`, and the fix."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int) and (known := SQLITE.get(code & 0xFF)):  # the high bits tell details
        return f"The database {place} {known}."
    if getattr(cause, "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return f"The database {place} {SQLITE[sqlite3.SQLITE_BUSY]}."
    if isinstance(cause, TimeoutError | PoolTimeout):
        return f"The database {place} does not answer: look at its server, and at the network between."
    detail = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    first_line = detail.splitlines()[0]
    return f"The database {place} can't be used: {first_line.rstrip('.')}."
