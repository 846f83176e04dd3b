"""What still has to go to which channel. A row is one event for one channel, kept until it is settled."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile

import structlog
from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event, JobEvent
from bot.store.album_rows import Albums
from bot.store.channel_heads import HEADS, NEXT_DUE, OLDEST, STREAMS_DUE, rows_of_message
from bot.store.columns import insert_into
from bot.store.database import Database
from bot.store.outbox_rows import NO_JOB, Claim, LastMessage, OutboxEntry, Stream, event_of, row_of
from bot.store.outcomes import FREE, Delivered, Outcome, Suspended, columns_of
from bot.store.schema import (
    BATCH_SIZE,
    DEAD,
    DELIVERED,
    PENDING,
    WITH_EVENT,
    outbox,
    servers,
    suspensions,
)
from bot.store.sheet_batching import release_sheets, sheet_columns
from bot.store.suspensions import lift, retry_all, suspend
from bot.store.told_events import SAYS, LastWritten, drop_unsaid, told_by

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_WAIT = timedelta(minutes=6)
"""Longer than any row waits, but where Discord itself asked for more."""
UNREADABLE = "this notice can't be read; a newer bot may have written it"


class Outbox:
    """First in, first out for each stream, one message in hand at a time.

    A group is the rows of one message. It stays together from the claim until it is settled, so that a
    delivery that may have reached Discord can be looked for before it is sent again. A lease must outlast
    the sending: after it, the next claim hands the same group out. A settled group is never touched again.

    `contact_sheet_after`: after so many pictures of a batch a channel gets contact sheets; 0: never.
    """

    def __init__(self, database: Database, *, contact_sheet_after: int = 0) -> None:
        self._database = database
        self.albums = Albums(database)
        self._contact_sheet_after = contact_sheet_after

    async def add(
        self,
        conn: AsyncConnection,
        event: Event,
        channels: Iterable[int],
        now: datetime,
        *,
        coalescing_key: str | None = None,
        last: LastWritten | None = None,
    ) -> int:
        """Adds `event` for each channel, unless it was added before; how many rows that are.

        `coalescing_key`: see `last_message`. `last`: what this transaction wrote before.
        """
        last = last or LastWritten()
        row = row_of(event) | {"added_at": now, "coalescing_key": coalescing_key}
        pending = event.pending if isinstance(event, JobEvent) else 0
        row["session_id"] = row["session_id"] or await _epoch(conn, str(row["server"]))
        insert = insert_into(conn, outbox).on_conflict_do_nothing().returning(outbox.c.id)
        added = 0
        sheet_after = 0 if _ever_few(event, self._contact_sheet_after) else self._contact_sheet_after
        for channel_id in channels:
            mine = row | {"channel_id": channel_id, "event_id": await last.id_of(conn, event)}
            mine |= await sheet_columns(conn, row, channel_id, sheet_after, now)
            added += len(list(await conn.scalars(insert, mine)))
            if self._contact_sheet_after:
                await release_sheets(conn, mine, pending, now)
        return added

    async def streams_due(self, now: datetime) -> list[Stream]:
        """The streams that `claim` would hand something out of, longest pending first."""
        async with self._database.reading() as conn:
            rows = (await conn.execute(STREAMS_DUE, {"now": now})).mappings()
            return [Stream(row["channel_id"], row["server"]) for row in rows]

    async def next_due(self, but: Collection[Stream] = ()) -> datetime | None:
        """When `streams_due` has something at the latest (perhaps already) that is not in `but`; None:
        nothing else is pending.
        """
        others = tuple_(outbox.c.channel_id, outbox.c.server).not_in(list(but))
        query = NEXT_DUE.where(others) if but else NEXT_DUE
        async with self._database.reading() as conn:
            return await conn.scalar(query)

    async def claim(
        self,
        channel_id: int,
        now: datetime,
        lease: timedelta,
        group: str,
        most: int,
        *,
        server: str | None = None,
    ) -> Claim | None:
        """Takes the rows of the channel's next message in hand until `now + lease`; None if nothing is due.

        `server`: whose rows; None: of the stream that waits longest of those that are due.

        A group whose lease ran out, or that was delayed after it may have been sent, comes again whole,
        under its own id. Else: the oldest rows of one kind and server, in order, as the group `group`: up
        to `most` completed ones (of one batch those of a contact sheet), up to 500 canceled ones or failed
        ones of one coalescing key, one of any other kind. A row that can't be read becomes a dead letter.
        """
        async with self._database.transaction() as conn:
            while True:
                heads = (await conn.execute(HEADS, {"channel": channel_id})).mappings().all()
                mine = (one for one in heads if server in {None, one["server"]} and one["ready_at"] <= now)
                head = next(mine, None)
                if head is None:
                    return None
                rows = await rows_of_message(conn, head, now, most)
                read = [entry for row in rows if (entry := _entry(row)) is not None]
                if len(read) < len(rows):
                    ids = {row["id"] for row in rows} - {entry.id for entry in read}
                    await _give_up(conn, channel_id, ids, now)
                if read:
                    break
            claim = Claim(
                channel_id,
                head["group_id"] or group,
                tuple(read),
                head["group_id"] is not None,
                max(row["added_at"] for row in rows),
                coalescing_key=head["coalescing_key"],
                sheet=head["on_sheet"],
            )
            await conn.execute(
                update(outbox)
                .where(outbox.c.id.in_([entry.id for entry in read]))
                .values(group_id=claim.group, lease_until=now + lease, attempts=outbox.c.attempts + 1)
            )
        return claim

    async def last_message(self, channel_id: int, coalescing_key: str, since: datetime) -> LastMessage | None:
        """The channel's last message with that key, if it was delivered after `since` and can be read."""
        mine = DELIVERED, outbox.c.channel_id == channel_id, outbox.c.coalescing_key == coalescing_key
        newest = select(outbox.c.message_id).where(*mine, outbox.c.message_id.is_not(None))
        newest = newest.order_by(outbox.c.id.desc()).limit(1)
        async with self._database.reading() as conn:
            message_id = await conn.scalar(newest)
            if message_id is None:
                return None
            its = *mine, outbox.c.message_id == message_id
            first = WITH_EVENT.where(*its, SAYS).order_by(outbox.c.id).limit(1)
            row = (await conn.execute(first)).mappings().one_or_none()
            event = None if row is None else event_of(row)
            if row is None or event is None or row["settled_at"] < since:
                return None
            jobs = outbox.c.number != NO_JOB
            numbers = await conn.scalars(select(outbox.c.number).where(*its, jobs).order_by(outbox.c.id))
            return LastMessage(message_id, event, tuple(numbers))

    async def delivered_messages(self, channel_id: int, most: int = BATCH_SIZE) -> frozenset[int]:
        """The ids of the channel's messages, of those that were settled last."""
        mine = outbox.c.channel_id == channel_id, outbox.c.message_id.is_not(None)
        newest = select(outbox.c.message_id).where(DELIVERED, *mine).distinct()
        query = newest.order_by(outbox.c.message_id.desc()).limit(most)
        async with self._database.reading() as conn:
            return frozenset(await conn.scalars(query))

    async def unclaimed(self, stream: Stream, most: int) -> list[OutboxEntry]:
        """The stream's oldest `most` rows; none if one of them is in hand, delayed, or can't be read."""
        mine = {"channel": stream.channel_id, "server": stream.server, "most": most}
        async with self._database.reading() as conn:
            rows = (await conn.execute(OLDEST, mine)).mappings().all()
        read = [_entry(row) for row in rows if row["group_id"] is None and row["attempts"] == 0]
        found = [entry for entry in read if entry is not None]
        return found if len(found) == len(rows) else []

    async def take_over(self, now: datetime) -> None:
        """At a start: whoever held the leases is gone, so they end now; suspended channels are tried now.

        What is due later than anything waits was written by a clock that was fast, and is due now.
        """
        async with self._database.transaction() as conn:
            leased = outbox.c.group_id.is_not(None), outbox.c.lease_until > now
            await conn.execute(update(outbox).where(*leased).values(lease_until=now))
            late = PENDING, outbox.c.due_at > now + MAX_WAIT
            await conn.execute(update(outbox).where(*late).values(due_at=now))
            await retry_all(conn, now)

    async def retry_delayed(self, now: datetime) -> int:
        """What was tried and could not be delivered is due now; how many rows."""
        waits = PENDING, outbox.c.attempts > 0, outbox.c.lease_until.is_(None), outbox.c.due_at > now
        async with self._database.transaction() as conn:
            return (await conn.execute(update(outbox).where(*waits).values(due_at=now))).rowcount

    async def narrow(self, claim: Claim, keep: Sequence[OutboxEntry]) -> Claim:
        """The claim with these rows alone; the others are pending again, as if they had not been claimed."""
        kept = {row.id for row in keep}
        others = outbox.c.group_id == claim.group, outbox.c.id.not_in(kept)
        async with self._database.transaction() as conn:
            await conn.execute(
                update(outbox)
                .where(*others)
                .values(group_id=None, lease_until=None, attempts=outbox.c.attempts - 1)
            )
        return replace(claim, rows=tuple(row for row in claim.rows if row.id in kept))

    async def settle(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
        """Writes down what became of the claim's message. Whether that is news of the channel: it is
        suspended now, or for another reason, or no more.
        """
        mine = outbox.c.group_id == claim.group
        # After a power cut the group is in flight again, and so is looked for in the channel first.
        async with self._database.transaction(lasting=False) as conn:
            told = await told_by(conn, claim, outcome)
            await conn.execute(update(outbox).where(mine).values(columns_of(outcome, now) | told.columns))
            await drop_unsaid(conn, told.events)
            match outcome:
                case Delivered():
                    return await lift(conn, claim.channel_id)
                case Suspended():
                    return await suspend(conn, claim.channel_id, outcome.reason, now)
                case _:
                    return False

    async def pending_count(self, channel_id: int | None = None) -> int:
        """How many rows are pending for this channel, or for all."""
        mine = PENDING if channel_id is None else and_(PENDING, outbox.c.channel_id == channel_id)
        return await self._count(mine)

    async def dead_letter_count(self) -> int:
        """How many rows could not be delivered and are not tried again: see `DeadLetters`."""
        return await self._count(DEAD)

    async def _count(self, which: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(outbox).where(which)
        async with self._database.reading() as conn:
            return (await conn.execute(query)).scalar_one()

    async def drop_channel(self, conn: AsyncConnection, channel_id: int) -> int:
        """Forgets the channel's pending rows, its dead letters and its suspension; how many rows."""
        mine = outbox.c.channel_id == channel_id
        pending = await conn.execute(delete(outbox).where(mine, PENDING))
        dead = await conn.execute(delete(outbox).where(mine, DEAD))
        await lift(conn, channel_id)
        return pending.rowcount + dead.rowcount

    async def prune(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` rows that were settled before then; how many."""
        dropped = 0
        for settled in (DELIVERED, DEAD):
            old = select(outbox.c.id).where(settled, outbox.c.settled_at < before).limit(most - dropped)
            dropped += (await conn.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount
        return dropped

    async def prune_suspended(self, conn: AsyncConnection, before: datetime, most: int = BATCH_SIZE) -> int:
        """Drops up to `most` rows that are pending for suspended channels since before then; how many."""
        columns = outbox.c.id, outbox.c.added_at
        old: list[int] = []
        for channel_id in list(await conn.scalars(select(suspensions.c.channel_id))):
            its = select(*columns).where(PENDING, outbox.c.channel_id == channel_id).order_by(outbox.c.id)
            oldest = await conn.execute(its.limit(most - len(old)))
            old += [row.id for row in takewhile(lambda row: row.added_at < before, oldest)]
        return (await conn.execute(delete(outbox).where(outbox.c.id.in_(old)))).rowcount if old else 0


def _ever_few(event: Event, most: int) -> bool:
    """Whether its batch is one job of at most `most` pictures."""
    if not isinstance(event, JobEvent) or event.left.counts is None:
        return False
    return event.left.counts.total == 1 and len(event.job.images) <= most


async def _epoch(conn: AsyncConnection, server: str) -> str:
    """Which of the server's databases: empty for the first that we knew."""
    epoch = await conn.scalar(select(servers.c.epoch).where(servers.c.server == server))
    return f"epoch {epoch}" if epoch else ""


async def _give_up(conn: AsyncConnection, channel_id: int, ids: Collection[int], now: datetime) -> None:
    done = {"state": "dead", "settled_at": now, "reason": UNREADABLE} | FREE
    await conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(done))
    log.error("notice_read_failed", channel=channel_id, rows=sorted(ids))


def _entry(row: RowMapping) -> OutboxEntry | None:
    """None: it can't be read."""
    event = event_of(row)
    return None if event is None else OutboxEntry(row["id"], event, row["attempts"] + 1)
