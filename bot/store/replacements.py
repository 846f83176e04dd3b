"""Waiting jobs that were queued anew in front of the others: each step is written down before it is taken."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.jobs import Job, JobStatus
from bot.domain.submissions import Replacement, Step
from bot.store.asked_schema import OPEN, replacements, submissions
from bot.store.database import Database


class Replacements:
    """DatabaseTrouble: nothing was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, server: str) -> Sequence[Replacement]:
        """Those whose old job may still be to cancel, oldest first."""
        return await self._all(server, OPEN)

    async def of(self, server: str, number: int) -> Sequence[Replacement]:
        """Those that took the place of that job, or are about to."""
        return await self._all(server, replacements.c.number == number)

    async def at(self, one: Replacement, step: Step) -> None:
        """That step is taken from now on."""
        async with self._database.transaction() as conn:
            change = update(replacements).where(replacements.c.submission_id == one.submission_id)
            await conn.execute(change.values(step=step))

    async def _all(self, server: str, *which: ColumnElement[bool]) -> Sequence[Replacement]:
        columns = (
            replacements.c.submission_id,
            replacements.c.number,
            replacements.c.step,
            submissions.c.batch_id,
            submissions.c.sent,
        )
        query = select(*columns).join(submissions, submissions.c.id == replacements.c.submission_id)
        async with self._database.reading() as conn:
            rows = await conn.execute(
                query.where(replacements.c.server == server, *which).order_by(replacements.c.submission_id)
            )
            return [
                Replacement(submission_id, number, Step(step), batch_id, sent > 0)
                for submission_id, number, step, batch_id, sent in rows
            ]


async def replaced(conn: AsyncConnection, job: Job) -> bool:
    """Whether we canceled that job since another one took its place."""
    if job.status is not JobStatus.CANCELED:
        return False
    which = replacements.c.server == job.server, replacements.c.number == job.number
    begun = select(replacements.c.number).where(*which, replacements.c.step.in_([Step.CANCELING, Step.DONE]))
    return await conn.scalar(begun.limit(1)) is not None
