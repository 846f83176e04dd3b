"""The head of each stream (an InvokeAI's notices to a channel): the group in hand if there is one, else the
oldest pending row.

A suspended channel's head is not ready before its next attempt.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    Integer,
    RowMapping,
    Select,
    bindparam,
    case,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind
from bot.store.schema import PENDING, WITH_EVENT, outbox, suspensions
from bot.store.sheet_batching import TILES
from bot.store.skip_scan import different

MAX_COALESCED = 500
"""How many canceled jobs, or equal failures, one message takes up at once."""

_DUE_AT = case((outbox.c.lease_until > outbox.c.due_at, outbox.c.lease_until), else_=outbox.c.due_at)
READY_AT = case(
    (suspensions.c.next_attempt_at > _DUE_AT, suspensions.c.next_attempt_at),
    else_=_DUE_AT,
)
"""When a row of `heads` may be claimed: it is due, and its lease and its channel's suspension are over."""


def _head_of(channel_id: ColumnElement[int], server: ColumnElement[str]) -> ColumnElement[int]:
    """The id of the stream's head."""
    head = outbox.alias("head")
    mine = head.c.state == PENDING.right, head.c.channel_id == channel_id, head.c.server == server
    first = select(func.min(head.c.id)).where(*mine).select_from(head).correlate_except(head)
    in_hand = first.where(head.c.group_id.is_not(None))
    return func.coalesce(in_hand.scalar_subquery(), first.scalar_subquery())


def _streams() -> CTE:
    """Channel and server of each stream that has something: one look for each into an index of the two."""
    order = outbox.c.channel_id, outbox.c.server
    first = select(*order).where(PENDING).order_by(*order).limit(1).subquery()
    found = select(first).cte("streams", recursive=True)
    after = outbox.alias("after")
    further = tuple_(after.c.channel_id, after.c.server) > tuple_(found.c.channel_id, found.c.server)
    following = select(after.c.id).where(after.c.state == PENDING.right, further)
    following = following.order_by(after.c.channel_id, after.c.server).limit(1).correlate(found)
    row = outbox.alias("following")
    return found.union_all(
        select(row.c.channel_id, row.c.server).join_from(found, row, row.c.id == following.scalar_subquery())
    )


def heads(*columns: ColumnElement[Any], channel_id: BindParameter[int] | None = None) -> Select[Any]:
    """`columns` of the head of each stream, or of each one of this channel."""
    if channel_id is not None:
        of_channel = PENDING, outbox.c.channel_id == channel_id
        waiting = different("waiting", outbox.c.server, *of_channel)
        head = select(_head_of(channel_id, waiting.c.value).label("id")).select_from(waiting)
    else:
        waiting = _streams()
        head = select(_head_of(waiting.c.channel_id, waiting.c.server).label("id")).select_from(waiting)
    each = head.distinct().subquery()  # so that PostgreSQL looks for each id, and not for all rows
    found = select(*columns).join_from(each, outbox, outbox.c.id == each.c.id)
    return found.outerjoin(suspensions, suspensions.c.channel_id == outbox.c.channel_id)


_COLUMNS = (
    outbox.c.id,
    outbox.c.channel_id,
    outbox.c.kind,
    outbox.c.server,
    outbox.c.coalescing_key,
    outbox.c.group_id,
    outbox.c.on_sheet,
    outbox.c.batch_id,
    READY_AT.label("ready_at"),
)
_NOW = bindparam("now", type_=outbox.c.due_at.type)
_CHANNEL = bindparam("channel", type_=outbox.c.channel_id.type)
_SERVER = bindparam("server", type_=outbox.c.server.type)

# Built once: building one takes longer than SQLite takes to answer it.
HEADS = heads(*_COLUMNS, channel_id=_CHANNEL).order_by(outbox.c.id)
"""Of each stream of `channel`: the columns above, longest pending first."""
STREAMS_DUE = heads(outbox.c.channel_id, outbox.c.server).where(READY_AT <= _NOW).order_by(outbox.c.id)
"""The streams whose head is ready `now`, longest pending first."""
NEXT_DUE = heads(READY_AT.label("ready_at")).order_by(READY_AT).limit(1)
OLDEST = (
    WITH_EVENT.where(PENDING, outbox.c.channel_id == _CHANNEL, outbox.c.server == _SERVER)
    .order_by(outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)
"""The first `most` pending rows of a stream."""


async def rows_of_message(
    conn: AsyncConnection, head: RowMapping, now: datetime, most: int
) -> Sequence[RowMapping]:
    """The rows that go out with this head, in order: its group, or the due ones behind it that are alike.

    `most`: see `Outbox.claim`.
    """
    if head["group_id"] is not None:
        group = WITH_EVENT.where(outbox.c.group_id == head["group_id"]).order_by(outbox.c.id)
        return (await conn.execute(group)).mappings().all()
    pictures = TILES if head["on_sheet"] else most
    limit = {EventKind.COMPLETED: pictures, EventKind.CANCELED: MAX_COALESCED}.get(head["kind"], 1)
    if head["kind"] == EventKind.FAILED and head["coalescing_key"] is not None:
        limit = MAX_COALESCED
    stream = {"channel": head["channel_id"], "server": head["server"]}
    rows = (await conn.execute(OLDEST, stream | {"most": limit})).mappings().all()
    same = _alike(head)
    return list(takewhile(lambda row: _alike(row) == same and row["due_at"] <= now, rows))


def _alike(row: RowMapping) -> tuple[object, ...]:
    """What the rows of one message have in common."""
    return row["kind"], row["coalescing_key"], row["batch_id"] if row["on_sheet"] else None
