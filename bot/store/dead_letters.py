"""Events that could not be delivered and are not tried again, unless a person asks for it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, update

from bot.domain.events import Event
from bot.store.database import Database
from bot.store.outbox_rows import event_of
from bot.store.schema import DEAD, WITH_EVENT, outbox


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`id` is that of its row in the outbox. `event` None: it can't be read."""

    id: int
    channel_id: int
    event: Event | None
    attempts: int
    reason: str
    died_at: datetime


class DeadLetters:
    """The rows of the outbox that `Outbox` gave up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, limit: int) -> list[DeadLetter]:
        """The newest first."""
        query = WITH_EVENT.where(DEAD).order_by(outbox.c.id.desc()).limit(limit)
        async with self._database.reading() as conn:
            return [_dead_letter(row) for row in (await conn.execute(query)).mappings()]

    async def redeliver(self, ids: Collection[int]) -> int:
        """Makes them pending again, due at once; how many."""
        pending = {"state": "pending", "due_at": outbox.c.added_at, "attempts": 0, "settled_at": None}
        these = update(outbox).where(DEAD, outbox.c.id.in_(ids))
        async with self._database.transaction() as conn:
            return (await conn.execute(these.values(pending))).rowcount


def _dead_letter(row: RowMapping) -> DeadLetter:
    return DeadLetter(
        row["id"],
        row["channel_id"],
        event_of(row),
        row["attempts"],
        row["reason"] or "",
        row["settled_at"],
    )
