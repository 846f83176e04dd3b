import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from store_databases import Opener
from store_samples import MINUTE, NOW, channels_due, event, held, job, job_of, spoil

from bot.domain.events import EventKind, JobEvent, ServerEvent
from bot.domain.jobs import Failure, JobStatus, Recipe
from bot.store.database import Database
from bot.store.dead_letters import DeadLetters
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Claim, Stream
from bot.store.outcomes import Delayed, Delivered, Rejected

CHANNEL, OTHER = 42, 43


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


async def add(database: Database, *events: JobEvent, channels: tuple[int, ...] = (CHANNEL,)) -> list[int]:
    async with database.transaction() as conn:
        return [await Outbox(database).add(conn, one, channels, NOW) for one in events]


async def claim(
    outbox: Outbox, group: str, *, channel: int = CHANNEL, now: datetime = NOW, most: int = 10
) -> Claim | None:
    return await outbox.claim(channel, now, MINUTE, group, most)


def numbers(claimed: Claim | None) -> list[int]:
    return [job_of(row.event).number for row in claimed.rows] if claimed else []


async def test_an_event_comes_out_as_it_went_in(outbox: Outbox, database: Database) -> None:
    failed = replace(
        job(1, JobStatus.FAILED),
        recipe=Recipe(prompt="fox “in” snow\0 🦊", seed=2**63, cfg_scale=7.5),
        images=("a.png", "b.png"),
        failure=Failure("OutOfMemoryError", "no room", "Traceback\n  …"),
    )
    whole = JobEvent(EventKind.FAILED, failed, pending=7)
    await add(database, whole)
    claimed = await claim(outbox, "g")
    assert claimed is not None
    assert [row.event for row in claimed.rows] == [whole]
    assert job_of(claimed.rows[0].event).created_at.utcoffset() == timedelta(0)


async def test_half_a_character_from_a_server_does_not_block_the_channel(
    outbox: Outbox, database: Database
) -> None:
    broken = replace(job(1, JobStatus.FAILED), failure=Failure("Error", "half \ud83e", ""))
    await add(database, JobEvent(EventKind.FAILED, broken))
    claimed = await claim(outbox, "g")
    assert claimed is not None
    assert job_of(claimed.rows[0].event).failure == Failure("Error", "half ?", "")


async def test_an_event_is_added_once_for_each_channel(outbox: Outbox, database: Database) -> None:
    assert await add(database, event(1), event(1), channels=(CHANNEL, OTHER)) == [2, 0]
    assert await add(database, event(1), channels=(CHANNEL, 44)) == [1]
    assert await add(database, event(1, image=0), event(1, image=1), event(1, EventKind.FAILED)) == [1, 1, 1]
    assert await add(database, event(1, server="cellar")) == [1]
    assert await outbox.pending_count() == 7
    assert await outbox.pending_count(OTHER) == 1


async def test_a_job_of_a_new_database_is_added_though_its_number_was_before(
    outbox: Outbox, database: Database
) -> None:
    ledger = Ledger(database)
    nameless = JobEvent(EventKind.COMPLETED, job(5, session_id=None))
    for _ in range(2):
        async with database.transaction() as conn:
            await ledger.begin(conn, "attic", 0, [])
        assert await add(database, nameless, nameless) == [1, 0]
    assert await outbox.pending_count() == 2


async def test_an_event_of_a_server_is_added_once_for_each_time(outbox: Outbox, database: Database) -> None:
    one = ServerEvent(EventKind.NEW_DATABASE, "attic", NOW)
    async with database.transaction() as conn:
        added = [
            await outbox.add(conn, event, [CHANNEL], NOW)
            for event in (one, one, replace(one, at=NOW + MINUTE), replace(one, server="cellar"))
        ]
    assert added == [1, 0, 1, 1]
    claimed = await claim(outbox, "g")
    assert claimed is not None
    assert [row.event for row in claimed.rows] == [one]


