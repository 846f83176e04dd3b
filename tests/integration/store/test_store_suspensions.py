from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import MINUTE, NOW, channels_due, event, held, job

from bot.domain.events import EventKind
from bot.domain.jobs import JobStatus
from bot.domain.queue import Suspension
from bot.domain.subscriptions import Subscription
from bot.store import restarts
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered, Suspended
from bot.store.subscriptions import Subscriptions
from bot.store.suspensions import Suspensions, lift_idle, suspend

CHANNEL, OTHER = 42, 43
CLOSED = "Attach Files is missing"


@pytest.fixture
async def outbox(database: Database) -> Outbox:
    """Two rows are pending for each channel; the first of CHANNEL is in hand as the group `g`."""
    outbox = Outbox(database)
    async with database.transaction() as conn:
        for number in (1, 2):
            await outbox.add(conn, event(number), [CHANNEL, OTHER], NOW)
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "g", 1)
    return outbox


@pytest.fixture
def suspensions(database: Database) -> Suspensions:
    return Suspensions(database)


async def test_a_suspended_channel_waits_until_its_next_look_and_holds_up_no_other(
    outbox: Outbox, suspensions: Suspensions
) -> None:
    assert await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    assert await channels_due(outbox, NOW) == [OTHER]
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "x", 10) is None
    assert await channels_due(outbox, NOW + MINUTE) == [CHANNEL, OTHER]
    assert await suspensions.all() == [Suspension(CHANNEL, CLOSED, NOW, NOW + MINUTE, 2)]


async def test_looks_come_ever_later_up_to_an_hour_are_news_once_and_count_as_no_attempts(
    outbox: Outbox, suspensions: Suspensions
) -> None:
    now, pauses, news = NOW, list[int](), list[bool]()
    for _ in range(9):
        news.append(await outbox.settle(held("g"), Suspended(CLOSED), now))
        [one] = await suspensions.all()
        pauses.append(int((one.next_attempt_at - now).total_seconds()) // 60)
        now = one.next_attempt_at
        claim = await outbox.claim(CHANNEL, now, MINUTE, "x", 1)
        assert claim is not None
        assert (claim.group, claim.rows[0].attempts) == ("g", 1)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert news == [True] + [False] * 8
    assert (await suspensions.all())[0].since == NOW


async def test_another_reason_is_news_and_since_when_stays(outbox: Outbox, suspensions: Suspensions) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    assert await outbox.settle(held("g"), Suspended("the channel is gone"), NOW + MINUTE)
    [one] = await suspensions.all()
    assert (one.reason, one.since) == ("the channel is gone", NOW)


async def test_a_delivered_message_ends_the_suspension_and_says_so_once(
    outbox: Outbox, suspensions: Suspensions
) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    assert await outbox.claim(CHANNEL, NOW + MINUTE, MINUTE, "x", 1)
    assert await outbox.settle(held("g"), Delivered(900), NOW + MINUTE)
    assert await suspensions.all() == []
    assert await outbox.claim(CHANNEL, NOW + MINUTE, MINUTE, "h", 1)
    assert not await outbox.settle(held("h"), Delivered(901), NOW + MINUTE)


async def test_what_seems_mended_is_due_at_once_and_is_over_where_nothing_is_pending(
    outbox: Outbox, suspensions: Suspensions, database: Database
) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    assert await suspensions.retry_now(NOW, [OTHER]) == []
    assert await suspensions.retry_now(NOW, [CHANNEL, OTHER]) == [CHANNEL]
    assert CHANNEL in await channels_due(outbox, NOW)
    async with database.transaction() as conn:
        assert await outbox.prune_suspended(conn, NOW + MINUTE) == 2
    assert await suspensions.retry_now(NOW, [CHANNEL]) == [CHANNEL]
    assert await suspensions.all() == []


async def test_only_what_waits_for_a_suspended_channel_for_too_long_is_dropped(
    outbox: Outbox, suspensions: Suspensions, database: Database
) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    async with database.transaction() as conn:
        await outbox.add(conn, event(3), [CHANNEL], NOW + MINUTE)
        assert await outbox.prune_suspended(conn, NOW) == 0
        assert await outbox.prune_suspended(conn, NOW + MINUTE, 1) == 1
        assert await outbox.prune_suspended(conn, NOW + MINUTE, 10) == 1
    assert (await outbox.pending_count(CHANNEL), await outbox.pending_count(OTHER)) == (1, 2)


async def test_a_guild_s_suspensions_are_those_of_its_subscribed_channels(
    outbox: Outbox, suspensions: Suspensions, database: Database
) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    async with database.transaction() as conn:
        await Subscriptions(database).subscribe(
            conn, Subscription(CHANNEL, 7, None, frozenset({EventKind.COMPLETED}))
        )
    assert [one.channel_id for one in await suspensions.in_guild(7)] == [CHANNEL]
    assert await suspensions.in_guild(8) == []


async def test_a_channel_that_is_told_nothing_more_is_not_suspended_either(
    outbox: Outbox, suspensions: Suspensions, database: Database
) -> None:
    await outbox.settle(held("g"), Suspended(CLOSED), NOW)
    async with database.transaction() as conn:
        assert await outbox.drop_channel(conn, CHANNEL) == 2
    assert await suspensions.all() == []


@pytest.mark.parametrize(
    ("batch", "after", "count"),
    [
        ("batch", timedelta(seconds=0), 1),
        ("batch", timedelta(seconds=2), 1),
        ("batch", timedelta(minutes=5), 2),
        ("batch", timedelta(minutes=10), 2),
        ("batch", timedelta(minutes=11), 1),
        ("other", timedelta(minutes=5), 1),
    ],
)
async def test_restarts_are_counted_that_ended_jobs_of_one_batch_within_ten_minutes(
    database: Database, batch: str, after: timedelta, count: int
) -> None:
    first = job(1, JobStatus.CANCELED)
    second = replace(job(2, JobStatus.CANCELED, completed_at=NOW + after), batch_id=batch)
    async with database.transaction() as conn:
        for _ in range(2):
            await restarts.remember(conn, first, NOW)
        assert await restarts.recent_restarts(conn, first, NOW) == 1
        assert await restarts.recent_restarts(conn, second, NOW + after) == count
        await restarts.remember(conn, second, NOW + after)
        assert await restarts.recent_restarts(conn, second, NOW + after) == count


async def test_a_suspension_that_nobody_can_see_ends_once_nothing_waits_for_it(
    database: Database, suspensions: Suspensions
) -> None:
    async with database.transaction() as conn:
        for channel_id in (CHANNEL, OTHER, 44, 45):
            await suspend(conn, channel_id, CLOSED, NOW + MINUTE if channel_id == 45 else NOW)
        await Subscriptions(database).subscribe(conn, Subscription(CHANNEL, 7, None, frozenset(EventKind)))
        await Outbox(database).add(conn, event(1), [OTHER], NOW)
        assert await lift_idle(conn, NOW + MINUTE) == 1
    assert [one.channel_id for one in await suspensions.all()] == [CHANNEL, OTHER, 45]
