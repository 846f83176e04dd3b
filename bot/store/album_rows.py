"""A batch's pictures in a channel: which rows of the outbox share a message, and what its newest one has."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import JobEvent
from bot.store.database import Database
from bot.store.outbox_rows import event_of
from bot.store.schema import DELIVERED, WITH_EVENT, outbox
from bot.store.sheet_batching import TILES

_ALBUM, _END = "album ", "end "


def album_key(server: str, batch_id: str) -> str:
    """The coalescing key of a batch's pictures."""
    return f"{_ALBUM}{server} {batch_id}"


def end_key(server: str, batch_id: str) -> str:
    """The coalescing key of what tells of a batch's end."""
    return f"{_END}{server} {batch_id}"


def is_album(coalescing_key: str | None) -> bool:
    return coalescing_key is not None and coalescing_key.startswith(_ALBUM)


@dataclass(frozen=True, slots=True)
class Album:
    """The newest message of a batch's pictures in a channel, posted at `since`.

    `events` are its pictures, more than MAX_FILES on a contact sheet; None: they can't be read any more.
    `numbers` are those of the first and the last job whose pictures the channel has, `began_at` is when the
    first one began, if that is known.
    """

    message_id: int
    since: datetime
    events: tuple[JobEvent, ...] | None
    numbers: tuple[int, int]
    began_at: datetime | None
    sure: bool
    """Each picture got there at the first try: no edit that was given up may still arrive."""
    at_once: bool
    """All of its pictures came with the message; none by an edit."""


class Albums:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def newest(self, channel_id: int, coalescing_key: str) -> Album | None:
        """The channel's newest message with that key of a batch's pictures."""
        mine = WITH_EVENT.where(
            DELIVERED,
            outbox.c.channel_id == channel_id,
            outbox.c.coalescing_key == coalescing_key,
            outbox.c.message_id.is_not(None),
        )
        async with self._database.reading() as conn:
            newest = (await conn.execute(mine.order_by(outbox.c.id.desc()).limit(TILES))).mappings().all()
            first = (await conn.execute(mine.order_by(outbox.c.id).limit(1))).mappings().one_or_none()
        if first is None:
            return None
        rows = list(takewhile(lambda row: row["message_id"] == newest[0]["message_id"], newest))[::-1]
        return Album(
            rows[0]["message_id"],
            rows[0]["settled_at"],
            _events(rows),
            (first["number"], newest[0]["number"]),
            _began_at(first),
            sure=all(row["attempts"] == 1 for row in rows),
            at_once=rows[0]["settled_at"] == rows[-1]["settled_at"],
        )


async def channels_with_album(
    conn: AsyncConnection, channels: Collection[int], batch_id: str, server: str
) -> list[int]:
    """Those of the channels that got, or will get, pictures of this batch as an album."""
    of_batch = outbox.c.batch_id == batch_id, outbox.c.server == server, outbox.c.coalescing_key.is_not(None)
    query = select(outbox.c.channel_id).distinct().where(outbox.c.channel_id.in_(list(channels)), *of_batch)
    return list(await conn.scalars(query.order_by(outbox.c.channel_id)))


def _events(rows: Sequence[RowMapping]) -> tuple[JobEvent, ...] | None:
    read = [event_of(row) for row in rows]
    events = tuple(event for event in read if isinstance(event, JobEvent))
    return events if len(events) == len(rows) else None


def _began_at(row: RowMapping) -> datetime | None:
    event = event_of(row)
    return event.job.started_at if isinstance(event, JobEvent) else None
