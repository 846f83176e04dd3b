"""What the watcher tells of the server itself: an empty queue, an absence, failures in a row."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import Clock
from sqlalchemy.ext.asyncio import AsyncConnection
from watcher_place import CHANNEL, NOW, Place

from bot.domain.cancel_requests import CancelRequest
from bot.domain.events import EventKind, JobEvent, Left, ServerEvent, Tally
from bot.domain.jobs import Failure, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import DatabaseTrouble, InvokeAIRefused, InvokeAIUnavailable
from bot.invokeai.socket.events import JobChanged
from bot.store.cancel_requests import CancelRequests
from bot.store.database import Database
from bot.store.outbox import Claim, Outbox, OutboxEntry
from bot.store.outcomes import Delivered
from bot.watching.failure_breaker import MAX_AGE
from bot.watching.outages import MIN_ABSENCE, SAME
from bot.watching.queue_empty import LONG_BUSY

DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED
OOM = Failure("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB", "")
MINUTE = timedelta(minutes=1)


async def taken(place: Place) -> list[tuple[Claim, OutboxEntry]]:
    """Everything that is owed, in order, with its claim; takes it out."""
    outbox = Outbox(place.database)
    found: list[tuple[Claim, OutboxEntry]] = []
    while claim := await outbox.claim(CHANNEL, NOW + timedelta(days=1), MINUTE, f"g{len(found)}", 10):
        found += [(claim, row) for row in claim.rows]
        await outbox.settle(claim, Delivered(1), NOW)
    return found


class FullDatabase(Database):
    """Takes writes, and refuses to commit them while it is `full`."""

    full = False

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[AsyncConnection]:
        async with super().transaction(lasting=lasting) as conn:
            yield conn
            if self.full:
                raise DatabaseTrouble("The disk is full.")


class Room:
    """A watcher with all its checks, as the program has it."""

    def __init__(self, place: Place, pause_after: int = 3) -> None:
        self.place = place
        self.clock = Clock(NOW)
        self.pauses = 0
        self.trouble: Exception | None = None
        self.pause_after = pause_after
        self.restart()

    def restart(self) -> None:
        self.watcher = self.place.watcher(clock=self.clock, pause=self.pause, pause_after=self.pause_after)

    async def pause(self) -> QueueStatus:
        if self.trouble is not None:
            raise self.trouble
        self.pauses += 1
        return await self.place.queue.status()

    async def look(self, minutes: float = 0) -> None:
        """The watcher's next look, so many minutes after the start."""
        self.clock.now = NOW + timedelta(minutes=minutes)
        await self.watcher.catch_up()

    async def server_news(self) -> list[ServerEvent]:
        return [row.event for _, row in await taken(self.place) if isinstance(row.event, ServerEvent)]

    def fail(self, number: int, failure: Failure = OOM) -> None:
        self.place.queue.put(number, FAILED)
        self.place.queue.items[number] = replace(self.place.queue.items[number], failure=failure)


@pytest.fixture
async def room(place: Place) -> Room:
    room = Room(place)
    await room.look()
    return room


def work(room: Room, first: int, *ends: JobStatus) -> None:
    for number, status in enumerate(ends, start=first):
        room.place.queue.put(number, status)


async def test_that_the_queue_is_empty_is_told_once_with_what_was_done(room: Room) -> None:
    work(room, 1, DONE, DONE, FAILED, CANCELED, DONE)
    await room.look()
    await room.look()
    room.restart()
    await room.look()
    [told] = await room.server_news()
    assert told.kind is EventKind.QUEUE_EMPTY
    assert told.tally == Tally(completed=3, failed=1, canceled=1)
    assert (told.since, told.at) == (NOW, NOW + timedelta(seconds=5))


async def test_the_last_picture_is_owed_before_the_queue_is_looked_at_once_more(room: Room) -> None:
    work(room, 1, DONE)
    await room.watcher.hear(JobChanged(1, DONE, left=Left(0, 0)))
    assert room.place.owed_at_rest == [1]


async def test_a_queue_that_a_person_emptied_through_the_bot_is_not_told(room: Room) -> None:
    requests = CancelRequests(room.place.database)
    work(room, 1, *[DONE] * 5)
    room.place.queue.put(6, JobStatus.PENDING)
    await room.look()
    await requests.remember(CancelRequest("box", 7, NOW, up_to=6))
    work(room, 6, CANCELED)
    await room.look()
    told = await room.place.everything()
    assert [event.kind for event in told] == [EventKind.COMPLETED] * 5 + [EventKind.CANCELED]
    assert [event.by for event in told if isinstance(event, JobEvent)] == [None] * 5 + [7]
    work(room, 7, *[DONE] * 5)
    await room.look()
    [told_then] = await room.server_news()
    assert told_then.tally == Tally(completed=5)


async def test_a_queue_that_was_cleared_through_the_bot_is_not_told(room: Room) -> None:
    work(room, 1, *[DONE] * 5)
    room.place.queue.put(6, JobStatus.PENDING)
    await room.look()
    await CancelRequests(room.place.database).remember(CancelRequest("box", 7, NOW, up_to=6, clear=True))
    room.place.queue.items.clear()
    await room.look()
    assert await room.server_news() == []


