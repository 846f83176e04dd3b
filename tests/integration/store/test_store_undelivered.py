from datetime import timedelta

from fakes import Clock
from store_samples import MINUTE, NOW, event, held

from bot.domain.queue import Undelivered
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outcomes import Rejected, Suspended
from bot.store.undelivered import LATE, UndeliveredNotices

CHANNEL, OTHER = 42, 43


async def test_a_notice_is_late_only_some_time_after_it_was_due(database: Database) -> None:
    clock = Clock(NOW)
    async with database.transaction() as conn:
        await Outbox(database).add(conn, event(1), [CHANNEL, OTHER], NOW)
    counts = UndeliveredNotices(database, clock)
    clock.now = NOW + LATE
    assert await counts.count() == Undelivered()
    clock.forward(timedelta(seconds=1))
    assert await counts.count() == Undelivered(late=2)


async def test_what_waits_for_a_suspended_channel_is_not_late_and_what_was_given_up_is_counted_apart(
    database: Database,
) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        await outbox.add(conn, event(1), [CHANNEL, OTHER], NOW)
    for channel, group in ((CHANNEL, "g"), (OTHER, "h")):
        assert await outbox.claim(channel, NOW, MINUTE, group, 1)
    await outbox.settle(held("g"), Suspended("gone"), NOW)
    await outbox.settle(held("h", OTHER), Rejected("never"), NOW)
    counts = UndeliveredNotices(database, Clock(NOW + timedelta(hours=1)))
    assert await counts.count() == Undelivered(late=0, dead_letters=1, suspended=1)
