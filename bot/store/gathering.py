"""Which pictures of a long batch wait for each other, to go out as one contact sheet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.fronts import OWED
from bot.store.schema import outbox

TILES = 25
"""Pictures of one sheet: as many as a menu of Discord's has lines."""
PATIENCE = timedelta(seconds=60)


async def gathered(
    conn: AsyncConnection, row: Mapping[str, Any], channel_id: int, most: int, now: datetime
) -> dict[str, Any]:
    """The columns `on_sheet` and `due_at` of a new row: the channel had `most` of its batch already, or not.

    `most` 0: nothing ever waits.
    """
    if not most or row["batch_id"] is None:
        return {"on_sheet": False, "due_at": now}
    of_batch = (outbox.c.channel_id == channel_id, outbox.c.batch_id == row["batch_id"])
    earlier = select(outbox.c.id).where(*of_batch, outbox.c.server == row["server"]).limit(most)
    if (await conn.scalar(select(func.count()).select_from(earlier.subquery())) or 0) < most:
        return {"on_sheet": False, "due_at": now}
    first = select(func.min(outbox.c.due_at)).where(_waits(channel_id, now), *of_batch)
    return {"on_sheet": True, "due_at": await conn.scalar(first) or now + PATIENCE}


async def ripen(conn: AsyncConnection, row: Mapping[str, Any], pending: int, now: datetime) -> None:
    """After `row` was owed: lets out what has nothing to wait for.

    That is a full sheet, one that other news stands behind, and all of them once no job is `pending`.
    """
    waits = _waits(row["channel_id"], now)
    if row["on_sheet"] and pending:
        mine = select(func.count()).select_from(outbox).where(waits, outbox.c.batch_id == row["batch_id"])
        if (await conn.scalar(mine) or 0) < TILES:
            waits = and_(waits, outbox.c.batch_id != row["batch_id"])
    await conn.execute(update(outbox).where(waits).values(due_at=now))


def _waits(channel_id: int, now: datetime) -> ColumnElement[bool]:
    """Rows that were not tried yet; what was tried and delayed has its own hour."""
    return and_(
        OWED,
        outbox.c.channel_id == channel_id,
        outbox.c.batch_id.is_not(None),
        outbox.c.on_sheet,
        outbox.c.group_id.is_(None),
        outbox.c.attempts == 0,
        outbox.c.due_at > now,
    )
