"""What we still owe to which channel. A row is one event for one channel, kept until it is settled."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import structlog
from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event, EventKind, JobEvent
from bot.store.channel_heads import ABANDONED, CHANNELS_DUE, DELIVERED, FRONT, NEXT_DUE, OLDEST, OWED
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.outbox_rows import NO_JOB, Claim, DeadLetter, OutboxEntry, Told, event_of, row_of
from bot.store.schema import outbox, servers, suspensions
from bot.store.sheet_batching import TILES, gathered, ripen

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_COALESCED = 500
"""How many cancelled jobs, or equal failures, one message takes up at once."""
BATCH_SIZE = 1_000
"""How many rows one transaction drops."""
_FREE: dict[str, Any] = {"group_id": None, "lease_until": None}
UNREADABLE = "what is owed here can't be read; a newer bot may have written it"


class Outbox:
    """First in, first out for each channel, one message in hand at a time.

    A group is the rows of one message. It stays together from the claim until it is settled, so that a
    delivery that may have reached Discord can be looked for before it is sent again. A lease must outlast
    the sending: after it, the next claim hands the same group out. A settled group is never touched again.

    `contact_sheet_after`: after so many pictures of a batch a channel gets contact sheets; 0: never.
    """

    def __init__(self, database: Database, *, contact_sheet_after: int = 0) -> None:
        self._database = database
        self._contact_sheet_after = contact_sheet_after

    async def add(
        self,
        conn: AsyncConnection,
        event: Event,
        channels: Iterable[int],
        now: datetime,
        *,
        fold: str | None = None,
    ) -> int:
        """Owes `event` to each channel; to how many it was not owed before. `fold`: see `told`."""
        added = 0
        row = row_of(event) | {"added_at": now, "fold": fold}
        pending = event.pending if isinstance(event, JobEvent) else 0
        row["session_id"] = row["session_id"] or await _epoch(conn, str(row["server"]))
        insert = insert_into(conn, outbox).on_conflict_do_nothing()
        for channel_id in channels:
            mine = row | {"channel_id": channel_id}
            mine |= await gathered(conn, row, channel_id, self._contact_sheet_after, now)
            added += (await conn.execute(insert, mine)).rowcount
            if self._contact_sheet_after:
                await ripen(conn, mine, pending, now)
        return added

    async def channels_due(self, now: datetime) -> list[int]:
        """The channels that `claim` would hand something out for, longest owed first."""
        async with self._database.reading() as conn:
            return list(await conn.scalars(CHANNELS_DUE, {"now": now}))

    async def next_due(self, but: Collection[int] = ()) -> datetime | None:
        """When `channels_due` has something at the latest (perhaps already) for a channel that is not in
        `but`; None: nothing is owed to them.
        """
        query = NEXT_DUE.where(outbox.c.channel_id.not_in(list(but))) if but else NEXT_DUE
        async with self._database.reading() as conn:
            return await conn.scalar(query)

    async def claim(
        self, channel_id: int, now: datetime, lease: timedelta, group: str, most: int
    ) -> Claim | None:
        """Takes the rows of the channel's next message in hand until `now + lease`; None if nothing is due.

        A group whose lease ran out, or that was delayed after it may have been sent, comes again whole,
        under its own id. Else: the oldest rows of one kind and server, in order, as the group `group`: up
        to `most` completed ones (of one batch those of a contact sheet), up to 500 canceled ones or failed
        ones of one fold, one of any other kind. A row that can't be read is set aside.
        """
        async with self._database.transaction() as conn:
            while True:
                front = (await conn.execute(FRONT, {"channel": channel_id})).mappings().one_or_none()
                if front is None or front["ready_at"] > now:
                    return None
                found = front["group_id"] is not None
                rows = await (
                    _group(conn, front["group_id"]) if found else _run(conn, channel_id, now, front, most)
                )
                read = [owed for row in rows if (owed := _owed(row)) is not None]
                if len(read) < len(rows):
                    ids = {row["id"] for row in rows} - {owed.id for owed in read}
                    await _set_aside(conn, channel_id, ids, now)
                if read:
                    break
            claim = Claim(
                front["group_id"] or group,
                tuple(read),
                found,
                max(row["added_at"] for row in rows),
                fold=front["fold"],
                sheet=front["on_sheet"],
            )
            await conn.execute(
                update(outbox)
                .where(outbox.c.id.in_([owed.id for owed in read]))
                .values(group_id=claim.group, lease_until=now + lease, attempts=outbox.c.attempts + 1)
            )
        return claim

    async def told(self, channel_id: int, fold: str, since: datetime) -> Told | None:
        """The channel's last message with that fold, if it was delivered after `since` and can be read."""
        mine = DELIVERED, outbox.c.channel_id == channel_id, outbox.c.fold == fold
        newest = select(outbox.c.message_id).where(*mine, outbox.c.message_id.is_not(None))
        newest = newest.order_by(outbox.c.id.desc()).limit(1)
        async with self._database.reading() as conn:
            message_id = await conn.scalar(newest)
            if message_id is None:
                return None
            its = *mine, outbox.c.message_id == message_id
            first = select(outbox).where(*its).order_by(outbox.c.id).limit(1)
            row = (await conn.execute(first)).mappings().one()
            event = _read(row)
            if event is None or row["settled_at"] < since:
                return None
            jobs = outbox.c.number != NO_JOB
            numbers = await conn.scalars(select(outbox.c.number).where(*its, jobs).order_by(outbox.c.id))
            return Told(message_id, event, tuple(numbers))

    async def unclaimed(self, channel_id: int, most: int) -> list[OutboxEntry]:
        """The channel's oldest `most` rows; none if one of them is in hand, delayed, or can't be read."""
        mine = select(outbox).where(OWED, outbox.c.channel_id == channel_id).order_by(outbox.c.id).limit(most)
        async with self._database.reading() as conn:
            rows = (await conn.execute(mine)).mappings().all()
        read = [_owed(row) for row in rows if row["group_id"] is None and row["attempts"] == 0]
        found = [owed for owed in read if owed is not None]
        return found if len(found) == len(rows) else []

    async def take_over(self, now: datetime) -> None:
        """At a start: whoever held the leases is gone, so they end now rather than later."""
        async with self._database.transaction() as conn:
            await conn.execute(update(outbox).where(outbox.c.lease_until > now).values(lease_until=now))

    async def shrink(self, group: str, keep: Collection[int]) -> None:
        """Puts the group's rows but `keep` back into the queue, as if they had not been claimed."""
        async with self._database.transaction() as conn:
            ids = await conn.scalars(select(outbox.c.id).where(outbox.c.group_id == group))
            back = set(ids) - set(keep)
            await conn.execute(
                update(outbox)
                .where(outbox.c.id.in_(back))
                .values(group_id=None, lease_until=None, attempts=outbox.c.attempts - 1)
            )

    async def delivered(self, group: str, message_id: int, now: datetime) -> bool:
        """The group is in the channel, as this message; whether that ends a suspension of the channel."""
        done = {"state": "delivered", "message_id": message_id, "settled_at": now, "reason": None} | _FREE
        here = select(outbox.c.channel_id).where(outbox.c.group_id == group)
        async with self._database.transaction() as conn:
            mended = await conn.execute(delete(suspensions).where(suspensions.c.channel_id.in_(here)))
            await conn.execute(update(outbox).where(outbox.c.group_id == group).values(done))
        return mended.rowcount > 0

    async def abandon(self, group: str, reason: str, now: datetime) -> None:
        """Sets the group aside; the channel goes on with what comes after it."""
        done = {"state": "abandoned", "settled_at": now, "reason": reason} | _FREE
        async with self._database.transaction() as conn:
            await conn.execute(update(outbox).where(outbox.c.group_id == group).values(done))

    async def delay(self, group: str, until: datetime, reason: str, *, may_have_been_sent: bool) -> None:
        """Gives the group back until then; its channel waits with it. Only what surely was not sent may
        be grouped anew.
        """
        values: dict[str, Any] = {"due_at": until, "lease_until": None, "reason": reason}
        if not may_have_been_sent:
            values["group_id"] = None
        async with self._database.transaction() as conn:
            await conn.execute(update(outbox).where(outbox.c.group_id == group).values(values))

    async def abandoned(self, limit: int) -> list[DeadLetter]:
        """What was set aside, the newest first."""
        query = select(outbox).where(ABANDONED).order_by(outbox.c.id.desc()).limit(limit)
        async with self._database.reading() as conn:
            return [_abandoned(row) for row in (await conn.execute(query)).mappings()]

    async def abandoned_count(self) -> int:
        """How many rows are set aside."""
        async with self._database.reading() as conn:
            return (
                await conn.execute(select(func.count()).select_from(outbox).where(ABANDONED))
            ).scalar_one()

    async def redeliver(self, ids: Collection[int]) -> int:
        """Owes abandoned rows again, due at once; how many."""
        again = {"state": "owed", "due_at": outbox.c.added_at, "attempts": 0, "settled_at": None}
        async with self._database.transaction() as conn:
            return (
                await conn.execute(update(outbox).where(ABANDONED, outbox.c.id.in_(ids)).values(again))
            ).rowcount

    async def owed_count(self, channel_id: int | None = None) -> int:
        """How many rows are owed to this channel, or to all."""
        query = select(func.count()).select_from(outbox).where(OWED)
        if channel_id is not None:
            query = query.where(outbox.c.channel_id == channel_id)
        async with self._database.reading() as conn:
            return (await conn.execute(query)).scalar_one()

    async def drop_channel(self, conn: AsyncConnection, channel_id: int) -> int:
        """Forgets what the channel was still owed, set aside or not, and its suspension; how many rows."""
        mine = outbox.c.channel_id == channel_id
        owed = await conn.execute(delete(outbox).where(mine, OWED))
        aside = await conn.execute(delete(outbox).where(mine, ABANDONED))
        await conn.execute(delete(suspensions).where(suspensions.c.channel_id == channel_id))
        return owed.rowcount + aside.rowcount

    async def prune(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` rows that were settled before then; how many."""
        dropped = 0
        for settled in (DELIVERED, ABANDONED):
            old = select(outbox.c.id).where(settled, outbox.c.settled_at < before).limit(most - dropped)
            dropped += (await conn.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount
        return dropped


async def _group(conn: AsyncConnection, group: str) -> Sequence[RowMapping]:
    query = select(outbox).where(outbox.c.group_id == group).order_by(outbox.c.id)
    return (await conn.execute(query)).mappings().all()


async def _run(
    conn: AsyncConnection, channel_id: int, now: datetime, front: RowMapping, most: int
) -> Sequence[RowMapping]:
    """The rows from `front` on that make one message."""
    pictures = TILES if front["on_sheet"] else most
    limit = {EventKind.COMPLETED: pictures, EventKind.CANCELED: MAX_COALESCED}.get(front["kind"], 1)
    if front["kind"] == EventKind.FAILED and front["fold"] is not None:
        limit = MAX_COALESCED
    rows = (await conn.execute(OLDEST, {"channel": channel_id, "most": limit})).mappings().all()
    same = _alike(front)
    return list(takewhile(lambda row: _alike(row) == same and row["due_at"] <= now, rows))


def _alike(row: RowMapping) -> tuple[object, ...]:
    """What the rows of one message have in common."""
    return row["kind"], row["server"], row["fold"], row["batch_id"] if row["on_sheet"] else None


async def _epoch(conn: AsyncConnection, server: str) -> str:
    """Which of the server's databases: empty for the first that we knew."""
    epoch = await conn.scalar(select(servers.c.epoch).where(servers.c.server == server))
    return f"epoch {epoch}" if epoch else ""


async def _set_aside(conn: AsyncConnection, channel_id: int, ids: Collection[int], now: datetime) -> None:
    done = {"state": "abandoned", "settled_at": now, "reason": UNREADABLE} | _FREE
    await conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(done))
    log.error("notice_unreadable", channel=channel_id, rows=sorted(ids))


def _owed(row: RowMapping) -> OutboxEntry | None:
    event = _read(row)
    return None if event is None else OutboxEntry(row["id"], event, row["attempts"] + 1)


def _read(row: RowMapping) -> Event | None:
    try:
        return event_of(row["event"])
    except ValueError:
        return None


def _abandoned(row: RowMapping) -> DeadLetter:
    event = _read(row)
    return DeadLetter(
        row["id"], row["channel_id"], event, row["attempts"], row["reason"] or "", row["settled_at"]
    )
