"""How many notices don't reach anybody, and why not."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.domain.queue import Undelivered
from bot.store.database import Database
from bot.store.schema import DEAD, PENDING, outbox, suspensions

LATE = timedelta(minutes=2)
"""A notice that is due for longer than this is late; an album gathers for seconds."""


class UndeliveredNotices:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def count(self) -> Undelivered:
        """What waits for a suspended channel counts as that channel, not as late."""
        suspended = select(suspensions.c.channel_id)
        due = outbox.c.due_at < self._clock() - LATE
        late = (
            select(func.count()).select_from(outbox).where(PENDING, due, ~outbox.c.channel_id.in_(suspended))
        )
        dead = select(func.count()).select_from(outbox).where(DEAD)
        channels = select(func.count()).select_from(suspensions)
        async with self._database.reading() as conn:
            counts = [(await conn.execute(query)).scalar_one() for query in (late, dead, channels)]
        return Undelivered(*counts)


async def pending_by_server(database: Database) -> dict[str, int]:
    """How many rows are pending of each server that has any."""
    query = select(outbox.c.server, func.count().label("rows")).where(PENDING).group_by(outbox.c.server)
    async with database.reading() as conn:
        return {row.server: row.rows for row in await conn.execute(query)}
