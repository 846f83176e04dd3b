from dataclasses import replace
from typing import Any

import pytest
from fakes import START, Clock, FakeQueue, FakeRequests, FakeUnsent, job

from bot.controls.cancelling import Cancelling
from bot.controls.queue import QueueControls
from bot.controls.results import Scope
from bot.domain.cancel_requests import CancelRequest
from bot.domain.jobs import JobStatus
from bot.errors import RequestRefused

RUNNING, WAITING = JobStatus.IN_PROGRESS, JobStatus.PENDING
DONE, CANCELED = JobStatus.COMPLETED, JobStatus.CANCELED


def controls(queue: FakeQueue) -> QueueControls:
    return QueueControls(queue)


def canceling(queue: FakeQueue, requests: FakeRequests | None = None) -> Cancelling:
    return Cancelling(queue, requests or FakeRequests(), FakeUnsent(), Clock())


def two_batches() -> FakeQueue:
    return FakeQueue(
        job(1, DONE),
        job(2, RUNNING, destination="canvas"),
        job(3, WAITING, destination="canvas"),
        job(4, JobStatus.WAITING, batch="b2", destination="canvas"),
        job(5, WAITING, batch="b2"),
    )


@pytest.mark.parametrize(
    ("scope", "number", "taken"),
    [
        (Scope.BATCH, None, {2, 3}),
        (Scope.BATCH, 4, {4, 5}),
        (Scope.DESTINATION, 3, {2, 3, 4}),
        (Scope.WAITING, None, {3, 4, 5}),
        (Scope.ALL, None, {2, 3, 4, 5}),
    ],
)
async def test_a_cancel_takes_what_its_question_counted(
    scope: Scope, number: int | None, taken: set[int]
) -> None:
    queue = two_batches()
    reach = await canceling(queue).reach(scope, number)
    assert queue.writes == []
    assert reach.count == len(taken)
    assert [one.number for one in reach.taken] == (sorted(taken) if number or scope is Scope.BATCH else [])
    done = await canceling(queue).many(scope, reach.job.number if reach.job else None, by=7)
    assert done.count == len(taken)
    assert {one.number for one in queue.items.values() if one.status is CANCELED} == taken
    assert done.after == await queue.status()


class Before:
    """Notes what InvokeAI had been asked to do when a request was written down."""

    def __init__(self, queue: FakeQueue) -> None:
        self.queue = queue
        self.written: list[tuple[CancelRequest, list[str]]] = []

    async def remember(self, request: CancelRequest) -> None:
        self.written.append((request, list(self.queue.writes)))


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (Scope.BATCH, {"batch_id": "b1"}),
        (Scope.DESTINATION, {"destination": "canvas"}),
        (Scope.WAITING, {"not_started": True}),
        (Scope.ALL, {}),
    ],
)
async def test_who_asks_for_what_is_written_down_before_invokeai_is_asked(
    scope: Scope, asked: dict[str, Any]
) -> None:
    queue = two_batches()
    queue.items[2] = replace(queue.items[2], batch_id="b1")
    before = Before(queue)
    await Cancelling(queue, before, FakeUnsent(), Clock()).many(scope, 2, by=7)
    assert before.written == [(CancelRequest("invokeai", 7, START, up_to=5, **asked), [])]
    assert queue.writes != []


async def test_a_lone_cancel_and_a_clear_are_written_down_too_and_what_changes_nothing_is_not() -> None:
    queue = two_batches()
    before = Before(queue)
    canceling = Cancelling(queue, before, FakeUnsent(), Clock())
    await canceling.one(1, by=7)
    assert before.written == []
    await canceling.one(2, by=7)
    assert before.written == [(CancelRequest("invokeai", 7, START, 2, number=2), [])]
    await canceling.clear(by=8)
    request, writes = before.written[-1]
    assert request == CancelRequest("invokeai", 8, START, up_to=5, clear=True)
    assert "clear" not in writes


