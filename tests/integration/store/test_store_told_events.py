"""What rows of the outbox say: written once, and dropped as soon as nobody needs it."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from store_samples import MINUTE, NOW, event, job

from bot.domain.events import EventKind, JobEvent
from bot.domain.subscriptions import ENDS, Subscription
from bot.store.database import Database
from bot.store.housekeeping import Housekeeper
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream
from bot.store.outbox_writer import OutboxWake, OutboxWriter
from bot.store.outcomes import Delivered
from bot.store.schema import WITH_EVENT, events
from bot.store.schema import outbox as table
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions
from bot.watching.recorder import Recorder

CHANNEL = 42


async def said(database: Database) -> int:
    """How many texts there are of what rows say."""
    async with database.reading() as conn:
        return await conn.scalar(select(func.count()).select_from(events)) or 0


async def prune(database: Database) -> None:
    async def no_sleep(seconds: float) -> None:
        raise AssertionError(seconds)

    parts = Ledger(database), Outbox(database), Submissions(database)
    await Housekeeper(database, *parts, keep=timedelta(days=30), clock=lambda: NOW, sleep=no_sleep).prune()


async def test_what_a_job_of_200_pictures_says_is_written_once_for_all_its_channels(
    database: Database,
) -> None:
    outbox, subscriptions = Outbox(database), Subscriptions(database)
    channels = (CHANNEL, CHANNEL + 1, CHANNEL + 2)
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, "attic", 0, [])
        for channel in channels:
            await subscriptions.subscribe(conn, Subscription(channel, 1, None, ENDS))
    done = replace(job(1), images=tuple(f"{number}.png" for number in range(200)))
    writer = OutboxWriter(database, outbox, clock=lambda: NOW, wake=OutboxWake())
    await Recorder("attic", database, Ledger(database), writer, subscriptions, clock=lambda: NOW).end(done, 0)
    assert await outbox.pending_count() == 600
    assert await said(database) == 1
    for channel in channels:
        assert [row.event for row in await outbox.unclaimed(Stream(channel, "attic"), 500)] == [
            JobEvent(EventKind.COMPLETED, done, image=image) for image in range(200)
        ]


async def test_what_many_rows_say_goes_with_the_last_of_them(database: Database) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, event(1), [CHANNEL, CHANNEL + 1, CHANNEL + 2], NOW)
    for channel, left in ((CHANNEL, 1), (CHANNEL + 1, 1), (CHANNEL + 2, 0)):
        claim = await outbox.claim(channel, NOW, MINUTE, str(channel), 1)
        assert claim is not None
        await outbox.settle(claim, Delivered(900), NOW)
        assert await said(database) == left


async def test_what_is_dropped_untold_is_forgotten_at_the_next_pruning(database: Database) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, event(1), [CHANNEL], NOW)
        await outbox.add(conn, event(2), [CHANNEL, CHANNEL + 1], NOW)
        await outbox.drop_channel(conn, CHANNEL)
    await prune(database)
    assert await said(database) == 1
    assert [row.event for row in await outbox.unclaimed(Stream(CHANNEL + 1, "attic"), 10)] == [event(2)]


async def test_of_a_failure_that_comes_again_and_again_the_first_event_alone_is_kept(
    database: Database,
) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        for number in (1, 2, 3):
            await outbox.add(conn, event(number, EventKind.FAILED), [CHANNEL], NOW, coalescing_key="fault")
    for group, most in (("a", 2), ("b", 1)):
        claim = await outbox.claim(CHANNEL, NOW, MINUTE, group, 10)
        assert claim is not None
        claim = await outbox.narrow(claim, claim.rows[:most])
        await outbox.settle(claim, Delivered(900), NOW)
    async with database.reading() as conn:
        rows = (await conn.execute(WITH_EVENT.order_by(table.c.id))).mappings().all()
    assert [row["event"] is not None for row in rows] == [True, False, False]
    assert await said(database) == 1
    last = await outbox.last_message(CHANNEL, "fault", NOW - MINUTE)
    assert last is not None
    assert (last.first, last.numbers) == (event(1, EventKind.FAILED), (1, 2, 3))
