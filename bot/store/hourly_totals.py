"""What ended in each hour, added up: a row for each server, model, person and end, however many jobs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, Table, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import JobStatus
from bot.domain.statistics import Requester, Total
from bot.store.columns import ForeignText, UtcDateTime
from bot.store.database import Database
from bot.store.schema import metadata

hourly_totals = Table(
    "hourly_totals",
    metadata,
    Column("hour", UtcDateTime, primary_key=True),  # its beginning
    Column("server", ForeignText, primary_key=True),
    Column("model", ForeignText, primary_key=True),  # "": not known
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),  # 0: nobody asked the bot for it
    Column("user_name", ForeignText, primary_key=True),  # InvokeAI's; "": not known
    Column("status", Text, primary_key=True),
    Column("jobs", Integer, nullable=False),
    Column("images", Integer, nullable=False),
    Column("ran_ms", BigInteger, nullable=False),
)


def _adding(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    sums = {name: hourly_totals.c[name] + insert.excluded[name] for name in ("jobs", "images", "ran_ms")}
    return insert.on_conflict_do_update(index_elements=list(hourly_totals.primary_key), set_=sums)


_ADD = {
    "sqlite": _adding(sqlite.insert(hourly_totals)),
    "postgresql": _adding(postgresql.insert(hourly_totals)),
}
"""Built once: building it takes longer than SQLite takes to do it."""


async def count(conn: AsyncConnection, total: Total) -> None:
    """Once more."""
    row = {
        "hour": total.hour,
        "server": total.server,
        "model": total.model,
        "user_id": total.person.user_id,
        "user_name": total.person.name,
        "status": total.status.value,
        "jobs": total.jobs,
        "images": total.images,
        "ran_ms": total.ran // timedelta(milliseconds=1),
    }
    await conn.execute(_ADD[conn.dialect.name], row)


async def prune_totals(conn: AsyncConnection, before: datetime, most: int) -> int:
    """How many rows of hours before that were dropped; `most` bounds them roughly, by whole hours."""
    old = select(hourly_totals.c.hour).where(hourly_totals.c.hour < before).order_by(hourly_totals.c.hour)
    last = await conn.scalar(old.offset(most - 1).limit(1))
    until = hourly_totals.c.hour <= last if last is not None else hourly_totals.c.hour < before
    return (await conn.execute(delete(hourly_totals).where(until))).rowcount


class HourlyTotals:
    """DatabaseTrouble."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, start: datetime) -> Sequence[Total]:
        """Of each hour that began then or later."""
        query = select(hourly_totals).where(hourly_totals.c.hour >= start).order_by(hourly_totals.c.hour)
        async with self._database.reading() as conn:
            rows = (await conn.execute(query)).mappings().all()
        return [
            Total(
                row["hour"],
                row["server"],
                row["model"],
                Requester(row["user_id"], row["user_name"]),
                JobStatus(row["status"]),
                row["jobs"],
                row["images"],
                timedelta(milliseconds=row["ran_ms"]),
            )
            for row in rows
        ]
