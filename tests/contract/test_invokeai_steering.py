"""What a queue can be told to do: at a real InvokeAI of each kind and at the sandbox's families."""

import pytest
from ear import Ear
from person import Person, draw, picture
from servers import Address

from bot.domain.jobs import JobStatus
from bot.errors import JobUnknown, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.socket.events import JobsQueued, QueueChanged

LONG = {"seconds": 3, "steps": 30}


async def statuses(client: InvokeAIClient, numbers: tuple[int, ...]) -> set[JobStatus]:
    return {(await client.job(number)).status for number in numbers}


async def test_a_running_job_can_be_cancelled(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(seconds=3, steps=30))).numbers
    await ear.until_job(number, JobStatus.IN_PROGRESS)
    assert (await client.cancel(number)).status is JobStatus.CANCELED
    await ear.until_job(number, JobStatus.CANCELED)


async def test_a_waiting_job_can_be_cancelled(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    first, second = (await person.enqueue(draw(), runs=2)).numbers
    assert (await client.cancel(second)).status is JobStatus.CANCELED
    assert (await client.job(first)).status is JobStatus.PENDING


async def test_a_finished_job_stays_finished_when_cancelled(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.cancel(number)
    assert job.status is JobStatus.COMPLETED
    assert len(job.images) == 1


async def test_an_unknown_job_is_unknown(client: InvokeAIClient, person: Person) -> None:
    with pytest.raises(JobUnknown, match="Job #999999 isn"):
        await client.job(999999)
    with pytest.raises(JobUnknown, match="Job #999999 isn"):
        await client.cancel(999999)


async def test_pause_and_resume_tell_what_is(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    assert (await client.pause()).paused
    assert (await client.pause()).paused
    (number,) = (await person.enqueue(draw())).numbers
    assert (await client.status()).pending == 1
    assert not (await client.resume()).paused
    await ear.until_job(number, JobStatus.COMPLETED)


async def test_pause_lets_the_running_job_end(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    running, waiting = (await person.enqueue(draw(seconds=0.5, steps=5), runs=2)).numbers
    await ear.until_job(running, JobStatus.IN_PROGRESS)
    assert (await client.pause()).paused
    await ear.until_job(running, JobStatus.COMPLETED)
    assert (await client.job(waiting)).status is JobStatus.PENDING


async def test_a_batch_is_cancelled_and_others_stay(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    batch = await person.enqueue(draw(), runs=3)
    (other,) = (await person.enqueue(draw())).numbers
    assert await client.cancel_batch(batch.batch_id) == 3
    assert {(await client.job(number)).status for number in batch.numbers} == {JobStatus.CANCELED}
    assert (await client.job(other)).status is JobStatus.PENDING


async def test_a_batch_is_cancelled_with_the_job_that_runs(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    batch = await person.enqueue(draw(**LONG), runs=3)
    await ear.until_job(batch.numbers[0], JobStatus.IN_PROGRESS)
    assert await client.cancel_batch(batch.batch_id) == 3
    assert await statuses(client, batch.numbers) == {JobStatus.CANCELED}


async def test_what_goes_to_one_destination_is_cancelled_and_others_stay(
    client: InvokeAIClient, person: Person
) -> None:
    await client.pause()
    staged = await person.enqueue(draw(), runs=3, destination="canvas:42")
    gallery = await person.enqueue(draw(), destination="gallery")
    assert await client.cancel_destination("canvas:42") == 3
    assert await statuses(client, staged.numbers) == {JobStatus.CANCELED}
    assert await statuses(client, gallery.numbers) == {JobStatus.PENDING}
    assert await client.cancel_destination("nowhere") == 0


async def test_a_destination_is_cancelled_with_the_job_that_runs(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    staged = await person.enqueue(draw(**LONG), runs=3, destination="canvas:42")
    await ear.until_job(staged.numbers[0], JobStatus.IN_PROGRESS)
    assert await client.cancel_destination("canvas:42") == 3
    assert await statuses(client, staged.numbers) == {JobStatus.CANCELED}


async def test_cancelling_what_waits_lets_the_running_job_run(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    running, *waiting = (await person.enqueue(draw(seconds=1, steps=10), runs=4)).numbers
    await ear.until_job(running, JobStatus.IN_PROGRESS)
    assert await client.cancel_waiting() == 3
    assert {(await client.job(number)).status for number in waiting} == {JobStatus.CANCELED}
    await ear.until_job(running, JobStatus.COMPLETED)


async def test_cancelling_many_jobs_is_seen_in_the_queue_where_no_event_tells_it(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    await client.pause()
    numbers = (await person.enqueue(draw(), runs=2)).numbers
    await ear.until(lambda event: event == JobsQueued())
    ear.heard.clear()
    await client.cancel_waiting()
    if invokeai.can("bulk_cancel_is_told"):
        await ear.until(lambda event: event == QueueChanged())
    jobs = await client.jobs_changed(max(numbers), numbers)
    assert {job.number for job in jobs if job.status is JobStatus.CANCELED} == set(numbers)


async def test_what_a_person_cancels_is_not_called_interrupted(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    running, after, waiting = (await person.enqueue(draw(seconds=1, steps=2), runs=3)).numbers
    await client.cancel(waiting)
    await ear.until_job(running, JobStatus.IN_PROGRESS)
    await person.cancel(running)
    told_at_once = await client.job(running)
    await ear.until_job(after, JobStatus.COMPLETED)
    told = [told_at_once, await client.job(running), await client.job(waiting)]
    assert [(job.status, job.interrupted) for job in told] == [(JobStatus.CANCELED, False)] * 3


async def test_the_running_job_and_the_next_are_told(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    first, second = (await person.enqueue(draw(seconds=3, steps=30), runs=2)).numbers
    await ear.until_job(first, JobStatus.IN_PROGRESS)
    current, upcoming = await client.current(), await client.next()
    assert current is not None
    assert (current.number, current.status) == (first, JobStatus.IN_PROGRESS)
    assert upcoming is not None
    assert (upcoming.number, upcoming.status) == (second, JobStatus.PENDING)
    status = await client.status()
    assert (status.in_progress, status.pending, status.processing) == (1, 1, True)


async def test_what_runs_is_told_and_what_waits_is_not(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    assert await client.running() == []
    first, _ = (await person.enqueue(draw(**LONG), runs=2)).numbers
    await ear.until_job(first, JobStatus.IN_PROGRESS)
    (job,) = await client.running()
    assert (job.number, job.status) == (first, JobStatus.IN_PROGRESS)


async def test_a_retried_job_names_its_original(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    (number,) = (await person.enqueue(draw(fail_at_step=1))).numbers
    await ear.until_job(number, JobStatus.FAILED)
    if not invokeai.can("retry"):
        with pytest.raises(OperationMissing):
            await client.retry([number])
        return
    assert await client.retry([number]) == (number,)
    await ear.until_job(number + 1, JobStatus.FAILED)
    retried = await client.job(number + 1)
    assert retried.retried_from == number
    assert retried.batch_id == (await client.job(number)).batch_id


async def test_only_what_failed_or_was_cancelled_is_retried(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    (done,) = (await person.enqueue(draw())).numbers
    await ear.until_job(done, JobStatus.COMPLETED)
    await client.pause()
    (canceled,) = (await person.enqueue(draw())).numbers
    await client.cancel(canceled)
    if not invokeai.can("retry"):
        with pytest.raises(OperationMissing):
            await client.retry([done, canceled])
        return
    assert await client.retry([done, canceled]) == (canceled,)
    new = await client.jobs_changed(canceled, [])
    assert [job.status for job in new] == [JobStatus.PENDING]


async def test_a_batch_s_failed_jobs_are_found_and_retried(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    fails = [{"node_path": "draw", "field_name": "fail_at_step", "items": [1, -1, 1]}]
    batch = await person.enqueue(draw(), data=[fails])
    (other,) = (await person.enqueue(draw(fail_at_step=1))).numbers
    await ear.until_job(other, JobStatus.FAILED)
    failed = [job.number for job in await client.failed_of(batch.batch_id)]
    assert len(failed) == 2
    assert set(failed) < set(batch.numbers)
    if not invokeai.can("retry"):
        with pytest.raises(OperationMissing):
            await client.retry(failed)
        return
    assert set(await client.retry(failed)) == set(failed)
    retried = [await client.job(job.number) for job in await client.jobs_changed(other, [])]
    assert {job.retried_from for job in retried} == set(failed)
    assert {job.batch_id for job in retried} == {batch.batch_id}


async def test_clear_leaves_nothing(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    running, *waiting = (await person.enqueue(draw(**LONG), runs=3)).numbers
    await ear.until_job(running, JobStatus.IN_PROGRESS)
    assert await client.clear() == 3
    assert (await client.jobs()).jobs == ()
    assert await client.running() == []
    for number in (running, *waiting):
        with pytest.raises(JobUnknown, match=f"Job #{number} isn"):
            await client.job(number)


async def test_prune_removes_what_has_ended_and_nothing_else(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (done,) = (await person.enqueue(picture())).numbers
    (failed,) = (await person.enqueue(draw(fail_at_step=1))).numbers
    await ear.until_job(failed, JobStatus.FAILED)
    await client.pause()
    canceled, waiting = (await person.enqueue(draw(), runs=2)).numbers
    await client.cancel(canceled)
    assert await client.prune() == 3
    assert [job.number for job in (await client.jobs()).jobs] == [waiting]
    with pytest.raises(JobUnknown):
        await client.job(done)
    assert await client.prune() == 0
