"""What people ask for reaches InvokeAI's queue once, in turns, whatever breaks between."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from fakes import job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import NOW

from bot.controls.feeding import FULL, KEPT, Feeder
from bot.domain.jobs import Enqueued, Job, JobStatus
from bot.domain.submissions import Asker, BatchState
from bot.errors import InvokeAIRefused, InvokeAIUnavailable, JobUnknown, RequestRefused
from bot.invokeai.http_errors import BrokenOff, NotReached
from bot.invokeai.requeue.batch import BatchBody
from bot.store.database import Database
from bot.store.submissions import Submissions

EXAMPLES = count()
ANN, BEN = Asker(1, counted=True), Asker(2, counted=True)


class FakeBatches:
    """InvokeAI's batches in memory. `then`: how the next requests end; else they are answered.

    `items`: jobs that were retried, and their retries.
    """

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.queue: list[tuple[str, int]] = []
        self.waiting: list[int] = []
        self.then: list[str] = []
        self.items: dict[int, Job] = {}
        self.unreadable = False
        self._numbers = count(1)

    async def send(self, body: BatchBody, batch_id: str, *, first: bool = False) -> Enqueued:
        how = self.then.pop(0) if self.then else "answered"
        if how == "not reached":
            raise NotReached("away")
        if how == "refused":
            raise InvokeAIRefused("no such model")
        if how == "lost before":
            raise BrokenOff("away")
        taken = min(body.jobs, self.room - len(self.waiting))
        numbers = tuple(next(self._numbers) for _ in range(taken))
        self.queue += [(batch_id, number) for number in numbers]
        self.waiting = [*numbers, *self.waiting] if first else [*self.waiting, *numbers]
        if how == "lost after":
            raise BrokenOff("away")
        return Enqueued(batch_id, body.jobs, taken, numbers)

    async def counts(self, batch_id: str) -> BatchState:
        numbers = [number for batch, number in self.queue if batch == batch_id]
        return BatchState(len(numbers), sum(number in self.waiting for number in numbers))

    async def job(self, number: int) -> Job:
        if self.unreadable:
            raise InvokeAIUnavailable("away")
        if number not in self.items:
            raise JobUnknown("It is gone.")
        return self.items[number]

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        return [] if self.unreadable else [self.items[one] for one in numbers if one in self.items]

    async def retried(self, original: int, above: int) -> Job | None:
        found = [one for one in self.items.values() if one.retried_from == original and one.number > above]
        return min(found, key=lambda one: one.number, default=None)

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """As InvokeAI does it: a new job in the old batch."""
        for number in numbers:
            old, new = self.items[number], next(self._numbers)
            self.items[new] = job(new, JobStatus.PENDING, batch=old.batch_id, retried_from=number)
            self.queue.append((old.batch_id, new))
            self.waiting.append(new)
        return tuple(numbers)

    def jobs(self, batch_id: str) -> int:
        return sum(batch == batch_id for batch, _ in self.queue)

    def end_one(self) -> str:
        number = self.waiting.pop(0)
        return next(batch for batch, each in self.queue if each == number)


def batch(jobs: int) -> BatchBody:
    seeds = tuple(range(jobs))
    data = [[{"node_path": "seed", "field_name": "value", "items": list(seeds)}]]
    return BatchBody({"graph": {}, "runs": 1, "data": data}, jobs, seeds)


def feeder(batches: FakeBatches, database: Database, *, shared: bool = True) -> Feeder:
    ids: Callable[[], str] = map("b{}".format, count()).__next__
    return Feeder("attic", batches, Submissions(database), clock=lambda: NOW, new_id=ids, shared=shared)


async def fed(one: Feeder) -> None:
    """As `run` does, until it rests."""
    resting = asyncio.Event()

    async def rest(_: float) -> None:
        resting.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(one.run(rest))
    await resting.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_where_one_alone_may_queue_the_whole_batch_goes_at_once(database: Database) -> None:
    batches = FakeBatches()
    submitted = await feeder(batches, database, shared=False).submit(ANN, batch(16))
    assert submitted.numbers == tuple(range(1, 17))
    assert await Submissions(database).unsent("attic") == []


async def test_two_people_with_twenty_jobs_each_take_turns_within_two_jobs(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database)
    await one.submit(ANN, batch(20))
    await one.submit(BEN, batch(20))
    drawn: list[str] = []
    while batches.waiting:
        drawn.append(batches.end_one())
        await fed(one)
    assert (drawn.count("b0"), drawn.count("b1")) == (20, 20)
    for place in range(1, 39):
        ahead = drawn[:place].count("b0") - drawn[:place].count("b1")
        assert -2 <= ahead <= 2
    assert await Submissions(database).unsent("attic") == []


@pytest.mark.parametrize("shared", [False, True])
async def test_what_never_reached_invokeai_leaves_nothing(database: Database, shared: bool) -> None:
    batches = FakeBatches()
    batches.then = ["not reached"]
    one = feeder(batches, database, shared=shared)
    with pytest.raises(NotReached):
        await one.submit(ANN, batch(3))
    await fed(one)
    assert batches.queue == []
    assert (await one.usage(ANN.user_id)).asked == []


@pytest.mark.parametrize("shared", [False, True])
async def test_a_full_queue_takes_nothing_of_one_who_asks_alone(database: Database, shared: bool) -> None:
    batches = FakeBatches(room=0)
    one = feeder(batches, database, shared=shared)
    if shared:
        assert (await one.submit(ANN, batch(2))).numbers == ()
        batches.room = 5
        await fed(one)
        assert batches.jobs("b0") == 2
    else:
        with pytest.raises(RequestRefused, match=FULL):
            await one.submit(ANN, batch(2))
        batches.room = 5
        await fed(one)
        assert batches.queue == []


async def test_what_had_no_room_follows_when_there_is_some(database: Database) -> None:
    batches = FakeBatches(room=2)
    one = feeder(batches, database, shared=False)
    assert (await one.submit(ANN, batch(5))).numbers == (1, 2)
    batches.room = 9
    await fed(one)
    assert batches.jobs("b0") == 5


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("how", ["lost before", "lost after"])
async def test_a_request_whose_answer_is_lost_is_queued_once_after_a_restart(
    database: Database, how: str, shared: bool
) -> None:
    batches = FakeBatches()
    batches.then = [how]
    with pytest.raises(InvokeAIUnavailable) as told:
        await feeder(batches, database, shared=shared).submit(ANN, batch(1))
    assert str(told.value) == KEPT
    await fed(feeder(batches, database, shared=shared))
    assert batches.jobs("b0") == 1


async def test_what_was_written_down_is_sent_soon_after_and_ever_later_while_invokeai_is_away(
    database: Database,
) -> None:
    batches, rests, resting = FakeBatches(), list[float](), asyncio.Queue[asyncio.Event]()

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        over = asyncio.Event()
        resting.put_nowait(over)
        await over.wait()

    one = feeder(batches, database)
    running = asyncio.create_task(one.run(rest))
    await resting.get()
    batches.then = ["lost before", "not reached", "not reached"]
    with pytest.raises(InvokeAIUnavailable):
        await one.submit(ANN, batch(1))
    (await resting.get()).set()  # no job ended, and no minute has passed
    (await resting.get()).set()
    await resting.get()
    assert rests == [60.0, 1.0, 2.0, 60.0]
    assert batches.jobs("b0") == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_invokeai_refuses_holds_up_nobody_else(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database)
    await one.submit(ANN, batch(4))
    await one.submit(BEN, batch(3))
    batches.waiting.clear()
    batches.then = ["refused"]
    await fed(one)
    assert (batches.jobs("b0"), batches.jobs("b1")) == (2, 3)


async def test_who_asks_for_what_invokeai_refuses_is_told_and_it_is_forgotten(database: Database) -> None:
    batches = FakeBatches()
    batches.then = ["refused"]
    one = feeder(batches, database)
    with pytest.raises(InvokeAIRefused):
        await one.submit(BEN, batch(1))
    assert await Submissions(database).unended("attic") == []


async def test_usage_counts_what_waits_here_and_in_invokeai(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database)
    await one.submit(ANN, batch(5))
    usage = await one.usage(ANN.user_id)
    assert (usage.unfinished, usage.today) == (5, 5)
    batches.end_one()
    assert (await one.usage(ANN.user_id)).unfinished == 4
    assert (await one.usage(BEN.user_id)).unfinished == 0


async def test_everybody_is_listed_where_they_asked_those_with_most_first(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database)
    here, there = replace(ANN, guild_id=7), replace(BEN, guild_id=8)
    await one.submit(here, batch(3))
    await one.submit(there, batch(4))
    batches.end_one()
    everybody = await one.everybody(None)
    assert [(each.user_id, each.usage.unfinished, each.usage.today) for each in everybody] == [
        (BEN.user_id, 4, 4),
        (ANN.user_id, 2, 3),
    ]
    assert [each.user_id for each in await one.everybody(7)] == [ANN.user_id]


async def test_a_day_later_what_was_asked_counts_no_more(database: Database) -> None:
    now = NOW
    batches = FakeBatches()
    one = Feeder("attic", batches, Submissions(database), clock=lambda: now, new_id=lambda: "b", shared=False)
    await one.submit(ANN, batch(2))
    now += timedelta(days=1)
    assert (await one.usage(ANN.user_id)).today == 0


def failed_of(batches: FakeBatches, number: int) -> Job:
    """A job of the queue that has failed."""
    batch_id = next(one for one, each in batches.queue if each == number)
    batches.waiting.remove(number)
    batches.items[number] = job(number, JobStatus.FAILED, batch=batch_id)
    return batches.items[number]


async def test_a_retry_counts_for_who_pressed_and_not_for_whose_batch_it_was(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database, shared=False)
    await one.submit(ANN, batch(2))
    old = failed_of(batches, 1)
    await one.retries.send(BEN, [old], 2, batches.retry)
    again = feeder(batches, database, shared=False)  # after a restart
    assert (await again.usage(BEN.user_id)).unfinished == 1
    assert (await again.usage(BEN.user_id)).today == 1
    assert (await again.usage(ANN.user_id)).unfinished == 1
    store, new = Submissions(database), batches.items[3]
    assert await store.owner(replace(new, server="attic")) == BEN
    assert await store.owner(replace(old, server="attic")) == ANN
    batches.unreadable = True
    assert (await again.usage(BEN.user_id)).unfinished == 1  # what can't be read is there
    batches.unreadable = False
    batches.items[3] = replace(new, status=JobStatus.COMPLETED)
    assert (await again.usage(BEN.user_id)).unfinished == 0


async def test_a_retry_whose_answer_was_lost_is_found_and_one_that_never_came_ends(
    database: Database,
) -> None:
    batches, now = FakeBatches(), NOW
    one = Feeder("attic", batches, Submissions(database), clock=lambda: now, new_id=lambda: "b", shared=False)
    await one.submit(ANN, batch(2))
    old = failed_of(batches, 1)

    async def lost_after(numbers: Sequence[int]) -> tuple[int, ...]:
        await batches.retry(numbers)
        raise BrokenOff("away")

    async def lost_before(_: Sequence[int]) -> tuple[int, ...]:
        raise BrokenOff("away")

    for how in (lost_after, lost_before):
        with pytest.raises(InvokeAIUnavailable):
            await one.retries.send(BEN, [old], max(batches.items) if how is lost_before else 2, how)
    assert (await one.usage(BEN.user_id)).unfinished == 2
    now += timedelta(minutes=3)
    assert (await one.usage(BEN.user_id)).unfinished == 1


async def test_a_retry_that_invokeai_refuses_or_does_not_take_is_forgotten(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database, shared=False)
    await one.submit(ANN, batch(2))
    old = failed_of(batches, 1)

    async def refused(_: Sequence[int]) -> tuple[int, ...]:
        raise InvokeAIRefused("no")

    async def not_taken(_: Sequence[int]) -> tuple[int, ...]:
        return ()

    with pytest.raises(InvokeAIRefused):
        await one.retries.send(BEN, [old], 2, refused)
    assert await one.retries.send(BEN, [old], 2, not_taken) == {}
    assert (await one.usage(BEN.user_id)).today == 0


async def test_what_was_to_run_first_still_does_after_a_lost_answer(database: Database) -> None:
    batches = FakeBatches()
    one = feeder(batches, database)
    await one.submit(ANN, batch(4))
    batches.then = ["lost before"]
    with pytest.raises(InvokeAIUnavailable):
        await one.submit(BEN, batch(3), first=True)
    await fed(feeder(batches, database))
    assert [each for each, _ in batches.queue] == ["b0", "b0", "b1", "b1", "b1"]
    assert batches.waiting == [3, 4, 5, 1, 2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    asked=st.lists(st.tuples(st.sampled_from([ANN, BEN]), st.integers(1, 4)), min_size=1, max_size=4),
    how=st.lists(st.sampled_from(["answered", "lost before", "lost after", "not reached"]), max_size=12),
    shared=st.booleans(),
)
async def test_whatever_breaks_each_request_is_queued_once_or_was_refused(
    database: Database, asked: list[tuple[Asker, int]], how: list[str], shared: bool
) -> None:
    batches = FakeBatches()
    batches.then = list(how)
    owed: dict[str, int] = {}
    known: list[str] = []

    def new_id() -> str:
        known.append(f"example {next(EXAMPLES)}")
        return known[-1]

    def restarted() -> Feeder:
        return Feeder(
            "attic", batches, Submissions(database), clock=lambda: NOW, new_id=new_id, shared=shared
        )

    one = restarted()
    for asker, jobs in asked:
        try:
            await one.submit(asker, batch(jobs))
        except NotReached:
            owed[known[-1]] = 0
        except InvokeAIUnavailable:
            owed[known[-1]] = jobs
            one = restarted()
        else:
            owed[known[-1]] = jobs
    batches.then = []
    one = restarted()
    while True:
        await fed(one)
        if not batches.waiting:
            break
        batches.end_one()
    assert {batch_id: batches.jobs(batch_id) for batch_id in owed} == owed


@pytest.mark.parametrize(("destination", "left"), [("canvas", [ANN.user_id]), ("gallery", [BEN.user_id])])
async def test_what_has_another_destination_is_still_sent_after_a_cancel(
    database: Database, destination: str, left: list[int]
) -> None:
    one = feeder(FakeBatches(), database)
    for asker, where in ((ANN, "gallery"), (BEN, "canvas")):
        body = batch(10)
        await one.submit(asker, replace(body, batch={**body.batch, "destination": where}))
    assert await one.drop(destination=destination) == 8
    assert [each.asker.user_id for each in await Submissions(database).unsent("attic")] == left