async def test_rows_that_can_not_be_read_become_dead_letters_and_the_rest_of_their_group_is_handed_out(
    outbox: Outbox, database: Database
) -> None:
    await add(database, *(event(number) for number in range(1, 5)))

    async def unreadable(number: int) -> None:
        async with database.transaction() as conn:
            await spoil(conn, number, "{")

    await unreadable(2)
    assert numbers(await claim(outbox, "a")) == [1, 3, 4]
    await unreadable(3)
    again = await claim(outbox, "b", now=NOW + MINUTE)
    assert again is not None
    assert (again.group, numbers(again)) == ("a", [1, 4])
    await unreadable(1)
    await unreadable(4)
    assert await claim(outbox, "c", now=NOW + 2 * MINUTE) is None
    dead = await DeadLetters(database).newest(10)
    assert [(row.event, "can't be read" in row.reason) for row in dead] == [(None, True)] * 4
    assert await outbox.next_due() is None


async def test_ledger_and_outbox_are_rolled_back_together(outbox: Outbox, database: Database) -> None:
    ledger = Ledger(database)
    async with database.transaction() as conn:
        await ledger.begin(conn, "attic", 0, [])

    async def write_and_fail() -> None:
        async with database.transaction() as conn:
            assert await ledger.record(conn, job(1))
            assert await outbox.add(conn, event(1), [CHANNEL], NOW) == 1
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await write_and_fail()
    assert await outbox.pending_count() == 0
    async with database.transaction() as conn:
        assert await ledger.record(conn, job(1))


async def test_nothing_pending_is_nothing_due(outbox: Outbox) -> None:
    assert await claim(outbox, "g") is None
    assert await channels_due(outbox, NOW) == []
    assert await outbox.next_due() is None


async def test_finished_images_of_one_server_make_one_album(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2), event(3), event(4, server="cellar"), event(5))
    assert numbers(await claim(outbox, "a", most=2)) == [1, 2]
    await outbox.settle(held("a"), Delivered(900), NOW)
    assert numbers(await claim(outbox, "b")) == [3, 5]
    await outbox.settle(held("b"), Delivered(901), NOW)
    assert numbers(await claim(outbox, "c")) == [4]


async def test_what_one_server_has_in_hand_or_delayed_holds_no_other_server_s(
    outbox: Outbox, database: Database
) -> None:
    attic, cellar = Stream(CHANNEL, "attic"), Stream(CHANNEL, "cellar")
    await add(database, event(1), event(1, server="cellar"), event(2, server="cellar"))
    assert await outbox.streams_due(NOW) == [attic, cellar]
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "a", 10, server="attic") is not None
    assert await outbox.streams_due(NOW) == [cellar]
    assert await outbox.next_due(but=[cellar]) == NOW + MINUTE
    await outbox.settle(held("a"), Delayed(NOW + MINUTE, "away", may_have_been_sent=True), NOW)
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "b", 10, server="attic") is None
    assert numbers(await outbox.claim(CHANNEL, NOW, MINUTE, "c", 10, server="cellar")) == [1, 2]
    assert await outbox.next_due(but=[attic, cellar]) is None


async def test_another_kind_ends_the_album(outbox: Outbox, database: Database) -> None:
    failed, canceled = EventKind.FAILED, EventKind.CANCELED
    await add(database, event(1), event(2, failed), event(3, failed), event(4))
    await add(database, *(event(n, canceled) for n in range(10, 25)))
    told: list[list[int]] = []
    for group in "abcde":
        told.append(numbers(await claim(outbox, group)))
        await outbox.settle(held(group), Delivered(900), NOW)
    assert told == [[1], [2], [3], [4], list(range(10, 25))]
    assert await claim(outbox, "f") is None


async def test_one_message_is_in_hand_for_each_channel(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2, EventKind.FAILED), channels=(CHANNEL, OTHER))
    assert numbers(await claim(outbox, "a")) == [1]
    assert await claim(outbox, "b") is None
    assert await channels_due(outbox, NOW) == [OTHER]
    assert numbers(await claim(outbox, "c", channel=OTHER)) == [1]
    assert await channels_due(outbox, NOW) == []
    assert await outbox.next_due() == NOW + MINUTE


