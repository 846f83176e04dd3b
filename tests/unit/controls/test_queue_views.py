"""What the queue's panel is told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import MORNING, Clock, FakeQueue, job

from bot.controls.queue_views import MAX_GROUPED, QueueViews
from bot.domain.creation import Submitted
from bot.domain.estimates import Estimates
from bot.domain.jobs import BatchPlace, Job, JobStatus, Progress, Recipe
from bot.domain.queue import Outlook, RecentFailures, Undelivered
from bot.domain.queue_state import QueueState
from bot.domain.submissions import Asker, Submission
from bot.errors import JobUnknown

RUNNING, WAITING, DONE, FAILED = (
    JobStatus.IN_PROGRESS,
    JobStatus.PENDING,
    JobStatus.COMPLETED,
    JobStatus.FAILED,
)
NOW = MORNING + timedelta(hours=3)
SECOND = timedelta(seconds=1)


async def one_late() -> Undelivered:
    return Undelivered(3, 2, 1)


def views(
    queue: FakeQueue, progress: Mapping[int, Progress] | None = None, estimates: Estimates | None = None
) -> QueueViews:
    state = QueueState("invokeai")
    state.progress.update(progress or {})
    return QueueViews(
        queue,
        queue,
        state,
        estimates=estimates or Estimates(),
        undelivered=one_late,
        clock=Clock(NOW),
    )


async def test_the_queue_shows_all_that_run_with_their_progress() -> None:
    queue = FakeQueue(*(job(number, RUNNING) for number in range(1, 7)), job(7, WAITING))
    progress = {2: Progress("invokeai", 2, "Denoising", 0.5)}
    view = await views(queue, progress).view()
    assert [one.job.number for one in view.running] == [1, 2, 3, 4, 5, 6]
    assert [one.progress for one in view.running][:2] == [None, progress[2]]
    assert [(one.job, one.count) for one in view.waiting] == [(queue.items[7], 1)]
    assert view.undelivered == Undelivered(3, 2, 1)


class Hasty(FakeQueue):
    """A running job is gone as soon as it was listed."""

    async def job(self, number: int) -> Job:
        if number == 1:
            raise JobUnknown("gone")
        return await super().job(number)


async def test_a_running_job_that_is_gone_meanwhile_spoils_nothing() -> None:
    view = await views(Hasty(job(1, RUNNING), job(2, RUNNING))).view()
    assert [one.job.number for one in view.running] == [1, 2]


async def test_rights_are_asked_once_for_each_connect() -> None:
    queue = FakeQueue()
    queue.admin = False
    subject = views(queue)
    assert [(await subject.view()).sees_all for _ in range(3)] == [False] * 3
    assert (queue.asked.count("is_admin"), queue.asked.count("unknown_queue")) == (1, 1)
    assert queue.info
    queue.info, queue.admin = replace(queue.info), True
    assert (await subject.view()).sees_all
    assert (queue.asked.count("is_admin"), queue.asked.count("unknown_queue")) == (2, 2)


async def test_the_queues_name_is_doubted_only_while_it_has_no_job() -> None:
    queue = FakeQueue()
    queue.unknown = True
    subject = views(queue)
    assert (await subject.view()).doubtful_queue
    queue.items[1] = job(1, WAITING)
    assert not (await subject.view()).doubtful_queue


async def test_a_next_job_that_invokeai_itself_cannot_read_leaves_the_rest_of_the_panel() -> None:
    queue = FakeQueue(job(2, RUNNING), job(3, WAITING), job(5, WAITING))
    queue.broken = {3}
    view = await views(queue).view()
    assert view.waiting == ()
    assert (view.status.pending, [each.job.number for each in view.running]) == (2, [2])


async def test_what_waits_is_told_by_batch_with_the_prompt_of_its_first_job() -> None:
    def waiting(number: int, batch: str, prompt: str) -> Job:
        return job(number, WAITING, batch=batch, recipe=Recipe(prompt))

    queue = FakeQueue(
        *(waiting(number, "canyon", "canyon river") for number in (1, 2, 3)),
        *(waiting(number, "glacier", "glacier lake") for number in (4, 6)),
        waiting(5, "fox", "red fox"),
        *(waiting(number, f"b{number}", "more") for number in (7, 8)),
    )
    told = (await views(queue).view()).waiting
    assert [(one.job.recipe and one.job.recipe.prompt, one.count) for one in told] == [
        ("canyon river", 3),
        ("glacier lake", 2),
        ("red fox", 1),
    ]


async def test_of_a_long_queue_only_the_next_job_is_read() -> None:
    queue = FakeQueue(*(job(number, WAITING) for number in range(1, MAX_GROUPED + 100)))
    told = (await views(queue).view()).waiting
    assert [(one.job.number, one.count) for one in told] == [(1, 1)]
    assert not [asked for asked in queue.asked if asked.startswith("whole")]


async def test_recent_failures_are_counted_from_the_first_of_them() -> None:
    def failed(number: int, hours: int) -> Job:
        return job(number, FAILED, completed_at=NOW - timedelta(hours=hours))

    queue = FakeQueue(failed(1, 30), failed(2, 2), job(3, DONE), failed(4, 1))
    view = await views(queue).view()
    assert view.failures == RecentFailures(2, NOW - timedelta(hours=2))
    assert (await views(FakeQueue(failed(1, 30))).view()).failures is None


async def test_the_queue_says_when_it_should_be_empty_unless_it_is_paused() -> None:
    estimates = Estimates()
    for number in range(3):
        estimates.learn(job(number, DONE, started_at=MORNING, completed_at=MORNING + 30 * SECOND))
    queue = FakeQueue(*(job(number, WAITING) for number in range(1, 5)))
    assert (await views(queue, estimates=estimates).view()).empty_at == NOW + 120 * SECOND
    queue.paused = True
    assert (await views(queue, estimates=estimates).view()).empty_at is None


async def test_a_job_that_runs_alone_is_told_with_its_place_in_its_batch() -> None:
    queue = FakeQueue(job(1, DONE), job(2, RUNNING), job(3, WAITING))
    [one] = (await views(queue).view()).running
    assert one.place == BatchPlace(1, 3)
    queue.items[3] = job(3, RUNNING)
    assert [one.place for one in (await views(queue).view()).running] == [None, None]


def submitted(jobs: int, *numbers: int) -> Submitted:
    return Submitted(Submission(1, "invokeai", "b1", Asker(7), NOW, jobs, len(numbers)), numbers)


def minute_long() -> Estimates:
    estimates = Estimates()
    for _ in range(3):
        estimates.learn(replace(job(1, DONE), started_at=NOW, completed_at=NOW + 60 * SECOND))
    return estimates


@pytest.mark.parametrize(
    ("mine", "first", "expected"),
    [
        (submitted(1, 5), False, Outlook(paused=False, place=3, done_at=NOW + 240 * SECOND)),
        (submitted(2, 4, 5), False, Outlook(paused=False, place=2, done_at=NOW + 240 * SECOND)),
        (submitted(1, 5), True, Outlook(paused=False, place=1, done_at=NOW + 120 * SECOND)),
        (submitted(4, 4, 5), False, Outlook(paused=False, place=2)),
        (submitted(4), False, Outlook(paused=False)),
    ],
)
async def test_what_was_queued_has_a_place_and_a_time_where_all_of_it_is_in_the_queue(
    mine: Submitted, first: bool, expected: Outlook
) -> None:
    queue = FakeQueue(
        replace(job(1, RUNNING), started_at=NOW), *(job(number, WAITING) for number in (3, 4, 5))
    )
    assert await views(queue, estimates=minute_long()).outlook(mine, first=first) == expected


async def test_without_samples_in_a_pause_or_without_an_answer_no_time_is_told() -> None:
    queue = FakeQueue(job(5, WAITING))
    assert await views(queue).outlook(submitted(1, 5), first=False) == Outlook(paused=False, place=1)
    await queue.pause()
    told = await views(queue, estimates=minute_long()).outlook(submitted(1, 5), first=False)
    assert told == Outlook(paused=True, place=1)
    queue.away = True
    assert await views(queue).outlook(submitted(1, 5), first=False) is None
