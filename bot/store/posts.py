"""Which messages of ours show a job's pictures."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.domain.events import EventKind
from bot.domain.jobs import Job
from bot.store.database import Database
from bot.store.schema import DELIVERED, outbox


@dataclass(frozen=True, slots=True)
class Post:
    """A message in a channel, by Discord's ids."""

    channel_id: int
    message_id: int


class Posts:
    """As far as the outbox remembers: a row is kept for BOT_KEEP_DAYS after its delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_job(self, job: Job) -> list[Post]:
        """The messages, oldest first, that were posted when this job was done. `job` was read whole."""
        its = outbox.c.server == job.server, outbox.c.number == job.number
        same = outbox.c.session_id == (job.session_id or ""), outbox.c.kind == EventKind.COMPLETED.value
        query = select(outbox.c.channel_id, outbox.c.message_id).distinct()
        query = query.where(DELIVERED, *its, *same, outbox.c.message_id.is_not(None))
        async with self._database.reading() as conn:
            found = (await conn.execute(query.order_by(outbox.c.message_id))).all()
        return [Post(channel_id, message_id) for channel_id, message_id in found]
