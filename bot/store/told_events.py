"""What rows of the outbox say: written once for all that say the same, and kept while somebody needs it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event, EventKind
from bot.store.album_rows import is_album
from bot.store.database import Database
from bot.store.event_json import shared, written
from bot.store.outbox_rows import Claim
from bot.store.outcomes import Delivered, Outcome, Unneeded
from bot.store.schema import BATCH_SIZE, DELIVERED, PENDING, events, outbox

SAYS = outbox.c.event_id.is_not(None)
_UNSAID = ~exists().where(outbox.c.event_id == events.c.id)
"""No row says it."""


class LastWritten:
    """What a transaction wrote last: a job's pictures come one after the other, and share one event."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._id = 0

    async def id_of(self, conn: AsyncConnection, event: Event) -> int:
        """The id under which that is written."""
        what = shared(event)
        if what != self._event:
            row = events.insert().values(event=written(what)).returning(events.c.id)
            self._id = (await conn.execute(row)).scalar_one()
            self._event = what
        return self._id


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What changes in the rows of a message, and the events that perhaps no row says any more."""

    columns: dict[str, Any]
    events: Collection[int] = ()


async def told_by(conn: AsyncConnection, claim: Claim, outcome: Outcome) -> Forgotten:
    """Of a message that is settled only what a later one needs is kept: of an album all, for it may grow; of
    what is told again in an edit the first event.
    """
    if not isinstance(outcome, Delivered | Unneeded):
        return Forgotten({})
    columns = outbox.c.id, outbox.c.event_id, outbox.c.coalescing_key
    its = select(*columns).where(outbox.c.group_id == claim.group).order_by(outbox.c.id)
    rows = (await conn.execute(its)).all()
    said = {event_id for _, event_id, _ in rows if event_id is not None}
    nothing = Forgotten({"event_id": None}, said)
    if not rows or isinstance(outcome, Unneeded):
        return nothing
    first, _, key = rows[0]
    if is_album(key):
        return Forgotten({})
    if key is None or await _was_there(conn, claim.channel_id, outcome.message_id):
        return nothing
    return Forgotten({"event_id": case((outbox.c.id == first, outbox.c.event_id))}, said)


async def _was_there(conn: AsyncConnection, channel_id: int, message_id: int) -> bool:
    mine = DELIVERED, outbox.c.channel_id == channel_id, outbox.c.message_id == message_id
    return await conn.scalar(select(outbox.c.id).where(*mine).limit(1)) is not None


async def drop_unsaid(conn: AsyncConnection, which: Collection[int]) -> int:
    """Those of these events that no row says any more; how many."""
    if not which:
        return 0
    return (await conn.execute(delete(events).where(events.c.id.in_(which), _UNSAID))).rowcount


async def prune_events(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Drops what up to `most` rows say whose message was sent before then; how many."""
    return await _prune(conn, most, outbox.c.settled_at < before)


async def prune_ends(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """As `prune_events`, for pictures and failures that nothing which waits for the channel can join."""
    waiting = outbox.alias("waiting")
    more = exists().where(
        waiting.c.state == PENDING.right,
        waiting.c.channel_id == outbox.c.channel_id,
        waiting.c.coalescing_key == outbox.c.coalescing_key,
    )
    ends = outbox.c.kind.in_([EventKind.COMPLETED.value, EventKind.FAILED.value])
    return await _prune(conn, most, outbox.c.settled_at < before, ends, ~more)


async def _prune(conn: AsyncConnection, most: int, *which: ColumnElement[bool]) -> int:
    old = select(outbox.c.id, outbox.c.event_id).where(DELIVERED, SAYS, *which).limit(most)
    rows = (await conn.execute(old)).all()
    if rows:
        these = outbox.c.id.in_([row_id for row_id, _ in rows])
        await conn.execute(update(outbox).where(these).values(event_id=None))
        await drop_unsaid(conn, {event_id for _, event_id in rows})
    return len(rows)


async def unsaid_after(database: Database, last: int, most: int = BATCH_SIZE) -> Sequence[int]:
    """The first `most` events after `last` that no row says: their rows were dropped untold."""
    query = select(events.c.id).where(events.c.id > last, _UNSAID).order_by(events.c.id).limit(most)
    async with database.reading() as conn:
        return list(await conn.scalars(query))
