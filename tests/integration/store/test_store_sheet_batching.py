from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from store_databases import Opener
from store_plans import plans
from store_samples import MINUTE, NOW, channels_due, event, held, job_of

from bot.domain.events import EventKind, JobEvent
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Claim
from bot.store.outcomes import Delayed, Delivered
from bot.store.sheet_batching import MAX_WAIT, TILES

CHANNEL, OTHER = 42, 43
MOST = 3
SECOND = timedelta(seconds=1)


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database, contact_sheet_after=MOST)


def image(number: int, *, batch: str = "batch", pending: int = 9) -> JobEvent:
    told = event(number, image=0)
    return replace(told, job=replace(told.job, batch_id=batch), pending=pending)


class Channel:
    """One channel's way through a batch."""

    def __init__(self, outbox: Outbox, database: Database, channel_id: int = CHANNEL) -> None:
        self._outbox = outbox
        self._database = database
        self.id = channel_id
        self.groups = 0

    async def add(self, *events: JobEvent, now: datetime = NOW) -> None:
        for one in events:
            async with self._database.transaction() as conn:
                await self._outbox.add(conn, one, [self.id], now)

    async def claim(self, now: datetime = NOW) -> Claim | None:
        self.groups += 1
        return await self._outbox.claim(self.id, now, MINUTE, f"{self.id}-{self.groups}", 10)

    async def next(self, now: datetime = NOW) -> tuple[list[int], bool] | None:
        """The numbers of the next message, and whether it is a sheet; delivered. None: nothing is due."""
        claimed = await self.claim(now)
        if claimed is None:
            return None
        await self._outbox.settle(held(claimed.group), Delivered(1), now)
        return [job_of(row.event).number for row in claimed.rows], claimed.sheet


@pytest.fixture
async def channel(outbox: Outbox, database: Database) -> Channel:
    """Has had as many pictures of the batch as it bears."""
    channel = Channel(outbox, database)
    await channel.add(*(image(number) for number in range(1, MOST + 1)))
    assert await channel.next() == ([1, 2, 3], False)
    return channel


async def test_further_pictures_of_the_batch_wait_a_minute_for_each_other(
    channel: Channel, outbox: Outbox
) -> None:
    await channel.add(image(4), now=NOW)
    await channel.add(image(5), now=NOW + 50 * SECOND)
    assert await channel.next(NOW + 59 * SECOND) is None
    assert await channels_due(outbox, NOW + 59 * SECOND) == []
    assert await outbox.next_due() == NOW + MAX_WAIT
    assert await channel.next(NOW + MAX_WAIT) == ([4, 5], True)
    assert await outbox.next_due() is None


async def test_a_full_sheet_goes_out_at_once_and_the_next_begins(channel: Channel) -> None:
    await channel.add(*(image(number) for number in range(4, 4 + TILES - 1)))
    assert await channel.next() is None
    await channel.add(image(4 + TILES - 1), image(4 + TILES))
    assert await channel.next() == (list(range(4, 4 + TILES)), True)
    assert await channel.next(NOW + 59 * SECOND) is None
    assert await channel.next(NOW + MAX_WAIT) == ([4 + TILES], True)


async def test_the_end_of_the_queue_lets_the_last_sheet_out(channel: Channel) -> None:
    await channel.add(image(4), image(5, pending=0))
    assert await channel.next() == ([4, 5], True)


@pytest.mark.parametrize("behind", [event(9, EventKind.FAILED), image(9, batch="other")])
async def test_what_stands_behind_a_sheet_does_not_wait_for_it(channel: Channel, behind: JobEvent) -> None:
    await channel.add(image(4), image(5), behind)
    assert await channel.next() == ([4, 5], True)
    assert await channel.next() == ([9], False)


async def test_two_long_batches_share_no_sheet(channel: Channel) -> None:
    await channel.add(*(image(number, batch="other") for number in range(11, 11 + MOST)))
    assert await channel.next() == ([11, 12, 13], False)
    await channel.add(image(4), image(5), image(14, batch="other", pending=0))
    assert await channel.next() == ([4, 5], True)
    assert await channel.next() == ([14], True)


async def test_an_album_ends_where_the_sheets_begin(outbox: Outbox, database: Database) -> None:
    channel = Channel(outbox, database)
    await channel.add(*(image(number, pending=0) for number in range(1, 7)))
    assert await channel.next() == ([1, 2, 3], False)
    assert await channel.next() == ([4, 5, 6], True)


async def test_each_channel_and_each_batch_counts_for_itself(
    channel: Channel, outbox: Outbox, database: Database
) -> None:
    other = Channel(outbox, database, OTHER)
    await other.add(image(4))
    assert await other.next() == ([4], False)
    await channel.add(image(5, batch="another"))
    assert await channel.next() == ([5], False)


async def test_a_picture_that_is_known_already_changes_nothing(channel: Channel) -> None:
    await channel.add(image(4), image(4), image(1))
    assert await channel.next() is None
    assert await channel.next(NOW + MAX_WAIT) == ([4], True)


async def test_a_sheet_in_hand_stays_a_sheet_over_a_restart(
    channel: Channel, outbox: Outbox, database: Database
) -> None:
    await channel.add(image(4), image(5, pending=0))
    first = await channel.claim()
    await channel.add(image(6, pending=0))
    again = await Outbox(database).claim(CHANNEL, NOW + 2 * MINUTE, MINUTE, "new", 10)
    assert first is not None
    assert again is not None
    assert (again.group, again.sheet, again.found_in_flight) == (first.group, True, True)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]


async def test_a_sheet_that_was_delayed_is_not_let_out_by_what_comes_behind(
    channel: Channel, outbox: Outbox
) -> None:
    await channel.add(image(4), image(5, pending=0))
    claimed = await channel.claim()
    assert claimed is not None
    await outbox.settle(held(claimed.group), Delayed(NOW + MINUTE, "away", may_have_been_sent=False), NOW)
    await channel.add(event(9, EventKind.FAILED))
    assert await channel.next() is None
    assert await channel.next(NOW + MINUTE) == ([4, 5], True)


async def test_no_row_is_looked_at_that_waits_for_nothing(
    channel: Channel, outbox: Outbox, database: Database
) -> None:
    await channel.add(image(4))
    if not database.place.endswith(".db"):
        pytest.skip("PostgreSQL reads so small a table whole")

    async def add() -> None:
        await channel.add(image(5))

    earlier, first, mine, let_out = await plans(database, add)
    assert "outbox_batches (channel_id=? AND batch_id=?)" in earlier
    for plan in (first, mine):
        assert "outbox_batches (channel_id=? AND batch_id=? AND due_at>?)" in plan
    assert "outbox_pictures (channel_id=? AND due_at>?)" in let_out


async def test_without_the_setting_nothing_ever_waits(open_database: Opener) -> None:
    database = await open_database()
    channel = Channel(Outbox(database), database)
    await channel.add(*(image(number) for number in range(1, 41)))
    for first in (1, 11, 21, 31):
        assert await channel.next() == (list(range(first, first + 10)), False)
