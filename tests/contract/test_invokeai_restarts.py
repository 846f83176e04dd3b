"""What a restart, a power cut or a new database leaves behind, at each InvokeAI."""

import asyncio

import pytest
from ear import Ear
from person import Person, draw
from servers import Server

from bot.domain.jobs import Job, JobStatus
from bot.errors import InvokeAIUnavailable, JobUnknown
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.socket.events import Connected, Disconnected


async def end_of(client: InvokeAIClient, number: int) -> Job:
    async with asyncio.timeout(15):
        while not (job := await client.job(number)).status.finished:  # noqa: ASYNC110 - it ends in another process
            await asyncio.sleep(0.05)
        return job


async def test_a_power_cut_interrupts_the_running_job_and_the_others_go_on(
    server: Server, client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    called_off, cut, after = (await person.enqueue(draw(seconds=1, steps=10), runs=3)).numbers
    await ear.until_job(called_off, JobStatus.IN_PROGRESS)
    await person.cancel(called_off)
    await ear.until_job(cut, JobStatus.IN_PROGRESS)
    await server.kill()
    await ear.until(lambda event: isinstance(event, Disconnected))
    with pytest.raises(InvokeAIUnavailable):
        await client.status()
    ear.heard.clear()
    await server.start()
    await ear.until(lambda event: event == Connected(), seconds=30)
    found = {job.number: job for job in await client.jobs_changed(cut - 1, [called_off, cut])}
    if server.address.can("interrupted_jobs_stay"):
        assert found[cut].status is JobStatus.CANCELED
        job = await client.job(cut)
        assert (job.status, job.interrupted, job.images) == (JobStatus.CANCELED, True, ())
        assert not (await client.job(called_off)).interrupted
    else:
        assert set(found) == {after}
        with pytest.raises(JobUnknown):
            await client.job(cut)
    ended = await end_of(client, after)
    assert (ended.status, ended.interrupted, len(ended.images)) == (JobStatus.COMPLETED, False, 1)


async def test_a_new_database_counts_from_one_again(
    server: Server, client: InvokeAIClient, person: Person
) -> None:
    (number,) = (await person.enqueue(draw(seconds=0.05))).numbers
    before = await end_of(client, number)
    await server.kill()
    await server.new_database()
    await server.start()
    assert await client.baseline() == (0, [])
    assert (await person.enqueue(draw(seconds=0.05))).numbers == (1,)
    assert (await end_of(client, 1)).session_id != before.session_id
