"""Which row of each channel is next: the group in hand if there is one, else the oldest row owed.

A suspended channel's front is not ready before its next look.
"""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from bot.store.schema import outbox, suspensions

OWED = outbox.c.state == literal_column("'owed'")
DELIVERED = outbox.c.state == literal_column("'delivered'")
ABANDONED = outbox.c.state == literal_column("'abandoned'")
"""Written out, not bound: SQLite uses a partial index only for a condition that it can read."""

_DUE_AT = case((outbox.c.lease_until > outbox.c.due_at, outbox.c.lease_until), else_=outbox.c.due_at)
READY_AT = case((suspensions.c.look_at > _DUE_AT, suspensions.c.look_at), else_=_DUE_AT)
"""When a row of `fronts` may be claimed: it is due, its lease has run out, its channel is not suspended or is
due for a look.
"""


def fronts(*columns: ColumnElement[Any], channel_id: BindParameter[int] | None = None) -> Select[Any]:
    """`columns` of the front row of each channel, or of this channel."""
    in_hand = func.min(case((outbox.c.group_id.is_not(None), outbox.c.id)))
    front = select(func.coalesce(in_hand, func.min(outbox.c.id)).label("id")).where(OWED)
    if channel_id is not None:
        front = front.where(outbox.c.channel_id == channel_id)
    each = front.group_by(outbox.c.channel_id).subquery()
    return (
        select(*columns)
        .join_from(each, outbox, outbox.c.id == each.c.id)
        .outerjoin(suspensions, suspensions.c.channel_id == outbox.c.channel_id)
    )


_COLUMNS = (
    outbox.c.id,
    outbox.c.kind,
    outbox.c.server,
    outbox.c.fold,
    outbox.c.group_id,
    outbox.c.on_sheet,
    outbox.c.batch_id,
    READY_AT.label("ready_at"),
)
_NOW = bindparam("now", type_=outbox.c.due_at.type)
_CHANNEL = bindparam("channel", type_=outbox.c.channel_id.type)

# Built once: building one takes longer than SQLite takes to answer it.
FRONT = fronts(*_COLUMNS, channel_id=_CHANNEL)
"""Of `channel`: the columns above."""
CHANNELS_DUE = fronts(outbox.c.channel_id).where(READY_AT <= _NOW).order_by(outbox.c.id)
"""The channels whose front row is ready `now`, longest owed first."""
NEXT_DUE = fronts(READY_AT.label("ready_at")).order_by(READY_AT).limit(1)
OLDEST = (
    select(outbox)
    .where(OWED, outbox.c.channel_id == _CHANNEL)
    .order_by(outbox.c.id)
    .limit(bindparam("most", type_=Integer))
)
"""The first `most` rows owed to `channel`."""
