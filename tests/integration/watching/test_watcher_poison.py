"""InvokeAI restarts again and again while jobs of one batch run."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from watcher_place import NOW, Place, begun, subscribed

from bot.domain.events import JobEvent
from bot.domain.jobs import JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import InvokeAIRefused
from bot.invokeai.socket.events import Connected, Disconnected, JobChanged
from bot.store.database import Database
from bot.watching.watcher import Watcher

RUNNING, CANCELED = JobStatus.IN_PROGRESS, JobStatus.CANCELED


@pytest.fixture
async def place(file_database: Database) -> Place:
    place = await subscribed(file_database)
    await begun(place)
    return place


class Processor:
    """Counts how often it was paused; `refuses` if the account may not."""

    def __init__(self, place: Place, *, refuses: bool = False) -> None:
        self.pauses = 0
        self._place = place
        self._refuses = refuses

    async def pause(self) -> QueueStatus:
        if self._refuses:
            raise InvokeAIRefused("This account may not do that.")
        self.pauses += 1
        self._place.queue.paused = True
        return await self._place.queue.status()


def watcher(place: Place, now: datetime, processor: Processor | None = None) -> Watcher:
    """A new one, as after a restart of the bot, at that time."""
    return place.watcher(clock=lambda: now, pause=processor.pause if processor else None)


async def restart(
    place: Place,
    number: int,
    minute: float,
    processor: Processor | None = None,
    *,
    batch: str = "b",
    later: float = 0,
) -> list[JobEvent]:
    """InvokeAI restarts at that minute while the job runs; what the bot tells, `later` minutes after."""
    at = NOW + timedelta(minutes=minute)
    place.queue.put(number, CANCELED, interrupted=True)
    place.queue.items[number] = replace(place.queue.items[number], completed_at=at, batch_id=batch)
    await watcher(place, at + timedelta(minutes=later), processor).catch_up()
    return await told(place)


async def told(place: Place) -> list[JobEvent]:
    """What is owed by the end of the day about interrupted jobs; takes everything out."""
    events = await place.everything(at=NOW + timedelta(days=1))
    return [event for event in events if isinstance(event, JobEvent) and event.job.interrupted]


async def test_the_second_restart_within_ten_minutes_in_a_batch_is_urgent(place: Place) -> None:
    [first] = await restart(place, 2, 0)
    assert (first.restarts, first.urgent, first.paused) == (1, False, False)
    [second] = await restart(place, 3, 9)
    assert (second.restarts, second.urgent, second.paused) == (2, True, False)
    [third] = await restart(place, 4, 12)
    assert third.restarts == 2
    [fourth] = await restart(place, 5, 13)
    assert fourth.restarts == 3


@pytest.mark.parametrize(("minute", "batch"), [(11, "b"), (9, "another")])
async def test_restarts_far_apart_or_in_other_batches_are_chance(
    place: Place, minute: int, batch: str
) -> None:
    processor = Processor(place)
    await restart(place, 2, 0, processor)
    [second] = await restart(place, 3, minute, processor, batch=batch)
    assert not second.urgent
    assert processor.pauses == 0


async def test_the_processor_is_paused_once_where_the_owner_wants_that(place: Place) -> None:
    processor = Processor(place)
    assert [event.paused for event in await restart(place, 2, 0, processor)] == [False]
    place.queue.put(4, CANCELED, interrupted=True)
    place.queue.items[4] = replace(place.queue.items[4], completed_at=NOW + timedelta(minutes=5))
    events = await restart(place, 3, 5, processor)
    assert [(event.restarts, event.paused) for event in events] == [(2, True), (2, True)]
    assert processor.pauses == 1


async def test_two_jobs_that_one_restart_ended_are_one_restart(place: Place) -> None:
    place.queue.put(3, CANCELED, interrupted=True)
    place.queue.items[3] = replace(place.queue.items[3], completed_at=NOW)
    assert [event.restarts for event in await restart(place, 2, 0)] == [1, 1]


async def test_what_happened_while_the_bot_was_away_is_told_and_pauses_nothing(place: Place) -> None:
    processor = Processor(place)
    await restart(place, 2, 0, processor)
    [second] = await restart(place, 3, 5, processor, later=60)
    assert (second.urgent, second.paused, processor.pauses) == (True, False, 0)


async def test_a_pause_that_invokeai_refuses_does_not_hold_the_notice(place: Place) -> None:
    processor = Processor(place, refuses=True)
    await restart(place, 2, 0, processor)
    [second] = await restart(place, 3, 5, processor)
    assert (second.urgent, second.paused) == (True, False)


async def test_vanished_jobs_whose_batch_nobody_knows_count_as_one_batch(place: Place) -> None:
    interrupted: list[JobEvent] = []
    for number, minute in ((3, 0), (4, 5)):
        bot = watcher(place, NOW + timedelta(minutes=minute))
        assert await bot.catch_up()
        place.queue.put(number, RUNNING)
        await bot.hear(JobChanged(number, RUNNING))
        del place.queue.items[number]
        await bot.hear(Disconnected("gone"))
        await bot.hear(Connected())
        assert await bot.catch_up()
        interrupted += await told(place)
    assert [(event.job.number, event.restarts) for event in interrupted] == [(3, 1), (4, 2)]