async def test_a_crashed_delivery_is_handed_out_again(
    outbox: Outbox, database: Database, open_database: Opener
) -> None:
    await add(database, event(1), event(2))
    first = await claim(outbox, "a")
    await add(database, event(3))
    await database.close()

    again = Outbox(await open_database())
    assert await claim(again, "b") is None
    assert await channels_due(again, NOW + MINUTE) == [CHANNEL]
    second = await claim(again, "b", now=NOW + MINUTE)
    assert first is not None
    assert second is not None
    assert (first.group, first.found_in_flight, [row.attempts for row in first.rows]) == ("a", False, [1, 1])
    assert (second.group, second.found_in_flight, [row.attempts for row in second.rows]) == (
        "a",
        True,
        [2, 2],
    )
    assert numbers(second) == [1, 2]
    await again.settle(held("a"), Delivered(900), NOW + MINUTE)
    assert numbers(await claim(again, "c", now=NOW + MINUTE)) == [3]


async def test_what_is_delivered_never_comes_again(outbox: Outbox, database: Database) -> None:
    await add(database, event(1))
    await claim(outbox, "a")
    await outbox.settle(held("a"), Delivered(900), NOW)
    await outbox.settle(held("a"), Delayed(NOW, "late", may_have_been_sent=True), NOW)
    await outbox.settle(held("a"), Rejected("late"), NOW)
    assert await claim(outbox, "b", now=NOW + timedelta(days=1)) is None
    assert await add(database, event(1)) == [0]
    assert await DeadLetters(database).newest(10) == []
    assert await outbox.next_due() is None


async def test_a_delayed_group_that_was_not_sent_may_grow(outbox: Outbox, database: Database) -> None:
    await add(database, event(1))
    await claim(outbox, "a")
    await outbox.settle(held("a"), Delayed(NOW + MINUTE, "429", may_have_been_sent=False), NOW)
    await add(database, event(2))
    assert await claim(outbox, "b") is None
    assert await channels_due(outbox, NOW) == []
    assert await outbox.next_due() == NOW + MINUTE
    later = await claim(outbox, "b", now=NOW + MINUTE)
    assert later is not None
    assert (later.group, later.found_in_flight, numbers(later)) == ("b", False, [1, 2])
    assert [row.attempts for row in later.rows] == [2, 1]


async def test_a_delayed_group_that_may_have_been_sent_stays_as_it_is(
    outbox: Outbox, database: Database
) -> None:
    await add(database, event(1))
    await claim(outbox, "a")
    await outbox.settle(held("a"), Delayed(NOW + MINUTE, "half an answer", may_have_been_sent=True), NOW)
    await add(database, event(2))
    assert await claim(outbox, "b") is None
    assert await outbox.next_due() == NOW + MINUTE
    later = await claim(outbox, "b", now=NOW + MINUTE)
    assert later is not None
    assert (later.group, later.found_in_flight, numbers(later)) == ("a", True, [1])


async def test_a_delayed_channel_does_not_hold_up_the_others(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), channels=(CHANNEL, OTHER))
    await claim(outbox, "a")
    await outbox.settle(held("a"), Delayed(NOW + MINUTE, "no permission", may_have_been_sent=False), NOW)
    assert await channels_due(outbox, NOW) == [OTHER]
    assert numbers(await claim(outbox, "b", channel=OTHER)) == [1]


async def test_what_a_fast_clock_wrote_is_due_at_the_next_start_and_other_delays_go_on(
    outbox: Outbox, database: Database
) -> None:
    await add(database, event(1), channels=(CHANNEL, OTHER))
    for channel, minutes in ((CHANNEL, 10), (OTHER, 4)):
        mine = await claim(outbox, f"g{channel}", channel=channel)
        assert mine is not None
        until = NOW + timedelta(minutes=minutes)
        await outbox.settle(mine, Delayed(until, "wait", may_have_been_sent=True), NOW)
    await outbox.take_over(NOW)
    assert await channels_due(outbox, NOW) == [CHANNEL]
    assert await channels_due(outbox, NOW + timedelta(minutes=4)) == [CHANNEL, OTHER]


async def test_rows_that_did_not_fit_come_next(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2), event(3))
    claimed = await claim(outbox, "a")
    assert claimed is not None
    await outbox.narrow(claimed, claimed.rows[:1])
    assert await claim(outbox, "b") is None
    await outbox.settle(held("a"), Delivered(900), NOW)
    rest = await claim(outbox, "b")
    assert rest is not None
    assert [(job_of(row.event).number, row.attempts) for row in rest.rows] == [(2, 1), (3, 1)]


