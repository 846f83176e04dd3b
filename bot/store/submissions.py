"""What people asked the bot to queue: written down before InvokeAI is asked, kept to know whose a job is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job
from bot.domain.submissions import Asker, Owned, Step, Submission
from bot.store.asked_schema import replacements, retries, submissions
from bot.store.database import Database
from bot.store.retries import Retries, asker_of_retry, columns_of, read_asker
from bot.store.schema import BATCH_SIZE
from bot.store.skip_scan import different

_UNSENT = submissions.c.body.is_not(None)
_UNENDED = submissions.c.ended_at.is_(None)
MAX_OWNED = 500
"""So many of a person's batches are told from others' where jobs are suggested."""


class Submissions:
    """DatabaseTrouble: nothing was written. `retries`: of these InvokeAI keeps the old batch."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.retries = Retries(database)

    async def add(self, new: Submission, replaces: int | None = None) -> Submission:
        """The same with its own id. `replaces`: the waiting job whose place it takes."""
        values = {
            "server": new.server,
            "batch_id": new.batch_id,
            **columns_of(new.asker),
            "asked_at": new.asked_at,
            "jobs": new.jobs,
            "sent": new.sent,
            "in_flight": new.in_flight,
            "body": new.body,
            "first": new.first,
        }
        async with self._database.transaction() as conn:
            row = await conn.execute(submissions.insert().values(values).returning(submissions))
            added = _read(row.mappings().one())
            if replaces is not None:
                step = {"submission_id": added.id, "server": new.server, "number": replaces}
                await conn.execute(replacements.insert().values(step | {"step": Step.QUEUED}))
            return added

    async def unsent(self, server: str) -> Sequence[Submission]:
        """Those of which not all is in InvokeAI's queue, oldest first."""
        return await self._all(submissions.c.server == server, _UNSENT)

    async def unended(self, server: str, user_id: int | None = None) -> Sequence[Submission]:
        """Those of which a job may still wait or run, of one person or of all, oldest first."""
        mine = () if user_id is None else (submissions.c.user_id == user_id,)
        return await self._all(submissions.c.server == server, _UNENDED, *mine)

    async def asked_since(self, user_id: int, since: datetime) -> Sequence[tuple[datetime, int]]:
        """How many jobs that person asked for and when, oldest first, on every server, retries included.

        A job that was put in front counts once.
        """
        moved = exists().where(replacements.c.submission_id == submissions.c.id)
        asked = select(submissions.c.asked_at, submissions.c.jobs).where(
            submissions.c.user_id == user_id, submissions.c.asked_at > since, ~moved
        )
        retried = select(retries.c.asked_at, literal(1)).where(
            retries.c.user_id == user_id, retries.c.asked_at > since
        )
        async with self._database.reading() as conn:
            rows = [*await conn.execute(asked), *await conn.execute(retried)]
        return sorted((asked_at, jobs) for asked_at, jobs in rows)

    async def people(self, since: datetime, guild_id: int | None = None) -> Mapping[int, bool]:
        """Who asked for something after then or for what may still wait or run, in that guild or anywhere;
        and whether the quotas were for them when they asked last.
        """
        found: list[tuple[datetime, int, bool]] = []
        async with self._database.reading() as conn:
            for table in (submissions, retries):
                columns = table.c.asked_at, table.c.user_id, table.c.counted, table.c.guild_id
                for which in (table.c.asked_at > since, table.c.ended_at.is_(None)):
                    rows = await conn.execute(select(*columns).where(which))
                    found += [
                        (at, user, counted) for at, user, counted, guild in rows if guild_id in (None, guild)
                    ]
        return {user_id: counted for _, user_id, counted in sorted(found)}

    async def askers(self, server: str, batch_ids: Collection[str]) -> Mapping[str, Asker]:
        """Who asked for these batches, as far as people asked us for them."""
        which = submissions.c.server == server, submissions.c.batch_id.in_(list(batch_ids))
        return {one.batch_id: one.asker for one in await self._all(*which)}

    async def owner(self, job: Job) -> Asker | None:
        """Who asked for that job: for its retry, or else for its batch. None: nobody asked us."""
        async with self._database.reading() as conn:
            return await owner_of(conn, job)

    async def owned(self, server: str, user_id: int) -> Owned:
        """The newest that the person asked for."""
        async with self._database.reading() as conn:
            batches = select(submissions.c.batch_id).where(
                submissions.c.server == server, submissions.c.user_id == user_id
            )
            numbers = select(retries.c.number).where(
                retries.c.server == server, retries.c.user_id == user_id, retries.c.number.is_not(None)
            )
            mine = await conn.scalars(batches.order_by(submissions.c.asked_at.desc()).limit(MAX_OWNED))
            retried = await conn.scalars(numbers.order_by(retries.c.asked_at.desc()).limit(MAX_OWNED))
            return Owned(frozenset(mine), frozenset(retried))

    async def sending(self, one: Submission, jobs: int) -> Submission:
        """So many more are on their way from now on: they may be in InvokeAI's queue, or not."""
        return await self._changed(one, {"in_flight": jobs})

    async def arrived(self, one: Submission, jobs: int) -> Submission:
        """So many of those on their way are there; the others are not."""
        sent = one.sent + jobs
        done = {"body": None} if sent >= one.jobs else {}
        return await self._changed(one, {"in_flight": 0, "sent": sent, **done})

    async def cut(self, one: Submission) -> None:
        """What is not sent yet never will be."""
        if one.sent == 0 and not one.in_flight:
            async with self._database.transaction() as conn:
                await conn.execute(delete(submissions).where(submissions.c.id == one.id))
            return
        done = {} if one.in_flight else {"body": None}
        await self._changed(one, {"jobs": one.sent + one.in_flight, **done})

    async def ended(self, ids: Collection[int], now: datetime) -> None:
        """None of their jobs waits or runs any more."""
        if ids:
            async with self._database.transaction() as conn:
                gone = update(submissions).where(submissions.c.id.in_(list(ids)), _UNENDED)
                await conn.execute(gone.values(ended_at=now))

    async def prune(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` that were asked for before then and wholly sent; how many."""
        old = select(submissions.c.id).where(submissions.c.asked_at < before, ~_UNSENT).limit(most)
        return (await conn.execute(delete(submissions).where(submissions.c.id.in_(old)))).rowcount

    async def _all(self, *which: Any) -> Sequence[Submission]:
        async with self._database.reading() as conn:
            rows = await conn.execute(select(submissions).where(*which).order_by(submissions.c.id))
            return [_read(row) for row in rows.mappings()]

    async def _changed(self, one: Submission, values: Mapping[str, Any]) -> Submission:
        change = update(submissions).where(submissions.c.id == one.id).values(dict(values))
        async with self._database.transaction() as conn:
            row = await conn.execute(change.returning(submissions))
            return _read(row.mappings().one())


async def owner_of(conn: AsyncConnection, job: Job) -> Asker | None:
    """As `Submissions.owner`."""
    retried = await asker_of_retry(conn, job)
    if retried is not None:
        return retried
    asked = await submission_of(conn, job.server, job.batch_id)
    return None if asked is None else asked.asker


async def submission_of(conn: AsyncConnection, server: str, batch_id: str) -> Submission | None:
    """Who asked us for that batch, and how much of it is in InvokeAI's queue; None: nobody did."""
    mine = submissions.c.server == server, submissions.c.batch_id == batch_id
    row = (await conn.execute(select(submissions).where(*mine))).mappings().one_or_none()
    return None if row is None else _read(row)


async def any_unsent(conn: AsyncConnection, server: str) -> bool:
    """Whether there is more for that server's queue to come."""
    mine = select(submissions.c.id).where(submissions.c.server == server, _UNSENT).limit(1)
    return await conn.scalar(mine) is not None


async def places_asked_in(conn: AsyncConnection) -> Collection[tuple[int, int]]:
    """The channels in which people asked, each with its guild."""
    named = submissions.c.guild_id.is_not(None)
    place = different("place", submissions.c.channel_id, named)
    its = select(func.min(submissions.c.guild_id)).where(named, submissions.c.channel_id == place.c.value)
    query = select(place.c.value, its.correlate(place).scalar_subquery()).where(place.c.value.is_not(None))
    return [(channel_id, guild_id) for channel_id, guild_id in await conn.execute(query)]


def _read(row: RowMapping) -> Submission:
    return Submission(
        row["id"],
        row["server"],
        row["batch_id"],
        read_asker(row),
        row["asked_at"],
        row["jobs"],
        row["sent"],
        row["in_flight"],
        row["body"],
        row["first"],
    )