async def test_all_means_every_running_job_where_several_run() -> None:
    queue = FakeQueue(job(1, RUNNING), job(2, RUNNING), job(3, WAITING))
    assert (await canceling(queue).many(Scope.ALL, None, by=7)).count == 3


@pytest.mark.parametrize("scope", [Scope.BATCH, Scope.DESTINATION])
async def test_a_batch_or_destination_needs_a_job_to_name_it(scope: Scope) -> None:
    with pytest.raises(RequestRefused, match="No job is running"):
        await canceling(FakeQueue(job(1, DONE))).reach(scope, None)


async def test_where_several_run_none_of_them_is_cancelled_by_chance() -> None:
    queue = FakeQueue(job(1, RUNNING), job(2, RUNNING))
    with pytest.raises(RequestRefused, match=r"Several jobs run: #1, #2\. Name one: /cancel job:1\."):
        await canceling(queue).one(None, by=7)
    assert queue.writes == []


async def test_the_job_that_runs_is_cancelled_without_a_number() -> None:
    queue = FakeQueue(job(1, RUNNING), job(2, WAITING))
    one = await canceling(queue).one(None, by=7)
    assert (one.before.status, one.after.status, one.after.number) == (RUNNING, CANCELED, 1)


async def test_a_job_without_destination_names_none() -> None:
    queue = FakeQueue(job(1, RUNNING))
    with pytest.raises(RequestRefused, match="has no destination"):
        await canceling(queue).reach(Scope.DESTINATION, 1)
    with pytest.raises(RequestRefused, match="has no destination"):
        await canceling(queue).many(Scope.DESTINATION, 1, by=7)
    assert queue.writes == []


async def test_a_finished_job_is_not_cancelled_again() -> None:
    queue = FakeQueue(job(1, DONE))
    one = await canceling(queue).one(1, by=7)
    assert (one.before, one.after) == (queue.items[1], queue.items[1])
    assert queue.writes == []


async def test_clear_and_prune_say_how_many_and_what_is_left() -> None:
    queue = two_batches()
    contents = await controls(queue).contents()
    assert (contents.jobs, contents.finished) == (5, 1)
    assert [one.number for one in contents.running] == [2]
    pruned = await controls(queue).prune()
    assert (pruned.count, pruned.after.completed) == (1, 0)
    cleared = await canceling(queue).clear(by=7)
    assert (cleared.count, cleared.after.pending) == (4, 0)


async def test_pause_and_resume_write_only_where_something_changes() -> None:
    queue = FakeQueue(job(1, RUNNING))
    first, again = await controls(queue).pause(), await controls(queue).pause()
    assert (first.before.paused, first.after.paused, again.before.paused) == (False, True, True)
    assert first.running == (queue.items[1],)
    assert not (await controls(queue).resume()).after.paused
    await controls(queue).resume()
    assert queue.writes == ["pause", "resume"]


async def test_memory_is_freed_in_invokeai_and_the_queue_told_as_it_is() -> None:
    stand_in = FakeQueue()
    status = await controls(stand_in).free_vram()
    assert stand_in.writes == ["free_vram"]
    assert status == await stand_in.status()


@pytest.mark.parametrize(
    ("scope", "count", "left"),
    [(Scope.BATCH, 5, {"b9": 1}), (Scope.WAITING, 6, {}), (Scope.DESTINATION, 6, {})],
)
async def test_a_cancel_takes_what_is_not_sent_yet_too(
    scope: Scope, count: int, left: dict[str, int]
) -> None:
    unsent = FakeUnsent(b1=3, b9=1)
    queue = FakeQueue(*(replace(job(number, WAITING), destination="gallery") for number in (1, 2)))
    taken = await Cancelling(queue, FakeRequests(), unsent, Clock()).many(scope, 1, by=7)
    assert (taken.count, unsent.jobs) == (count, left)
