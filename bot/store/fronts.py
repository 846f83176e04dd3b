"""Which row of each channel is next: the group in hand if there is one, else the oldest row owed.

A suspended channel's front is not ready before its next look.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

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


def fronts(*columns: ColumnElement[Any], channel_id: int | None = None) -> Select[Any]:
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
