"""Column types: how our words stand in a database, the same on SQLite and on PostgreSQL."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator

from bot.domain.events import EventKind

RowId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only an INTEGER PRIMARY KEY."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept and given back in UTC. A naive one is refused (ValueError)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class ForeignText(TypeDecorator[str]):
    """Text that others wrote. What a database can't hold (NUL, half a surrogate pair) becomes `?`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else value.encode(errors="replace").decode().replace("\0", "?")


class Kinds(TypeDecorator[frozenset[EventKind]]):
    """A set of event kinds as its sorted words: `completed failed`. A word of a newer bot is left out."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: AbstractSet[EventKind] | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else " ".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[EventKind] | None:
        del dialect
        return None if value is None else frozenset(kind for kind in EventKind if kind in value.split())


class Names(TypeDecorator[frozenset[str]]):
    """A set of names without spaces, as they stand in the settings: `attic studio`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: AbstractSet[str] | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else " ".join(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[str] | None:
        del dialect
        return None if value is None else frozenset(value.split())


def insert_into(conn: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)
