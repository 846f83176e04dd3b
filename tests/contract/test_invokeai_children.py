"""A job that calls a saved workflow has a child, from 6.14: its picture is told once."""

import pytest
from ear import Ear
from person import Person, draw
from saved_workflows import as_workflow, calling, returning
from servers import SandboxServer, Server, everywhere

from bot.domain.jobs import JobStatus
from bot.invokeai.client import InvokeAIClient

pytestmark = pytest.mark.parametrize("server", everywhere("saved_workflows"), indirect=True)
SLOW = returning(draw(seconds=0.5, steps=5))


async def saved(server: Server, person: Person) -> str:
    """The id of SLOW, saved."""
    if isinstance(server, SandboxServer):
        server.sandbox.save_workflow("slow", SLOW)
        return "slow"
    return await person.save_workflow(as_workflow(SLOW))


async def test_the_parent_waits_for_its_child_and_the_picture_is_the_child_s(
    server: Server, client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (parent,) = (await person.enqueue(calling(await saved(server, person)))).numbers
    child = parent + 1
    await ear.until_job(child, JobStatus.IN_PROGRESS)
    assert (await client.status()).waiting == 1
    waiting = await client.job(parent)
    assert (waiting.status, waiting.parent) == (JobStatus.WAITING, None)
    assert [job.number for job in await client.running()] == [child]
    await ear.until_job(parent, JobStatus.COMPLETED)
    told = {number: await client.job(number) for number in (parent, child)}
    assert told[child].parent == parent
    assert told[child].batch_id == told[parent].batch_id
    assert len(told[child].images) == 1
    assert told[parent].images in {(), told[child].images}  # never a second picture


async def test_a_child_s_parent_stands_in_the_list(
    server: Server, client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    (parent,) = (await person.enqueue(calling(await saved(server, person)))).numbers
    await ear.until_job(parent, JobStatus.COMPLETED)
    listed = {job.number: job.parent for job in await client.jobs_changed(parent - 1, [])}
    assert listed == {parent: None, parent + 1: parent}


async def test_a_child_that_fails_fails_its_parent(
    server: Server, client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    broken = returning(draw(fail_at_step=1))
    if isinstance(server, SandboxServer):
        server.sandbox.save_workflow("broken", broken)
        workflow_id = "broken"
    else:
        workflow_id = await person.save_workflow(as_workflow(broken))
    (parent,) = (await person.enqueue(calling(workflow_id))).numbers
    await ear.until_job(parent, JobStatus.FAILED)
    child = await client.job(parent + 1)
    assert child.failure is not None
    assert child.failure.message == "sandbox_draw was told to fail at step 1"
    assert (await client.job(parent)).failure is not None
