"""Which pictures of a long batch wait for each other, to go out as one contact sheet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.schema import PENDING, outbox

TILES = 24
"""Pictures of one sheet: six rows of four."""
MAX_WAIT = timedelta(seconds=60)

_NOW = bindparam("now", type_=outbox.c.due_at.type)
_OF_BATCH = and_(
    outbox.c.channel_id == bindparam("channel", type_=outbox.c.channel_id.type),
    outbox.c.batch_id == bindparam("batch", type_=outbox.c.batch_id.type),
)
_WAITS = and_(
    PENDING,
    outbox.c.channel_id == bindparam("channel", type_=outbox.c.channel_id.type),
    outbox.c.batch_id.is_not(None),
    outbox.c.on_sheet,
    outbox.c.group_id.is_(None),
    outbox.c.attempts == 0,  # what was tried and delayed has its own hour
    outbox.c.due_at > _NOW,
)

# Built once, as in `channel_heads`.
_EARLIER = select(func.count()).select_from(
    select(outbox.c.id)
    .where(_OF_BATCH, outbox.c.server == bindparam("server", type_=outbox.c.server.type))
    .limit(bindparam("most", type_=Integer))
    .subquery()
)
_FIRST = select(func.min(outbox.c.due_at)).where(_WAITS, _OF_BATCH)
_COUNT = select(func.count()).select_from(outbox).where(_WAITS, _OF_BATCH)
_RELEASE = update(outbox).where(_WAITS).values(due_at=_NOW)
_RELEASE_OTHERS = _RELEASE.where(outbox.c.batch_id != bindparam("batch", type_=outbox.c.batch_id.type))


async def sheet_columns(
    conn: AsyncConnection, row: Mapping[str, Any], channel_id: int, most: int, now: datetime
) -> dict[str, Any]:
    """The columns `on_sheet` and `due_at` of a new row: the channel had `most` of its batch already, or not.

    `most` 0: nothing ever waits.
    """
    if not most or row["batch_id"] is None:
        return {"on_sheet": False, "due_at": now}
    params = {"channel": channel_id, "batch": row["batch_id"], "now": now}
    earlier = await conn.scalar(_EARLIER, params | {"server": row["server"], "most": most})
    if (earlier or 0) < most:
        return {"on_sheet": False, "due_at": now}
    return {"on_sheet": True, "due_at": await conn.scalar(_FIRST, params) or now + MAX_WAIT}


async def release_sheets(conn: AsyncConnection, row: Mapping[str, Any], pending: int, now: datetime) -> None:
    """After `row` was added: lets out what has nothing to wait for.

    That is a full sheet, one that other news stands behind, and all of them once no job is `pending`.
    """
    params = {"channel": row["channel_id"], "now": now}
    if row["on_sheet"] and pending:
        of_batch = params | {"batch": row["batch_id"]}
        if (await conn.scalar(_COUNT, of_batch) or 0) < TILES:
            await conn.execute(_RELEASE_OTHERS, of_batch)
            return
    await conn.execute(_RELEASE, params)