async def test_a_shrunk_group_comes_again_before_the_rows_it_left(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2))
    claimed = await claim(outbox, "a")
    assert claimed is not None
    await outbox.narrow(claimed, claimed.rows[1:])
    again = await claim(outbox, "b", now=NOW + MINUTE)
    assert again is not None
    assert (again.group, numbers(again)) == ("a", [2])


async def test_a_rejected_group_lets_the_channel_go_on(outbox: Outbox, database: Database) -> None:
    await add(database, event(1, EventKind.FAILED), event(2))
    await claim(outbox, "a")
    await outbox.settle(held("a"), Rejected("Discord refused it\0"), NOW + MINUTE)
    (dead,) = await DeadLetters(database).newest(10)
    assert (dead.channel_id, job_of(dead.event).number, dead.attempts) == (CHANNEL, 1, 1)
    assert (dead.reason, dead.died_at) == ("Discord refused it?", NOW + MINUTE)
    assert numbers(await claim(outbox, "b")) == [2]
    await outbox.settle(held("b"), Delivered(900), NOW)

    assert await DeadLetters(database).redeliver([dead.id, 12345]) == 1
    assert await DeadLetters(database).redeliver([dead.id]) == 0
    assert await DeadLetters(database).newest(10) == []
    again = await claim(outbox, "c")
    assert again is not None
    assert [(job_of(row.event).number, row.attempts) for row in again.rows] == [(1, 1)]


async def test_a_dropped_channel_has_nothing_pending(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2), event(3), channels=(CHANNEL, OTHER))
    await claim(outbox, "a", most=1)
    await outbox.settle(held("a"), Rejected("refused"), NOW)
    await claim(outbox, "b", most=1)
    async with database.transaction() as conn:
        assert await outbox.drop_channel(conn, CHANNEL) == 3
    await outbox.settle(held("b"), Delivered(900), NOW)
    assert await claim(outbox, "c", now=NOW + MINUTE) is None
    assert await DeadLetters(database).newest(10) == []
    assert await outbox.pending_count() == await outbox.pending_count(OTHER) == 3


async def test_only_old_delivered_rows_are_pruned(outbox: Outbox, database: Database) -> None:
    await add(database, event(1), event(2), event(3))
    await claim(outbox, "a", most=1)
    await outbox.settle(held("a"), Delivered(900), NOW)
    await claim(outbox, "b", most=1)
    await outbox.settle(held("b"), Delivered(901), NOW + MINUTE)
    async with database.transaction() as conn:
        assert await outbox.prune(conn, NOW + MINUTE) == 1
        assert await outbox.prune(conn, NOW + MINUTE) == 0
    assert await outbox.pending_count() == 1


async def test_two_processes_never_hold_the_same_row(open_database: Opener) -> None:
    databases = [await open_database(), await open_database()]
    await add(databases[0], *(event(n) for n in range(1, 21)))
    taken: list[int] = []

    async def deliver(database: Database, name: str) -> None:
        outbox = Outbox(database)
        for turn in range(40):
            claimed = await claim(outbox, f"{name}{turn}", most=1)
            if claimed is not None:
                taken.extend(numbers(claimed))
                await outbox.settle(held(claimed.group), Delivered(900), NOW)

    await asyncio.gather(deliver(databases[0], "a"), deliver(databases[1], "b"))
    assert taken == list(range(1, 21))


async def test_what_was_delayed_is_due_at_once_when_discord_is_back_and_what_is_in_hand_is_not(
    outbox: Outbox, database: Database
) -> None:
    await add(database, event(1), channels=(CHANNEL, OTHER))
    delayed = await claim(outbox, "delayed")
    assert delayed is not None
    assert await claim(outbox, "in hand", channel=OTHER)
    await outbox.settle(delayed, Delayed(NOW + MINUTE, "away", may_have_been_sent=True), NOW)
    assert await channels_due(outbox, NOW) == []
    assert await outbox.retry_delayed(NOW) == 1
    assert await channels_due(outbox, NOW) == [CHANNEL]
    again = await claim(outbox, "another")
    assert again is not None
    assert (again.group, again.found_in_flight) == ("delayed", True)
