"""Looking through a queue: at a real InvokeAI of each kind and at the sandbox's families."""

import aiohttp
from ear import Ear
from person import Person, draw, picture
from servers import Address

from bot.domain.jobs import JobStatus
from bot.invokeai.client import InvokeAIClient


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


async def test_the_list_has_prepended_jobs_by_their_number(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    numbers = (await person.enqueue(draw(), runs=60)).numbers
    (prepended,) = (await person.enqueue(draw(), prepend=True)).numbers
    page = await client.jobs(limit=10)
    assert [job.number for job in page.jobs] == [prepended, *sorted(numbers, reverse=True)[:9]]
    upcoming = await client.next()
    assert upcoming is not None
    assert upcoming.number == prepended


async def test_what_changed_is_found_without_history(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    old, unfinished, gone = (await person.enqueue(draw(), runs=3)).numbers
    await client.cancel(old)
    new = (await person.enqueue(draw(), runs=2)).numbers
    jobs = await client.jobs_changed(gone, [unfinished, 999_999])
    assert [job.number for job in jobs] == [unfinished, *new]
    assert {job.status for job in jobs} == {JobStatus.PENDING}
    assert {job.session_id for job in jobs} == {None}


async def test_jobs_that_are_gone_are_simply_absent(client: InvokeAIClient, person: Person) -> None:
    await client.pause()
    gone = (await person.enqueue(draw(), runs=3)).numbers
    await client.clear()
    (new,) = (await person.enqueue(draw())).numbers
    assert new > max(gone)
    assert [job.number for job in await client.jobs_changed(max(gone), gone)] == [new]


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


async def test_a_mistyped_queue_looks_idle_and_is_known_as_such(
    http: aiohttp.ClientSession, client: InvokeAIClient, person: Person, invokeai: Address
) -> None:
    await client.pause()
    await person.enqueue(draw())
    mistyped = InvokeAIClient(http, invokeai.url, "studio", queue_id="defualt")
    assert (await mistyped.status()).pending == 0
    assert await mistyped.unknown_queue()
    assert not await client.unknown_queue()