async def test_who_canceled_a_job_in_the_middle_does_not_silence_the_end(room: Room) -> None:
    await CancelRequests(room.place.database).remember(CancelRequest("box", 7, NOW, up_to=3, number=3))
    work(room, 1, DONE, DONE, CANCELED, DONE, DONE)
    await room.look()
    [told] = await room.server_news()
    assert told.tally == Tally(completed=4, canceled=1)


async def test_it_comes_after_the_last_picture_and_counts_from_the_last_time_on(room: Room) -> None:
    work(room, 1, *[DONE] * 5)
    await room.look()
    work(room, 6, *[DONE] * 6)
    await room.look()
    news = await room.place.everything()
    assert [event.kind.value for event in news] == [
        *["completed"] * 5,
        "queue_empty",
        *["completed"] * 6,
        "queue_empty",
    ]
    assert isinstance(news[-1], ServerEvent)
    assert news[-1].tally == Tally(completed=6)


async def test_a_lone_picture_that_empties_the_queue_is_no_part_of_the_next_busy_period(room: Room) -> None:
    await room.look()
    work(room, 1, DONE)
    await room.watcher.hear(JobChanged(1, DONE, left=Left(0, 0)))
    work(room, 2, *[DONE] * 5)
    await room.look()
    [told] = await room.server_news()
    assert told.tally == Tally(completed=5)


async def test_it_is_told_of_a_busy_period_that_ended_while_the_bot_was_away(room: Room) -> None:
    work(room, 1, DONE, DONE, JobStatus.IN_PROGRESS, JobStatus.PENDING, JobStatus.PENDING)
    await room.look()
    assert await room.server_news() == []
    work(room, 3, DONE, DONE, DONE)
    room.restart()
    await room.look()
    [told] = await room.server_news()
    assert told.tally == Tally(completed=5)


@pytest.mark.parametrize(
    "ends", [(DONE,), (DONE,) * 4, (CANCELED,) * 9, (DONE,) * 5 + (JobStatus.WAITING,)], ids=str
)
async def test_a_little_work_what_was_cleared_away_and_a_queue_that_waits_need_no_word(
    room: Room, ends: tuple[JobStatus, ...]
) -> None:
    work(room, 1, *ends)
    await room.look()
    assert await room.server_news() == []


async def test_two_jobs_that_took_long_are_worth_a_word_and_a_lone_one_never_is(room: Room) -> None:
    room.place.queue.put(1, DONE, ended_after=int(LONG_BUSY.total_seconds()))
    await room.look()
    assert await room.server_news() == []
    later = NOW + timedelta(hours=1)
    for number in (2, 3):
        room.place.queue.put(number, DONE, created_at=later, ended_after=3600 + 300)
    await room.look()
    [told] = await room.server_news()
    assert told.tally.all == 2


async def test_the_socket_s_last_end_is_followed_by_a_look_only_where_much_was_done(room: Room) -> None:
    queue = room.place.queue
    for number in range(1, 6):
        queue.put(number, DONE)
        queue.asked.clear()
        await room.watcher.hear(JobChanged(number, DONE, 0 if number in {1, 5} else 5 - number))
        assert queue.asked == [f"job {number}", *(["status"] if number == 5 else [])]
    [told] = await room.server_news()
    assert told.tally == Tally(completed=5)


async def test_who_does_not_hear_of_pictures_does_not_hear_of_an_empty_queue(room: Room) -> None:
    await room.place.subscribe(frozenset({EventKind.FAILED}))
    work(room, 1, *[DONE] * 5)
    await room.look()
    assert await room.server_news() == []


async def test_an_absence_is_told_once_it_lasts_and_so_is_the_return(room: Room) -> None:
    room.place.queue.put(1, JobStatus.PENDING)
    await room.look()
    room.place.queue.away = True
    await room.look(1)
    await room.look(2)
    assert await room.server_news() == []
    await room.look(3)
    await room.look(4)
    [away] = await room.server_news()
    assert away == ServerEvent(EventKind.AWAY, "box", NOW + MINUTE, jobs=1)
    room.place.queue.away = False
    await room.look(13)
    await room.look(14)
    [back] = await room.server_news()
    assert back == ServerEvent(EventKind.BACK, "box", NOW + 13 * MINUTE, since=NOW + MINUTE)


async def test_a_short_absence_is_told_to_nobody(room: Room) -> None:
    for minutes in range(0, 20, 2):
        room.place.queue.away = True
        await room.look(minutes)
        await room.look(minutes + MIN_ABSENCE / MINUTE - 0.1)
        room.place.queue.away = False
        await room.look(minutes + MIN_ABSENCE / MINUTE - 0.05)
    assert await room.server_news() == []


