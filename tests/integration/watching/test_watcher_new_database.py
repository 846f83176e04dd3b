from datetime import timedelta

import pytest
from sqlalchemy import update
from watcher_place import NOW, Place, begun, reconnect

from bot.domain.events import EventKind, JobEvent, ServerEvent
from bot.domain.jobs import JobStatus
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged, QueueChanged
from bot.store.ledger import Ledger
from bot.store.schema import servers
from bot.watching.watcher import Watcher

LATER = NOW + timedelta(hours=1)
NEW = ServerEvent(EventKind.NEW_DATABASE, "box", NOW)
PENDING, RUNNING, DONE = JobStatus.PENDING, JobStatus.IN_PROGRESS, JobStatus.COMPLETED


@pytest.fixture
async def watcher(place: Place) -> Watcher:
    """It has seen jobs up to 5, and each end is told."""
    watcher = await begun(place)
    for number in range(2, 6):
        place.queue.put(number, DONE)
    assert await watcher.catch_up()
    await place.everything()
    return watcher


def told(events: list[object]) -> list[object]:
    return [
        (event.job.number, event.kind.value) if isinstance(event, JobEvent) else event for event in events
    ]


async def test_a_new_database_is_said_once_and_its_job_5_is_told_though_the_old_one_s_was(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    for number in range(1, 5):
        place.queue.put(number, PENDING, created_at=LATER)
    await reconnect(watcher)
    place.queue.put(5, DONE, created_at=LATER)
    await watcher.hear(JobChanged(5, DONE))
    await reconnect(watcher)
    assert told([*await place.everything()]) == [NEW, (5, "completed")]
    assert await place.unfinished() == {1, 2, 3, 4}


async def test_what_ended_in_the_new_database_before_it_was_noticed_is_told(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    for number in (1, 2):
        place.queue.put(number, DONE, created_at=LATER)
    await place.watcher().catch_up()
    assert told([*await place.everything()]) == [NEW, (1, "completed"), (2, "completed")]


async def test_a_new_database_that_has_grown_past_the_old_one_is_noticed(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    for number in range(1, 9):
        place.queue.put(number, DONE, created_at=LATER)
    await reconnect(watcher)
    assert told([*await place.everything()]) == [NEW, *((number, "completed") for number in range(1, 9))]


async def test_an_empty_queue_proves_nothing_and_the_first_job_of_the_new_database_does(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    await reconnect(watcher)
    assert await place.everything() == []
    place.queue.put(1, DONE, created_at=LATER)
    await watcher.hear(JobChanged(1, DONE))
    assert await watcher.catch_up()
    assert told([*await place.everything()]) == [NEW, (1, "completed")]


async def test_a_quickly_replaced_database_is_known_by_its_sessions(place: Place, watcher: Watcher) -> None:
    place.queue.replace_database()
    soon = NOW + timedelta(seconds=20)
    for number in (1, 2, 3):
        place.queue.put(number, DONE, created_at=soon)
    await reconnect(watcher)
    assert told([*await place.everything()]) == [NEW, *((number, "completed") for number in (1, 2, 3))]


async def test_an_end_with_a_session_that_we_do_not_know_is_enough(place: Place, watcher: Watcher) -> None:
    place.queue.replace_database()
    await reconnect(watcher)
    place.queue.put(1, DONE, created_at=NOW + timedelta(seconds=20))
    await watcher.hear(JobChanged(1, DONE))
    place.queue.put(2, DONE, created_at=NOW + timedelta(seconds=20))
    await watcher.hear(JobChanged(2, DONE))
    assert await watcher.catch_up()
    assert told([*await place.everything()]) == [NEW, *((number, "completed") for number in (1, 2))]


async def test_a_reconcile_that_meets_another_session_notices_as_well(place: Place, watcher: Watcher) -> None:
    place.queue.put(6, RUNNING)
    async with place.database.transaction() as transaction:  # whole, as older lists have it
        await Ledger(place.database).record(transaction, place.queue.items[6])
    place.queue.replace_database()
    place.queue.put(6, DONE, created_at=NOW + timedelta(seconds=20))
    await watcher.hear(QueueChanged())
    assert await watcher.catch_up()
    assert told([*await place.everything()]) == [NEW, (6, "completed")]


async def test_an_end_of_the_same_number_in_the_new_database_is_told(place: Place, watcher: Watcher) -> None:
    place.queue.put(6, RUNNING)
    await watcher.catch_up()  # read from a list, which tells no session
    assert await place.everything() == []
    place.queue.replace_database()
    place.queue.put(6, RUNNING, created_at=LATER)
    await reconnect(watcher)
    place.queue.put(6, DONE, created_at=LATER)
    await watcher.hear(JobChanged(6, DONE))
    assert told([*await place.everything()]) == [NEW, (6, "completed")]


async def test_a_restored_backup_tells_what_is_younger_than_all_we_saw_and_watches_what_waits(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    place.queue.put(1, DONE, created_at=NOW - timedelta(days=1))
    place.queue.put(2, PENDING, created_at=NOW - timedelta(days=1))
    place.queue.put(3, DONE, created_at=LATER)
    await reconnect(watcher)
    place.queue.put(2, DONE, created_at=NOW - timedelta(days=1))
    await watcher.catch_up()
    assert told([*await place.everything()]) == [NEW, (3, "completed"), (2, "completed")]


async def test_the_long_past_of_another_invokeai_is_no_news(place: Place, watcher: Watcher) -> None:
    for number in range(6, 201):
        place.queue.put(number, DONE)
    await watcher.catch_up()
    await place.everything()
    place.queue.replace_database()
    for number in range(1, 151):
        place.queue.put(number, DONE, created_at=LATER)
    await reconnect(watcher)
    assert not await Ledger(place.database).stranger(place.queue.items[150])
    place.queue.put(151, DONE, created_at=LATER)
    await watcher.hear(JobChanged(151, DONE))
    assert told([*await place.everything()]) == [NEW, (151, "completed")]


async def test_the_same_database_is_no_news_however_often_we_reconnect(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(6, PENDING, created_at=LATER)
    for _ in range(3):
        await reconnect(watcher)
    await place.watcher().catch_up()
    assert await place.everything() == []


async def test_a_first_sight_of_finished_jobs_alone_is_enough_to_know_the_database_by(place: Place) -> None:
    place.queue.put(7, DONE)
    await place.watcher().catch_up()
    place.queue.replace_database()
    place.queue.put(1, PENDING, created_at=LATER)
    await place.watcher().catch_up()
    assert await place.everything() == [NEW]


async def test_a_ledger_of_an_older_bot_learns_how_far_the_database_reaches(
    place: Place, watcher: Watcher
) -> None:
    async with place.database.transaction() as transaction:
        await transaction.execute(update(servers).values(newest_at=None))
    place.queue.put(5, DONE, created_at=LATER)
    await place.watcher().catch_up()
    assert await place.everything() == []
    place.queue.replace_database()
    place.queue.put(1, PENDING, created_at=LATER + timedelta(hours=1))
    await place.watcher().catch_up()
    assert await place.everything() == [NEW]


async def test_the_admin_channel_alone_hears_of_it_where_there_is_one(place: Place, watcher: Watcher) -> None:
    place.queue.replace_database()
    place.queue.put(1, PENDING, created_at=LATER)
    await place.watcher(admin_channel=99).catch_up()
    assert await place.everything() == []
    assert await place.everything(99) == [NEW]


async def test_a_channel_that_wants_failures_only_hears_of_a_new_database_too(
    place: Place, watcher: Watcher
) -> None:
    await place.subscribe(frozenset({EventKind.FAILED}))
    place.queue.replace_database()
    place.queue.put(1, PENDING, created_at=LATER)
    await reconnect(watcher)
    assert await place.everything() == [NEW]


async def test_what_the_old_database_still_owed_goes_out_first(place: Place, watcher: Watcher) -> None:
    place.queue.put(6, DONE)
    await watcher.catch_up()
    place.queue.replace_database()
    place.queue.put(1, PENDING, created_at=LATER)
    await reconnect(watcher)
    assert told([*await place.everything()]) == [(6, "completed"), NEW]


async def test_a_new_database_noticed_before_invokeai_failed_again_is_not_said_twice(
    place: Place, watcher: Watcher
) -> None:
    place.queue.replace_database()
    for number in (1, 2):
        place.queue.put(number, DONE, created_at=LATER)
    place.queue.fails_at_job = 1
    await watcher.hear(Disconnected("gone"))
    await watcher.hear(Connected())
    assert not await watcher.catch_up()
    assert await watcher.catch_up()
    assert told([*await place.everything()]) == [NEW, (1, "completed"), (2, "completed")]
    assert not await Ledger(place.database).stranger(place.queue.items[1])
