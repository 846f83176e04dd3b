"""A waiting job is put in front once, whatever breaks and whoever acts between two steps."""

import asyncio
from collections.abc import Callable

import pytest
from creating_place import ANN, BOSS
from fakes import FakeQueue, FakeReruns, job
from store_samples import NOW

from bot.controls.feeding import Feeder
from bot.controls.in_front import InFront
from bot.domain.jobs import Enqueued, Job, JobStatus
from bot.domain.submissions import BatchState, Submission
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.invokeai.http_errors import BrokenOff
from bot.invokeai.requeue.batch import BatchBody
from bot.store.database import Database
from bot.store.replacements import Replacements
from bot.store.submissions import Submissions

RUNNING, WAITING = JobStatus.IN_PROGRESS, JobStatus.PENDING


class FrontQueue(FakeQueue):
    """InvokeAI's queue and its batches. `lost`: the next answer to a new batch is. `then`: happens after it.
    `dies`: the connection, before or after the next cancel.
    """

    def __init__(self, *jobs: Job) -> None:
        super().__init__(*jobs, server="invokeai")
        self.lost = False
        self.dies = ""
        self.then: Callable[[], None] = lambda: None
        self.firsts: list[bool] = []

    async def send(self, body: BatchBody, batch_id: str, *, first: bool = False) -> Enqueued:
        new = max(self.items) + 1
        self.items[new] = job(new, WAITING, batch=batch_id)
        self.firsts.append(first)
        self.then()
        if self.lost:
            self.lost = False
            raise BrokenOff("away")
        return Enqueued(batch_id, body.jobs, 1, (new,))

    async def cancel(self, number: int) -> Job:
        how, self.dies = self.dies, ""
        if how != "before":
            await super().cancel(number)
        if how:
            raise BrokenOff("away")
        return self.items[number]

    async def counts(self, batch_id: str) -> BatchState:
        mine = [one for one in self.items.values() if one.batch_id == batch_id]
        return BatchState(len(mine), sum(not one.status.finished for one in mine))

    async def many(self, numbers: object) -> list[Job]:
        del numbers
        return []

    async def retried(self, original: int, above: int) -> Job | None:
        del original, above
        return None

    def alive(self) -> list[int]:
        """What runs or will run."""
        return [number for number, one in self.items.items() if not one.status.finished]


class Place:
    def __init__(self, database: Database, queue: FrontQueue) -> None:
        self.store, self.queue = Submissions(database), queue
        self.replacements = Replacements(database)
        self.feeder = Feeder(
            "invokeai", queue, self.store, clock=lambda: NOW, new_id=lambda: "moved", shared=True
        )
        self.front = InFront(queue, FakeReruns(queue), self.feeder, self.replacements)

    def restarted(self, database: Database) -> "Place":
        return Place(database, self.queue)

    async def rest(self) -> None:
        """What runs in the background, once."""
        for endless in (self.feeder.run, self.front.run):
            resting = asyncio.Event()

            async def sleep(_: float, resting: asyncio.Event = resting) -> None:
                resting.set()
                await asyncio.Event().wait()

            running = asyncio.create_task(endless(sleep))
            await resting.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def three() -> FrontQueue:
    return FrontQueue(job(1, RUNNING), job(2, WAITING), job(3, WAITING, batch="anns"))


async def test_a_job_runs_next_under_a_new_number_and_stays_whose_it_was(database: Database) -> None:
    place = Place(database, three())
    anns = Submission(0, "invokeai", "anns", ANN, NOW, 1, body="{}")
    await place.store.arrived(await place.store.add(anns), 1)
    moved = await place.front.next(3, BOSS)
    assert (moved.number, moved.new) == (3, 4)
    assert place.queue.firsts == [True]
    assert place.queue.alive() == [1, 2, 4]
    assert await place.store.owner(place.queue.items[4]) == ANN
    usage = await place.feeder.usage(ANN.user_id)
    assert (usage.unfinished, usage.today) == (1, 1)
    assert (await place.feeder.usage(BOSS.user_id)).today == 0
    assert await place.replacements.open("invokeai") == []


async def test_what_nobody_asked_the_bot_for_becomes_theirs_who_put_it_in_front(database: Database) -> None:
    place = Place(database, three())
    await place.front.next(2, BOSS)
    assert await place.store.owner(place.queue.items[4]) == BOSS


@pytest.mark.parametrize("status", [RUNNING, JobStatus.COMPLETED, JobStatus.CANCELED])
async def test_a_job_that_starts_or_ends_meanwhile_is_not_doubled(
    database: Database, status: JobStatus
) -> None:
    place = Place(database, three())
    place.queue.then = lambda: place.queue.end(3, status)
    with pytest.raises(RequestRefused, match=r"#3 started or ended meanwhile\. Nothing was queued twice"):
        await place.front.next(3, BOSS)
    assert place.queue.alive() == ([1, 2, 3] if status is RUNNING else [1, 2])
    assert await place.replacements.open("invokeai") == []


@pytest.mark.parametrize(
    ("number", "sentence"), [(1, "#1 is running; only a job that has not started"), (5, "is part of #1")]
)
async def test_what_can_t_be_moved_is_refused_and_queues_nothing(
    database: Database, number: int, sentence: str
) -> None:
    place = Place(database, FrontQueue(job(1, RUNNING), job(5, WAITING, parent=1)))
    with pytest.raises(RequestRefused, match=sentence):
        await place.front.next(number, BOSS)
    assert place.queue.firsts == []


async def test_after_a_lost_answer_the_new_one_is_found_and_the_old_one_canceled_once(
    database: Database,
) -> None:
    place = Place(database, three())
    place.queue.lost = True
    with pytest.raises(InvokeAIUnavailable, match="written down, and will be queued once"):
        await place.front.next(3, BOSS)
    with pytest.raises(RequestRefused, match="on its way to the front already"):
        await place.front.next(3, BOSS)
    await place.restarted(database).rest()
    assert place.queue.firsts == [True]
    assert place.queue.alive() == [1, 2, 4]


@pytest.mark.parametrize("after", [False, True], ids=["before the cancel", "after the cancel"])
async def test_a_death_around_the_cancel_leaves_one_job(database: Database, *, after: bool) -> None:
    place = Place(database, three())
    place.queue.dies = "after" if after else "before"
    with pytest.raises(InvokeAIUnavailable):
        await place.front.next(3, BOSS)
    await place.restarted(database).rest()
    assert place.queue.alive() == [1, 2, 4]
    assert await place.replacements.open("invokeai") == []
