"""Retries, with a stand-in of InvokeAI: the same job once more, or what is left of a batch's failures."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import MORNING, FakeDesk, FakeQueue, FakeReruns, job

from bot.controls.requeue_parts import NEWEST
from bot.controls.requeueing import Requeueing
from bot.domain.jobs import Failure, JobStatus
from bot.domain.submissions import Asker
from bot.errors import InvokeAIRefused, RequestRefused

RUNNING, WAITING = JobStatus.IN_PROGRESS, JobStatus.PENDING
DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED
ANN = Asker(5, 7, 8)
OUT_OF_MEMORY = Failure("OutOfMemoryError", "CUDA out of memory. Tried to allocate 12 GiB", "")
GONE = Failure("ImageFileNotFoundException", "Image record not found", "")


def requeueing(queue: FakeQueue) -> Requeueing:
    return Requeueing(queue, FakeReruns(queue), FakeDesk(queue), lambda most: most - 1)


async def test_a_retry_names_the_new_job() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, DONE))
    one = await requeueing(queue).retry(ANN, 1)
    assert (one.before.number, one.after) == (1, queue.items[3])


async def test_a_retry_of_a_retry_is_found_though_it_names_the_first_job() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, CANCELED, retried_from=1), job(3, DONE, retried_from=1))
    one = await requeueing(queue).retry(ANN, 2)
    assert one.after is not None
    assert (one.after.number, one.after.retried_from) == (4, 1)


async def test_a_second_tap_on_retry_queues_nothing_while_the_first_one_waits() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, WAITING))
    controls = requeueing(queue)
    taken = await asyncio.gather(controls.retry(ANN, 1), controls.retry(ANN, 1), return_exceptions=True)
    assert [str(one) for one in taken if isinstance(one, RequestRefused)] == [
        "#1 is queued again already, as #3."
    ]
    assert queue.writes == ["retry [1]"]
    queue.end(3, FAILED)
    assert (await controls.retry(ANN, 1)).after == queue.items[4]


@pytest.mark.parametrize(
    ("status", "word"), [(DONE, "completed"), (RUNNING, "running"), (WAITING, "waiting")]
)
async def test_only_failed_and_canceled_jobs_are_retried(status: JobStatus, word: str) -> None:
    queue = FakeQueue(job(1, status))
    with pytest.raises(RequestRefused, match=rf"#1 is .*{word}.*only failed and canceled"):
        await requeueing(queue).retry(ANN, 1)
    assert queue.writes == []


async def test_a_full_queue_takes_no_retry_and_that_is_said() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, WAITING), room=0)
    with pytest.raises(RequestRefused, match=r"full \(1 waiting\)"):
        await requeueing(queue).retry(ANN, 1)
    with pytest.raises(RequestRefused, match="full"):
        await requeueing(queue).retry_failed(ANN, 2)


async def test_a_batchs_failed_jobs_are_retried_and_no_other() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, FAILED), job(3, DONE), job(4, FAILED, batch="b2"))
    many = await requeueing(queue).retry_failed(ANN, 3)
    assert (many.failed, many.taken, many.new) == (2, 2, (5, 6))
    assert many.after.pending == 2
    assert queue.writes == ["retry [1, 2]"]


async def test_a_batch_that_only_half_fits_is_told_as_that() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, FAILED), room=1)
    many = await requeueing(queue).retry_failed(ANN, 1)
    assert (many.failed, many.taken, many.new) == (2, 1, (3,))


async def test_a_batch_without_failures_has_nothing_to_retry() -> None:
    with pytest.raises(RequestRefused, match="No job of #1's batch has failed"):
        await requeueing(FakeQueue(job(1, DONE))).retry_failed(ANN, 1)


async def test_a_retry_whose_input_image_is_gone_writes_nothing() -> None:
    queue = FakeQueue(job(1, FAILED))
    reruns = FakeReruns(queue)
    reruns.lost.add(1)
    with pytest.raises(InvokeAIRefused, match="an image that is gone"):
        await Requeueing(queue, reruns, FakeDesk(queue), lambda most: most - 1).retry(ANN, 1)
    assert queue.writes == []


async def test_a_second_press_retries_nothing_while_the_retries_wait() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, FAILED))
    subject = requeueing(queue)
    await subject.retry_failed(ANN, 1)
    with pytest.raises(RequestRefused, match=r"Each failed job of #1's batch is queued again already, as #3"):
        await subject.retry_failed(ANN, 1)
    assert queue.writes == ["retry [1, 2]"]


class Slow(FakeQueue):
    """Others are served while it retries."""

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        await asyncio.sleep(0)
        return await super().retry(numbers)


async def test_two_presses_at_once_retry_once() -> None:
    queue = Slow(job(1, FAILED), job(2, FAILED))
    subject = requeueing(queue)
    done = await asyncio.gather(
        subject.retry_failed(ANN, 1), subject.retry_failed(ANN, 2), return_exceptions=True
    )
    assert [type(one).__name__ for one in done] == ["RetriedBatch", "RequestRefused"]
    assert queue.writes == ["retry [1, 2]"]


@pytest.mark.parametrize("end", [DONE, CANCELED, RUNNING])
async def test_a_job_whose_retry_did_not_fail_is_left_out(end: JobStatus) -> None:
    queue = FakeQueue(job(1, FAILED), job(2, FAILED))
    await requeueing(queue).retry(ANN, 1)
    queue.end(3, end)
    many = await requeueing(queue).retry_failed(ANN, 1)
    assert (many.failed, many.taken) == (1, 1)
    assert queue.writes[-1] == "retry [2]"


async def test_of_retries_that_failed_too_only_the_newest_is_retried() -> None:
    queue = FakeQueue(job(1, FAILED))
    for retry in (2, 3):
        await requeueing(queue).retry(ANN, retry - 1)
        queue.end(retry, FAILED)
    many = await requeueing(queue).retry_failed(ANN, 1)
    assert (many.failed, many.new) == (1, (4,))
    assert queue.writes[-1] == "retry [3]"


async def test_a_retry_that_stands_behind_a_page_of_newer_jobs_is_found() -> None:
    queue = FakeQueue(job(1, FAILED))
    await requeueing(queue).retry(ANN, 1)
    later = MORNING + timedelta(hours=1)
    for number in range(3, 3 + 2 * NEWEST):
        queue.items[number] = replace(job(number, WAITING, batch="another"), created_at=later)
    with pytest.raises(RequestRefused, match="queued again already, as #2"):
        await requeueing(queue).retry_failed(ANN, 1)


async def test_a_canceled_job_whose_retry_failed_and_was_retried_is_left_out() -> None:
    queue = FakeQueue(job(1, CANCELED), job(2, WAITING))
    subject = requeueing(queue)
    await subject.retry(ANN, 1)
    queue.end(3, FAILED)
    queue.items[2] = replace(queue.items[2], status=FAILED, completed_at=MORNING + timedelta(hours=1))
    queue.items[4] = replace(
        queue.items[3], number=4, status=WAITING, created_at=MORNING + timedelta(hours=2)
    )
    many = await subject.retry_failed(ANN, 2)
    assert (many.failed, many.taken) == (1, 1)
    assert queue.writes[-1] == "retry [2]"


async def test_a_second_retry_of_a_job_stands_for_the_first_however_early_it_was_asked_for() -> None:
    queue = FakeQueue(job(1, CANCELED))
    subject = requeueing(queue)
    await subject.retry(ANN, 1)
    await queue.retry([1])  # at InvokeAI itself
    queue.items[2] = replace(queue.items[2], status=FAILED, completed_at=MORNING + timedelta(hours=1))
    with pytest.raises(RequestRefused, match="queued again already, as #3"):
        await subject.retry_failed(ANN, 1)


async def test_what_was_queued_before_the_first_failure_is_not_read_whole() -> None:
    jobs = [job(number, DONE, completed_at=MORNING) for number in range(1, 200)]
    failed = job(200, FAILED, completed_at=MORNING + timedelta(minutes=1))
    queue = FakeQueue(*jobs, failed)
    await requeueing(queue).retry_failed(ANN, 200)
    assert {one for one in queue.asked if one.startswith("job ")} == {"job 200"}
    assert len([one for one in queue.asked if one.startswith("jobs ")]) == 3


def failures(*alike: Failure) -> FakeQueue:
    return FakeQueue(*(job(number, FAILED, failure=one) for number, one in enumerate(alike, 1)))


async def test_retry_alike_takes_only_jobs_that_failed_for_the_same_reason() -> None:
    other_size = Failure("OutOfMemoryError", "CUDA out of memory. Tried to allocate 3 GiB", "")
    queue = failures(OUT_OF_MEMORY, GONE, other_size)
    many = await requeueing(queue).retry_alike(ANN, 1, 2)
    assert (many.failed, many.new) == (2, (4, 5))
    assert queue.writes == ["retry [1, 3]"]


async def test_retry_alike_takes_as_many_as_its_button_says_from_its_job_on() -> None:
    queue = failures(*[OUT_OF_MEMORY] * 6)
    many = await requeueing(queue).retry_alike(ANN, 3, 2)
    assert many.taken == 2
    assert queue.writes == ["retry [3, 4]"]


async def test_retry_alike_retries_what_failed_alike_again_in_the_place_of_its_original() -> None:
    queue = failures(OUT_OF_MEMORY, OUT_OF_MEMORY)
    subject = requeueing(queue)
    await subject.retry(ANN, 1)
    queue.end(3, FAILED, OUT_OF_MEMORY)
    many = await subject.retry_alike(ANN, 1, 2)
    assert (many.failed, many.taken) == (2, 2)
    assert queue.writes[-1] == "retry [2, 3]"


async def test_retry_alike_leaves_out_a_retry_that_failed_for_another_reason() -> None:
    queue = failures(OUT_OF_MEMORY, OUT_OF_MEMORY)
    subject = requeueing(queue)
    await subject.retry(ANN, 1)
    queue.end(3, FAILED, GONE)
    await subject.retry_alike(ANN, 1, 2)
    assert queue.writes[-1] == "retry [2]"


async def test_the_vram_is_freed_before_the_retry() -> None:
    queue = FakeQueue(job(1, FAILED))
    one = await requeueing(queue).free_and_retry(ANN, 1)
    assert (one.before.number, one.after) == (1, queue.items[2])
    assert queue.writes[0] == "free_vram"
    assert len(queue.writes) == 2


async def test_nothing_is_freed_for_a_job_that_can_not_be_retried() -> None:
    queue = FakeQueue(job(1, DONE), job(2, FAILED))
    with pytest.raises(RequestRefused, match="only failed and canceled"):
        await requeueing(queue).free_and_retry(ANN, 1)
    lost = FakeReruns(queue)
    lost.lost = {2}
    with pytest.raises(InvokeAIRefused):
        await Requeueing(queue, lost, FakeDesk(queue), lambda most: most - 1).free_and_retry(ANN, 2)
    assert queue.writes == []


async def test_a_smaller_job_is_a_new_one_and_only_of_one_that_failed_or_was_canceled() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, DONE))
    done = await requeueing(queue).smaller(ANN, 1)
    assert done.smaller.submitted.numbers == (3,)
    assert done.after.pending == 1
    with pytest.raises(RequestRefused, match="only failed and canceled"):
        await requeueing(queue).smaller(ANN, 2)


async def test_a_retry_is_asked_for_by_who_pressed_and_its_new_number_is_kept() -> None:
    queue = FakeQueue(job(1, FAILED), job(2, FAILED), job(3, CANCELED, batch="b2"))
    desk = FakeDesk(queue)
    subject = Requeueing(queue, FakeReruns(queue), desk, lambda most: most - 1)
    await subject.retry(ANN, 3)
    await subject.retry_failed(ANN, 1)
    await subject.smaller(ANN, 3)
    assert desk.asked == [(ANN, 1, False), (ANN, 2, False), (ANN, 1, False)]
    assert desk.named == {3: 4}
