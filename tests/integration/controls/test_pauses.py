"""A pause that keeps its word, over restarts of InvokeAI and of the bot; the clock is ours."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import START, FakeQueue, job

from bot.controls.pauses import Pauses
from bot.controls.results import ProcessorChange
from bot.domain.events import EventKind, ServerEvent
from bot.domain.guilds import AdoptedGuilds
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import HeldPause, QueueStatus
from bot.domain.queue_state import QueueState
from bot.errors import InvokeAIUnavailable
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake, OutboxWriter
from bot.store.outcomes import Delivered
from bot.store.pauses import HeldPauses

CHANNEL = 42
GUILD = 7
ASKED = HeldPause("invokeai", 9, START, channel_id=CHANNEL, guild_id=GUILD)


class Processor:
    """The processor of that queue: tells what a pause and a resume changed."""

    def __init__(self, queue: FakeQueue) -> None:
        self._queue = queue

    async def pause(self) -> ProcessorChange:
        return ProcessorChange(await self._queue.status(), await self._queue.pause(), ())

    async def resume(self) -> ProcessorChange:
        return ProcessorChange(await self._queue.status(), await self._queue.resume(), ())


class Place:
    def __init__(self, database: Database) -> None:
        self.now = START
        self.database = database
        self.invokeai = FakeQueue()
        self.wake = OutboxWake()
        self.adopted = AdoptedGuilds(named=frozenset({GUILD}))
        self.pausing = self.started()

    def started(self) -> Pauses:
        """A new one, as after a restart of the bot."""
        self.state = QueueState("invokeai")
        writer = OutboxWriter(self.database, Outbox(self.database), clock=lambda: self.now, wake=self.wake)
        store = HeldPauses(self.database)
        processor = Processor(self.invokeai)
        return Pauses(
            self.state,
            processor,
            self.invokeai,
            store=store,
            writer=writer,
            served=self.adopted,
            clock=lambda: self.now,
        )

    async def reads(self, status: QueueStatus | None = None, *, lost: bool) -> None:
        """The watcher reads the queue; `lost`: the connection was lost since it last did."""
        if lost:
            self.state.interrupted()
        self.state.read(status or await self.invokeai.status())
        await self.pausing.keep()

    async def told(self) -> list[EventKind]:
        """What the channel is owed; takes it out."""
        kinds: list[EventKind] = []
        outbox = Outbox(self.database)
        while claim := await outbox.claim(CHANNEL, self.now, timedelta(minutes=1), f"g{len(kinds)}", 10):
            kinds += [row.event.kind for row in claim.rows if isinstance(row.event, ServerEvent)]
            await outbox.settle(claim, Delivered(1), self.now)
        return kinds


def by_number(*jobs: Job) -> dict[int, Job]:
    return {one.number: one for one in jobs}


@pytest.fixture
async def place(file_database: Database) -> Place:
    return Place(file_database)


async def test_a_pause_with_an_end_resumes_by_itself_and_says_so_where_it_was_asked_for(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, until=START + timedelta(minutes=30)))
    assert place.invokeai.paused
    place.now += timedelta(minutes=29)
    await place.pausing.keep()
    assert place.invokeai.paused
    place.now += timedelta(minutes=1)
    await place.pausing.keep()
    assert not place.invokeai.paused
    assert place.pausing.held is None
    assert await place.told() == [EventKind.RESUMED]
    assert place.wake.is_set()
    assert place.state.version == 2


async def test_an_end_that_passes_while_invokeai_is_away_is_kept_when_it_is_back(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, until=START + timedelta(minutes=1)))
    place.now += timedelta(minutes=2)
    place.invokeai.away = True
    with pytest.raises(InvokeAIUnavailable):
        await place.pausing.keep()
    assert place.pausing.held is not None
    place.invokeai.away = False
    await place.pausing.keep()
    assert not place.invokeai.paused
    assert await place.told() == [EventKind.RESUMED]


@pytest.mark.parametrize("asked", [ASKED, replace(ASKED, guild_id=None)])
async def test_in_a_guild_that_is_no_longer_adopted_or_not_known_nothing_is_told_of_a_pause(
    asked: HeldPause, place: Place
) -> None:
    if asked.guild_id is not None:
        place.adopted.named = frozenset()
    await place.pausing.pause(replace(asked, until=START + timedelta(minutes=1)))
    place.now += timedelta(minutes=2)
    await place.pausing.keep()
    assert not place.invokeai.paused
    assert await place.told() == []


async def test_a_pause_that_invokeai_forgot_by_a_restart_is_set_again_once_and_told(place: Place) -> None:
    await place.pausing.pause(ASKED)
    place.invokeai.paused = False
    await place.reads(lost=True)
    assert place.invokeai.paused
    await place.reads(lost=True)
    assert place.invokeai.writes == ["pause", "pause"]
    assert await place.told() == [EventKind.PAUSED_AGAIN]


async def test_a_second_reading_does_not_make_a_restart_look_like_a_person(place: Place) -> None:
    await place.reads(lost=True)
    await place.pausing.pause(ASKED)
    place.invokeai.paused = False
    place.invokeai.away = True
    forgot = QueueStatus("invokeai", 0, 0, 0, 0, 0, 0, paused=False, processing=False)
    with pytest.raises(InvokeAIUnavailable):
        await place.reads(forgot, lost=True)
    place.invokeai.away = False
    await place.reads(lost=False)
    assert place.invokeai.paused
    assert place.pausing.held == ASKED


async def test_whoever_resumes_in_invokeai_itself_is_not_fought_now_or_later(place: Place) -> None:
    await place.reads(lost=True)
    await place.pausing.pause(ASKED)
    place.invokeai.paused = False
    await place.reads(lost=False)
    assert not place.invokeai.paused
    assert place.pausing.held is None
    await place.reads(lost=True)
    assert place.invokeai.writes == ["pause"]
    assert await place.told() == []


async def test_a_reading_from_just_before_the_pause_does_not_end_it(place: Place) -> None:
    before = await place.invokeai.status()
    await place.pausing.pause(ASKED)
    await place.reads(before, lost=False)
    assert place.pausing.held == ASKED


async def test_the_pause_outlives_the_bot_and_an_invokeai_that_restarted_meanwhile(place: Place) -> None:
    asked = replace(ASKED, reason="lunch", until=START + timedelta(hours=1))
    await place.pausing.pause(asked)
    place.invokeai.paused = False
    place.pausing = place.started()
    await place.pausing.open()
    assert place.pausing.held == asked
    await place.reads(lost=True)
    assert place.invokeai.paused


async def test_an_end_that_passed_while_the_bot_was_away_is_made_good_at_its_start(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, until=START + timedelta(minutes=1)))
    place.now += timedelta(hours=1)
    place.pausing = place.started()
    await place.pausing.open()
    await place.pausing.keep()
    assert not place.invokeai.paused


async def test_resume_ends_a_held_pause_for_good(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, until=START + timedelta(minutes=1)))
    await place.pausing.resume()
    assert place.pausing.held is None
    await place.reads(lost=True)
    place.now += timedelta(hours=1)
    await place.pausing.keep()
    assert place.invokeai.writes == ["pause", "resume"]
    assert await HeldPauses(place.database).of("invokeai") is None


async def test_a_second_pause_takes_the_place_of_the_first(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, until=START + timedelta(minutes=1)))
    await place.pausing.pause(ASKED)
    place.now += timedelta(hours=1)
    await place.pausing.keep()
    assert place.invokeai.paused
    assert place.pausing.held == ASKED


async def test_after_this_batch_it_pauses_when_no_job_of_the_batch_has_still_to_start(place: Place) -> None:
    place.invokeai.items = by_number(
        job(1, JobStatus.IN_PROGRESS), job(2, JobStatus.PENDING), job(3, JobStatus.PENDING, batch="b2")
    )
    done = await place.pausing.pause(ASKED, after_batch=True)
    assert done.change is None
    assert done.held.after_batch == "b1"
    await place.pausing.keep()
    assert not place.invokeai.paused
    place.invokeai.items = by_number(job(2, JobStatus.IN_PROGRESS), job(3, JobStatus.PENDING, batch="b2"))
    await place.pausing.keep()
    assert place.invokeai.paused
    assert place.pausing.held == ASKED


async def test_after_the_last_job_of_a_batch_began_or_where_nothing_runs_it_pauses_at_once(
    place: Place,
) -> None:
    done = await place.pausing.pause(ASKED, after_batch=True)
    assert done.change is not None
    assert place.invokeai.paused
    place.invokeai.paused = False
    place.invokeai.items = by_number(job(1, JobStatus.IN_PROGRESS), job(2, JobStatus.PENDING, batch="b2"))
    assert (await place.pausing.pause(ASKED, after_batch=True)).change is not None
    assert place.invokeai.paused


async def test_a_pause_that_waits_for_its_batch_is_no_pause_yet_for_who_looks(place: Place) -> None:
    place.invokeai.items = by_number(job(1, JobStatus.IN_PROGRESS), job(2, JobStatus.PENDING))
    await place.pausing.pause(ASKED, after_batch=True)
    await place.reads(lost=True)
    assert place.invokeai.writes == []
    assert place.pausing.held is not None


async def test_a_pause_asked_for_where_the_bot_can_t_speak_later_ends_in_silence(place: Place) -> None:
    await place.pausing.pause(replace(ASKED, channel_id=None, until=START + timedelta(minutes=1)))
    place.now += timedelta(hours=1)
    await place.pausing.keep()
    assert not place.invokeai.paused
    assert not place.wake.is_set()


async def test_without_a_held_pause_the_keeper_is_at_rest(place: Place) -> None:
    running = asyncio.create_task(place.pausing.run())
    await asyncio.sleep(0)
    place.state.read(await place.invokeai.status())
    place.state.changed()
    asked = len(place.invokeai.asked)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(place.invokeai.asked) == asked
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
