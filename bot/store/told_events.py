"""What rows say that were told: kept as long as another message, or an edit, can need it."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import BATCH_SIZE, DELIVERED, outbox, outbox_events

FORGET = delete(outbox_events)


def row_in(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return outbox_events.c.row_id.in_(select(outbox.c.id).where(*which))


async def prune_events(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """Drops what up to `most` rows say whose message was sent before then; how many."""
    return await _prune(conn, most, outbox.c.settled_at < before)


async def prune_pictures(conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
    """As `prune_events`, for pictures of batches alone, where no more of theirs wait for the channel."""
    waiting = outbox.alias("waiting")
    more = (
        select(waiting.c.id)
        .where(
            waiting.c.state == "pending",
            waiting.c.channel_id == outbox.c.channel_id,
            waiting.c.coalescing_key == outbox.c.coalescing_key,
        )
        .exists()
    )
    return await _prune(conn, most, outbox.c.settled_at < before, outbox.c.batch_id.is_not(None), ~more)


async def _prune(conn: AsyncConnection, most: int, *which: ColumnElement[bool]) -> int:
    told = outbox.join(outbox_events, outbox_events.c.row_id == outbox.c.id)
    old = select(outbox.c.id).select_from(told).where(DELIVERED, *which).limit(most)
    return (await conn.execute(FORGET.where(outbox_events.c.row_id.in_(old)))).rowcount
