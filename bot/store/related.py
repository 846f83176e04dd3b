"""What else the database holds of a job that ended: mostly nothing, which one statement tells."""

from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job
from bot.store.asked_schema import retries, submissions
from bot.store.people_tables import waits
from bot.store.schema import jobs


class Related(NamedTuple):
    """Whether we queued its batch or somebody asked for it as a retry; whether it may have called other jobs;
    whether anybody waits for anything of its server.
    """

    asked: bool
    retried: bool
    children: bool
    waited_for: bool


_SERVER = bindparam("server", type_=jobs.c.server.type)
_NUMBER = bindparam("number", type_=BigInteger)


def _any(table: Table, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(table).where(table.c.server == _SERVER, *which).exists()


_RELATED = select(
    _any(submissions, submissions.c.batch_id == bindparam("batch", type_=submissions.c.batch_id.type)),
    or_(  # each has an index of its own
        _any(retries, retries.c.number == _NUMBER),
        _any(
            retries,
            retries.c.number.is_(None),
            retries.c.retried == bindparam("retried", type_=BigInteger),
        ),
    ),
    _any(jobs, jobs.c.parent == _NUMBER),
    _any(waits),
)
"""Built once: building it takes longer than SQLite takes to answer it."""


async def related_to(conn: AsyncConnection, job: Job) -> Related:
    which = {
        "server": job.server,
        "number": job.number,
        "batch": job.batch_id,
        "retried": job.retried_from,
    }
    return Related(*map(bool, (await conn.execute(_RELATED, which)).one()))
