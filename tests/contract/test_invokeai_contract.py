"""What the bot relies on, at a real InvokeAI and at the sandbox's."""

import base64

import pytest
from conftest import Address
from ear import Ear
from person import Person, draw, picture, several

from bot.errors import ImageUnusable, JobUnknown
from bot.events import JobStatus, Progress, Recipe
from bot.invokeai import InvokeAIClient, JobChanged, QueueChanged
from bot.invokeai.signals import JobsQueued

FAR = 25 * 1024 * 1024


async def test_it_tells_its_version(client: InvokeAIClient, invokeai: Address) -> None:
    info = await client.connect()
    assert (info.server, info.version) == ("studio", invokeai.version)
    assert client.info == info
    assert await client.token() is None


async def test_an_empty_queue_has_nothing_to_tell(client: InvokeAIClient, person: Person) -> None:
    status = await client.status()
    assert (status.pending, status.in_progress, status.waiting, status.completed) == (0, 0, 0, 0)
    assert (status.failed, status.canceled, status.paused) == (0, 0, False)
    assert await client.current() is None
    assert await client.next() is None
    assert await client.latest() is None
    assert (await client.jobs()).jobs == ()
    assert await client.baseline() == (0, [])


async def test_a_finished_job_is_told_and_has_its_image_and_recipe(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    enqueued = await person.enqueue(picture(), origin="generate", destination="gallery")
    (number,) = enqueued.numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert (job.server, job.number, job.status) == ("studio", number, JobStatus.COMPLETED)
    assert (job.batch_id, job.origin, job.destination) == (enqueued.batch_id, "generate", "gallery")
    assert job.recipe == Recipe(
        prompt="a red fox in snow",
        negative_prompt="blurry",
        model="Juggernaut XL v9",
        seed=1234,
        width=64,
        height=32,
        steps=30,
        cfg_scale=7.5,
        scheduler="euler",
    )
    assert job.failure is None
    assert job.user is None
    assert job.started_at is not None
    assert job.completed_at is not None
    assert job.created_at <= job.started_at <= job.completed_at
    (image,) = job.images
    assert await client.image(image, FAR) == await person.file(image)


async def test_signals_come_in_the_order_of_a_job(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    told = [event for event in ear.heard if isinstance(event, JobChanged)]
    assert [event.status for event in told] == [JobStatus.IN_PROGRESS, JobStatus.COMPLETED]
    assert {event.number for event in told} == {number}
    assert ear.heard.index(JobsQueued()) < ear.heard.index(told[0])


async def test_progress_comes_with_a_preview(person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(steps=2))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    progress = [event for event in ear.heard if isinstance(event, Progress) and event.share is not None]
    assert sorted({event.share or 0 for event in progress}) == [0.5, 1.0]  # 6.13 repeats some
    assert {(event.server, event.number) for event in progress} == {("studio", number)}
    preview = progress[0].preview
    assert preview is not None
    head, _, data = preview.partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(data).startswith(b"\xff\xd8")


async def test_a_job_without_metadata_has_no_recipe(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert len(job.images) == 1
    assert job.recipe is None


async def test_a_collection_counts_each_image_once(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(several(3))).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert len(set(job.images)) == len(job.images) == 3


async def test_a_failed_job_brings_its_traceback(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(fail_at_step=2))).numbers
    await ear.until_job(number, JobStatus.FAILED)
    failure = (await client.job(number)).failure
    assert failure is not None
    assert failure.error_type == "RuntimeError"
    assert failure.message == "sandbox_draw was told to fail at step 2"
    assert failure.traceback.startswith("Traceback (most recent call last):")
    assert failure.traceback.rstrip().endswith("RuntimeError: sandbox_draw was told to fail at step 2")


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


async def test_a_waiting_job_has_the_recipe_of_its_graph(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    (number,) = (await person.enqueue(picture(seed=77))).numbers
    job = await client.job(number)
    assert job.status is JobStatus.PENDING
    assert job.images == ()
    assert job.recipe is not None
    assert (job.recipe.prompt, job.recipe.seed) == ("a red fox in snow", 77)


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
    with pytest.raises(JobUnknown, match="no job #999999"):
        await client.job(999999)
    with pytest.raises(JobUnknown, match="no job #999999"):
        await client.cancel(999999)


async def test_pause_and_resume_tell_what_is(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    assert (await client.pause()).paused
    assert (await client.pause()).paused
    (number,) = (await person.enqueue(draw())).numbers
    assert (await client.status()).pending == 1
    assert not (await client.resume()).paused
    await ear.until_job(number, JobStatus.COMPLETED)


async def test_a_batch_is_cancelled_and_others_stay(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    batch = await person.enqueue(draw(), runs=3)
    (other,) = (await person.enqueue(draw())).numbers
    assert await client.cancel_batch(batch.batch_id) == 3
    assert {(await client.job(number)).status for number in batch.numbers} == {JobStatus.CANCELED}
    assert (await client.job(other)).status is JobStatus.PENDING


async def test_cancelling_what_waits_lets_the_running_job_run(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    running, *waiting = (await person.enqueue(draw(seconds=1, steps=10), runs=4)).numbers
    await ear.until_job(running, JobStatus.IN_PROGRESS)
    assert await client.cancel_waiting() == 3
    assert {(await client.job(number)).status for number in waiting} == {JobStatus.CANCELED}
    await ear.until_job(running, JobStatus.COMPLETED)


async def test_cancelling_many_jobs_asks_to_look_at_the_queue(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    if invokeai.older_than("6.14"):
        pytest.skip("older servers say nothing when waiting jobs are cancelled together")
    await client.pause()
    await person.enqueue(draw(), runs=2)
    await ear.until(lambda event: event == JobsQueued())
    ear.heard.clear()
    await client.cancel_waiting()
    await ear.until(lambda event: event == QueueChanged())


async def test_the_latest_job_is_the_one_that_ended_last(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    await client.pause()
    first, last = (await person.enqueue(picture(), runs=2)).numbers
    (prepended,) = (await person.enqueue(draw(fail_at_step=1), prepend=True)).numbers
    await client.resume()
    await ear.until_job(last, JobStatus.COMPLETED)
    latest, failed = await client.latest(), await client.latest(JobStatus.FAILED)
    assert prepended > last > first
    assert latest is not None
    assert (latest.number, len(latest.images)) == (last, 1)
    assert failed is not None
    assert failed.number == prepended
    assert failed.failure is not None
    assert await client.latest(JobStatus.CANCELED) is None


async def test_many_jobs_are_paged_from_the_newest_down(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    numbers = (await person.enqueue(draw(), runs=250)).numbers
    assert await client.cancel_waiting() == 250
    await person.enqueue(draw())
    seen: list[int] = []
    before: int | None = None
    for size in (100, 100, 50):
        page = await client.jobs(before=before, status=JobStatus.CANCELED, limit=100)
        assert len(page.jobs) == size
        seen += [job.number for job in page.jobs]
        before = page.before
    assert before is None
    assert seen == sorted(numbers, reverse=True)


async def test_what_changed_is_found_without_history(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    old, unfinished, gone = (await person.enqueue(draw(), runs=3)).numbers
    await client.cancel(old)
    new = (await person.enqueue(draw(), runs=2)).numbers
    jobs = await client.jobs_changed(gone, [unfinished, 999_999])
    assert [job.number for job in jobs] == [unfinished, *new]
    assert {job.status for job in jobs} == {JobStatus.PENDING}
    assert {job.session_id for job in jobs} == {None}


async def test_the_baseline_is_the_highest_number_and_all_that_is_unfinished(
    client: InvokeAIClient, person: Person
) -> None:
    await client.pause()
    numbers = (await person.enqueue(draw(), runs=150)).numbers
    deep = numbers[3]
    for batch in [await person.enqueue(draw(), prepend=True)]:
        await client.cancel(batch.numbers[0])
    highest, unfinished = await client.baseline()
    assert highest == max(numbers) + 1
    assert [job.number for job in unfinished] == sorted(numbers)
    assert deep in {job.number for job in unfinished}


async def test_an_image_that_is_gone_or_too_large_is_unusable(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (number,) = (await person.enqueue(draw())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    (image,) = (await client.job(number)).images
    with pytest.raises(ImageUnusable, match="larger than 100 bytes"):
        await client.image(image, 100)
    await person.delete_image(image)
    with pytest.raises(ImageUnusable, match="any more"):
        await client.image(image, FAR)
    assert (await client.job(number)).images == (image,)


async def test_a_retried_job_names_its_original(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    (number,) = (await person.enqueue(draw(fail_at_step=1))).numbers
    await ear.until_job(number, JobStatus.FAILED)
    await person.retry(number)
    await ear.until_job(number + 1, JobStatus.FAILED)
    assert (await client.job(number + 1)).retried_from == number
