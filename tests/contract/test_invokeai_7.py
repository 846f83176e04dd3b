"""InvokeAI 7, which nobody has run yet: the sandbox plays it from its source."""

import random
from collections.abc import AsyncIterator

import aiohttp
import pytest
from ear import Ear
from person import Person, draw, several
from servers import TO_COME, SandboxServer

from bot.domain.jobs import Job, JobStatus, Output, OutputKind, Purpose
from bot.invokeai.client import InvokeAIClient
from sandbox.invokeai.studio import Studio

PICTURE = OutputKind.PICTURE
BATCH = "/api/v1/queue/default/enqueue_batch"


@pytest.fixture
async def server() -> AsyncIterator[SandboxServer]:
    sandbox = SandboxServer(TO_COME)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def done(client: InvokeAIClient, ear: Ear, number: int) -> Job:
    await ear.until_job(number, JobStatus.COMPLETED)
    return await client.job(number)


async def test_a_job_of_its_page_is_read_and_queued_again_under_our_origin(
    client: InvokeAIClient, ear: Ear, server: SandboxServer, http: aiohttp.ClientSession
) -> None:
    body = Studio(random.Random(1), seconds=0.1).of_page_7()
    async with http.post(f"{server.address.url}{BATCH}", json=body) as answer:
        [number] = (await answer.json())["item_ids"]
    job = await done(client, ear, number)
    nodes = body["batch"]["graph"]["nodes"]
    assert job.origin == body["batch"]["origin"]
    assert job.recipe is not None
    assert (job.recipe.seed, len(job.images)) == (nodes["seed"]["value"], 1)
    body = await client.reruns.again(number, [77, 78], "a hen", chosen=True)
    taken = await client.batches.send(body, f"again {number}")
    assert taken.numbers == (number + 1, number + 2)
    for place, seed in enumerate(body.seeds, 1):
        again = await done(client, ear, number + place)
        assert again.origin == "invokeai-discord"
        assert again.recipe is not None
        assert (again.recipe.seed, again.recipe.prompt) == (seed, "a hen")


async def test_its_utilities_are_silent(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    [number] = (await person.enqueue(draw(), origin="webv2:util:9d1c")).numbers
    job = await done(client, ear, number)
    assert (job.purpose, job.silent) == (Purpose.UTILITY, True)


async def test_a_picture_that_was_deleted_is_called_deleted(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    [number] = (await person.enqueue(draw())).numbers
    [name] = (await done(client, ear, number)).images
    await person.delete_image(name)
    job = await client.job(number)
    assert job.images == ()
    assert job.outputs == (Output(PICTURE, deleted=True),)


async def test_of_several_pictures_those_are_there_that_were_not_deleted(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    [number] = (await person.enqueue(several(3))).numbers
    first, *others = (await done(client, ear, number)).images
    await person.delete_image(first)
    assert list((await client.job(number)).images) == others


async def test_new_jobs_are_named_oldest_first(server: SandboxServer, http: aiohttp.ClientSession) -> None:
    body = {"batch": {"graph": draw(), "runs": 3}}
    async with http.post(f"{server.address.url}{BATCH}", json=body) as answer:
        assert (await answer.json())["item_ids"] == [1, 2, 3]
