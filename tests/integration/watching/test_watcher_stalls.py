"""Jobs wait, nothing runs and nobody paused: InvokeAI's processor is dead, though it says that it runs."""

from datetime import timedelta

import pytest
from fakes import Clock
from watcher_place import NOW, Place

from bot.domain.events import EventKind, ServerEvent
from bot.domain.jobs import JobStatus
from bot.invokeai.socket.events import JobChanged
from bot.watching.stalls import MIN_STALL
from bot.watching.watcher import Watcher

MINUTE = timedelta(minutes=1)
PENDING, RUNNING, DONE, CANCELED = (
    JobStatus.PENDING,
    JobStatus.IN_PROGRESS,
    JobStatus.COMPLETED,
    JobStatus.CANCELED,
)


class Box:
    """A watcher that looks once a minute."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.queue = place.queue
        self.clock = Clock(NOW)
        self.admin_channel: int | None = None
        self.watcher: Watcher = place.watcher(clock=self.clock)

    def restart(self) -> None:
        self.watcher = self.place.watcher(clock=self.clock, admin_channel=self.admin_channel)

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            self.clock.forward(MINUTE)
            await self.watcher.catch_up()

    async def told(self, channel: int = 42) -> list[ServerEvent]:
        events = await self.place.everything(channel, at=self.clock.now)
        return [event for event in events if isinstance(event, ServerEvent)]


@pytest.fixture
async def box(place: Place) -> Box:
    box = Box(place)
    for number in range(1, 37):
        place.queue.put(number, PENDING)
    await box.watcher.catch_up()
    return box


async def test_that_nothing_starts_for_ten_minutes_is_told_once_and_so_is_the_next_start(box: Box) -> None:
    await box.minutes(MIN_STALL // MINUTE - 1)
    assert await box.told() == []
    await box.minutes(60)
    assert await box.told() == [ServerEvent(EventKind.STALLED, "box", NOW, jobs=36)]
    box.queue.put(1, RUNNING)
    await box.minutes(2)
    [again] = await box.told()
    assert (again.kind, again.since) == (EventKind.WORKS_AGAIN, NOW)
    box.queue.put(1, DONE)
    await box.minutes(1)
    await box.minutes(20)
    assert [event.kind for event in await box.told()] == [EventKind.STALLED]


async def test_a_stall_that_goes_on_over_a_restart_of_the_bot_is_told_once(box: Box) -> None:
    await box.minutes(15)
    box.restart()
    await box.minutes(30)
    assert [event.kind for event in await box.told()] == [EventKind.STALLED]
    box.restart()
    box.queue.put(1, RUNNING)
    await box.minutes(1)
    assert [event.kind for event in await box.told()] == [EventKind.WORKS_AGAIN]


async def test_after_all_that_waited_was_canceled_the_next_stall_is_told_as_another_one(box: Box) -> None:
    await box.minutes(20)
    waiting = list(box.queue.items)
    for number in waiting:
        box.queue.put(number, CANCELED)
    await box.minutes(60)
    for number in range(101, 104):
        box.queue.put(number, PENDING)
    await box.minutes(20)
    told = await box.told()
    assert [event.kind for event in told] == [EventKind.STALLED] * 2
    assert told[1].at == NOW + 81 * MINUTE


async def test_the_admin_channel_alone_hears_of_it_where_there_is_one(box: Box) -> None:
    box.admin_channel = 77
    box.restart()
    await box.minutes(15)
    assert await box.told() == []
    assert [event.kind for event in await box.told(77)] == [EventKind.STALLED]


@pytest.mark.parametrize("status", [RUNNING, DONE])
async def test_jobs_too_short_for_the_counts_to_show_them_are_work(box: Box, status: JobStatus) -> None:
    for _ in range(6):
        await box.minutes(5)
        await box.watcher.hear(JobChanged(1, status, pending=36))
    assert await box.told() == []


async def test_jobs_that_are_canceled_while_they_wait_are_no_work(box: Box) -> None:
    for number in range(1, 13):
        box.queue.put(number, CANCELED)
        await box.watcher.hear(JobChanged(number, CANCELED, pending=36 - number))
        await box.minutes(1)
    [stalled] = await box.told()
    assert (stalled.kind, stalled.at) == (EventKind.STALLED, NOW)


async def test_jobs_that_ended_between_two_looks_are_work_though_no_socket_told_of_them(box: Box) -> None:
    for number in range(1, 5):
        await box.minutes(5)
        box.queue.put(number, DONE)
    assert await box.told() == []


async def test_no_pause_no_running_job_no_empty_queue_and_no_absence_is_a_stall(box: Box) -> None:
    box.queue.paused = True
    await box.minutes(20)
    box.queue.paused = False
    box.queue.put(1, RUNNING)
    await box.minutes(20)
    kept = dict(box.queue.items)
    box.queue.items = {1: box.queue.items[1]}
    box.queue.put(1, CANCELED)
    await box.minutes(20)
    box.queue.items = kept
    box.queue.put(1, CANCELED)
    await box.minutes(9)
    box.queue.away = True
    await box.minutes(1)
    box.queue.away = False
    await box.minutes(9)
    assert EventKind.STALLED not in [event.kind for event in await box.told()]


async def test_a_machine_that_slept_for_an_hour_tells_of_no_stall_and_of_no_absence(box: Box) -> None:
    await box.minutes(3)
    box.clock.forward(timedelta(hours=1))
    box.queue.away = True
    await box.minutes(1)
    box.queue.away = False
    await box.minutes(1)
    box.clock.forward(timedelta(hours=1))
    await box.minutes(5)
    assert await box.told() == []