async def test_a_server_that_answers_nothing_for_20_s_of_every_30_is_not_called_away(room: Room) -> None:
    """As one does whose event loop a search through 200,000 images holds."""
    for minutes in range(60):
        for begins in (0, 0.5):
            room.place.queue.away = True
            await room.look(minutes + begins)
            room.place.queue.away = False
            await room.look(minutes + begins + 20 / 60)
    assert await room.server_news() == []


async def test_an_absence_goes_on_over_a_restart_of_the_bot(room: Room) -> None:
    room.place.queue.away = True
    await room.look(0)
    await room.look(3)
    room.restart()
    await room.look(4)
    await room.look(9)
    room.restart()
    room.place.queue.away = False
    await room.look(10)
    news = await room.server_news()
    assert [(event.kind, event.at, event.since) for event in news] == [
        (EventKind.AWAY, NOW, None),
        (EventKind.BACK, NOW + 10 * MINUTE, NOW),
    ]


@pytest.mark.parametrize(("rest", "messages"), [(SAME - MINUTE, 1), (SAME, 2)])
async def test_absences_soon_after_one_another_share_a_message(
    room: Room, rest: timedelta, messages: int
) -> None:
    at = 0.0
    for _ in range(2):
        room.place.queue.away = True
        await room.look(at)
        await room.look(at + 5)
        room.place.queue.away = False
        await room.look(at + 6)
        at += 6 + rest / MINUTE
    told = [claim.coalescing_key for claim, _ in await taken(room.place)]
    assert len(told) == 4
    assert len(set(told)) == messages


async def test_equal_failures_in_a_row_pause_the_processor_once_and_that_is_said(room: Room) -> None:
    for number in range(1, 6):
        room.fail(number, replace(OOM, message=f"CUDA out of memory. Tried to allocate {number} GiB"))
        await room.look()
    assert room.pauses == 1
    news = await room.server_news()
    [told] = [event for event in news if event.kind is EventKind.FAILING]
    assert (told.jobs, told.about) == (3, "OutOfMemoryError")


@pytest.fixture
async def full(tmp_path: Path) -> AsyncIterator[FullDatabase]:
    database = FullDatabase(f"sqlite+aiosqlite:///{tmp_path / 'full.sqlite3'}")
    await database.open()
    yield database
    await database.close()


async def test_a_failure_counts_once_even_if_its_first_commit_failed(full: FullDatabase) -> None:
    room = Room(Place(full), pause_after=2)
    await room.look()
    room.fail(1)
    full.full = True
    await room.look()
    full.full = False
    await room.look()
    assert room.pauses == 0
    room.fail(2)
    await room.look()
    assert room.pauses == 1


async def test_a_finished_job_and_another_failure_end_the_row(room: Room) -> None:
    room.fail(1)
    room.fail(2)
    room.place.queue.put(3, DONE)
    room.fail(4)
    room.fail(5)
    room.fail(6, Failure("ValueError", "no", ""))
    room.fail(7)
    room.fail(8)
    await room.look()
    assert room.pauses == 0


async def test_failures_of_last_night_pause_nothing(room: Room) -> None:
    for number in range(1, 6):
        room.fail(number)
    await room.look(MAX_AGE / MINUTE + 1)
    assert room.pauses == 0


async def test_a_pause_that_invokeai_refuses_is_not_said_and_one_that_fails_is_tried_again(
    room: Room,
) -> None:
    room.trouble = InvokeAIUnavailable("away")
    for number in range(1, 4):
        room.fail(number)
    await room.look()
    assert room.pauses == 0
    room.trouble = None
    await room.look()
    assert room.pauses == 1
    room.trouble = InvokeAIRefused("no")
    room.place.queue.put(4, DONE)
    for number in range(5, 8):
        room.fail(number)
    await room.look()
    await room.look()
    news = await room.server_news()
    assert [event.kind for event in news].count(EventKind.FAILING) == 1


async def test_only_equal_failures_of_one_batch_carry_the_same_fold(room: Room) -> None:
    room.fail(1)
    room.fail(2, replace(OOM, message="CUDA out of memory. Tried to allocate 7 GiB"))
    room.fail(3, Failure("ValueError", "no", ""))
    room.fail(4)
    room.place.queue.items[4] = replace(room.place.queue.items[4], batch_id="another")
    room.place.queue.put(5, FAILED)
    await room.look()
    found = [
        (claim.group, claim.coalescing_key, row.event.job.number)
        for claim, row in await taken(room.place)
        if isinstance(row.event, JobEvent)
    ]
    assert [number for _, _, number in found] == [1, 2, 3, 4, 5]
    groups = [group for group, _, _ in found]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 4
    assert len({key for _, key, _ in found}) == 4
    assert found[-1][1] is None  # it told no reason


async def test_retries_that_fail_again_count_anew(room: Room) -> None:
    room.fail(1)
    for number, after in ((2, 60), (3, 61), (4, 180)):
        room.fail(number)
        created = NOW + timedelta(seconds=after)
        again = replace(room.place.queue.items[number], retried_from=1, created_at=created)
        room.place.queue.items[number] = again
    await room.look()
    keys = [claim.coalescing_key for claim, row in await taken(room.place) if isinstance(row.event, JobEvent)]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3
