"""A batch's pictures in the outbox: its newest message, and how long what it says is kept."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from store_plans import plans
from store_samples import MINUTE, NOW, event, held

from bot.domain.events import BatchCounts, EventKind, JobEvent, Left, Tally
from bot.domain.limits import MAX_EDIT_AGE
from bot.store.album_rows import album_key, channels_with_album
from bot.store.database import Database
from bot.store.housekeeping import Housekeeper
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered, Unneeded
from bot.store.schema import outbox as table
from bot.store.submissions import Submissions

CHANNEL, OTHER = 42, 43
KEY = album_key("invokeai", "b")


def picture(number: int) -> JobEvent:
    told = event(number, image=0)
    counts = BatchCounts(100, Tally(completed=number))
    return replace(told, job=replace(told.job, batch_id="b", started_at=NOW), left=Left(counts=counts))


async def add(database: Database, *numbers: int, channel: int = CHANNEL) -> None:
    async with database.transaction() as conn:
        for number in numbers:
            await Outbox(database).add(conn, picture(number), [channel], NOW, coalescing_key=KEY)


async def deliver(database: Database, message_id: int, most: int, at: datetime = NOW) -> None:
    outbox = Outbox(database)
    assert await outbox.claim(CHANNEL, at, MINUTE, f"{message_id} {at}", most)
    await outbox.settle(held(f"{message_id} {at}"), Delivered(message_id), at)


async def prune(database: Database, now: datetime) -> int:
    """How many rows still say something."""

    async def no_sleep(seconds: float) -> None:
        raise AssertionError(seconds)

    keep = timedelta(days=30)
    parts = Ledger(database), Outbox(database), Submissions(database)
    await Housekeeper(database, *parts, keep=keep, clock=lambda: now, sleep=no_sleep).prune()
    async with database.reading() as conn:
        return await conn.scalar(select(func.count(table.c.event_id))) or 0


async def test_the_newest_message_has_its_own_pictures_alone(database: Database) -> None:
    albums = Outbox(database).albums
    assert await albums.newest(CHANNEL, KEY) is None
    await add(database, *range(1, 14))
    await deliver(database, 900, 10)
    await deliver(database, 901, 1)
    await deliver(database, 901, 1, NOW + MINUTE)
    album = await albums.newest(CHANNEL, KEY)
    assert album is not None
    assert (album.message_id, album.since, album.numbers) == (901, NOW, (1, 12))
    assert album.events is not None
    assert [each.job.number for each in album.events] == [11, 12]
    assert (album.sure, album.at_once, album.began_at) == (True, False, NOW)
    assert await albums.newest(OTHER, KEY) is None
    assert await albums.newest(CHANNEL, album_key("invokeai", "c")) is None


async def test_a_message_whose_rows_were_tried_before_is_not_sure(database: Database) -> None:
    outbox = Outbox(database)
    await add(database, 1)
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "a", 10)
    assert await outbox.claim(CHANNEL, NOW + 2 * MINUTE, MINUTE, "b", 10)
    await outbox.settle(held("a"), Delivered(900), NOW)
    album = await outbox.albums.newest(CHANNEL, KEY)
    assert album is not None
    assert not album.sure
    assert album.at_once


async def test_a_long_batch_costs_an_edit_no_more_than_a_short_one(
    database: Database,
) -> None:
    await add(database, *range(1, 301))
    for message_id in range(30):
        await deliver(database, 900 + message_id, 10)
    async with database.transaction() as conn:
        await conn.execute(text("ANALYZE"))
    newest, first = await plans(database, lambda: Outbox(database).albums.newest(CHANNEL, KEY))
    for plan in (newest, first):
        assert "Seq Scan on outbox" not in plan
        assert "SCAN outbox" not in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


async def test_channels_that_got_pictures_of_the_batch_hear_of_its_end(database: Database) -> None:
    await add(database, 1)
    async with database.transaction() as conn:
        await Outbox(database).add(conn, picture(2), [44], NOW)
        assert await channels_with_album(conn, [CHANNEL, OTHER, 44], "b", "attic") == [CHANNEL]
        assert await channels_with_album(conn, [CHANNEL], "b", "cellar") == []
        assert await channels_with_album(conn, [CHANNEL], "c", "attic") == []


async def test_the_end_of_a_batch_is_one_event_whichever_job_ended_last(database: Database) -> None:
    outbox = Outbox(database)
    ends = [replace(picture(number), kind=EventKind.BATCH_DONE, image=None) for number in (9, 10)]
    async with database.transaction() as conn:
        assert [await outbox.add(conn, each, [CHANNEL], NOW) for each in ends] == [1, 0]


async def test_what_a_picture_says_is_kept_while_its_message_may_be_edited(database: Database) -> None:
    await add(database, 1, 2)
    await deliver(database, 900, 10)
    assert await prune(database, NOW + MAX_EDIT_AGE) == 2
    assert await prune(database, NOW + MAX_EDIT_AGE + MINUTE) == 0
    album = await Outbox(database).albums.newest(CHANNEL, KEY)
    assert album is not None
    assert album.events is None


async def test_it_is_kept_while_more_of_the_batch_waits_for_the_channel(database: Database) -> None:
    await add(database, 1, 2)
    await deliver(database, 900, 1)
    assert await prune(database, NOW + MAX_EDIT_AGE + MINUTE) == 2
    await deliver(database, 901, 1, NOW + MINUTE)
    assert await prune(database, NOW + MAX_EDIT_AGE + 3 * MINUTE) == 0


async def test_what_needs_no_message_is_settled_without_one(database: Database) -> None:
    outbox = Outbox(database)
    await add(database, 1)
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "a", 10)
    await outbox.settle(held("a"), Unneeded(), NOW)
    assert await outbox.pending_count() == await outbox.dead_letter_count() == 0
    assert await outbox.delivered_messages(CHANNEL) == frozenset()
    assert await outbox.albums.newest(CHANNEL, KEY) is None
