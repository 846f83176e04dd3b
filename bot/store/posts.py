"""Which messages of ours show a job's pictures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind
from bot.domain.jobs import Job
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.schema import BATCH_SIZE, DELIVERED, outbox, public_answers


@dataclass(frozen=True, slots=True)
class Post:
    """A message in a channel, by Discord's ids."""

    channel_id: int
    message_id: int


class Posts:
    """As far as it is remembered: for BOT_KEEP_DAYS after a delivery, or after an answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_job(self, job: Job) -> list[Post]:
        """The messages, oldest first, that were posted when this job was done, and the public answers that
        show it. `job` was read whole.
        """
        found: list[Post] = []
        async with self._database.reading() as conn:
            for table in (outbox, public_answers):
                row = table.c
                its = row.server == job.server, row.number == job.number, row.message_id.is_not(None)
                query = select(row.channel_id, row.message_id).distinct()
                query = query.where(*its, row.session_id == (job.session_id or ""))
                if table is outbox:
                    query = query.where(DELIVERED, outbox.c.kind == EventKind.COMPLETED.value)
                rows = (await conn.execute(query.order_by(row.message_id))).all()
                found += [Post(channel_id, message_id) for channel_id, message_id in rows]
        return found

    async def answered(self, job: Job, post: Post, now: datetime) -> None:
        """That public answer is about to show the job's pictures. May be said twice."""
        values = {
            "message_id": post.message_id,
            "channel_id": post.channel_id,
            "server": job.server,
            "number": job.number,
            "session_id": job.session_id or "",
            "at": now,
        }
        async with self._database.transaction() as conn:
            await conn.execute(insert_into(conn, public_answers).on_conflict_do_nothing().values(values))


async def prune_answers(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Forgets up to `most` public answers that are older; how many."""
    old = select(public_answers.c.message_id).where(public_answers.c.at < before).limit(most)
    dropped = await conn.execute(delete(public_answers).where(public_answers.c.message_id.in_(old)))
    return dropped.rowcount
