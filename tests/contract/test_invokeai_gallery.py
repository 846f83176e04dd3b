"""Jobs queued again, images looked after: at a real InvokeAI of each kind and at the sandbox's families."""

from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from ear import Ear
from person import Graph, Person, draw, edge
from servers import DOCUMENTED, Address

from bot.domain.jobs import Job, JobStatus, Purpose
from bot.errors import ImageUnusable, InvokeAIRefused, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.requeue.batch import BatchBody

STAGED = "canvas_output:fxOpczF2B0"
ABLE = pytest.mark.usefixtures("able")
SEEDS = [4294967295, 0, 77]


def seeded() -> dict[str, Any]:
    """A seed node that feeds a drawing and its metadata."""
    seed = {"id": "seed:1", "type": "integer", "value": 1234}
    told = {"id": "told", "type": "core_metadata", "positive_prompt": "red fox in snow"}
    node = draw(seconds=0.01, steps=1, width=64, height=64)["nodes"]["draw"]
    wires = [("seed:1", "value", "draw", "seed"), ("seed:1", "value", "told", "seed")]
    wires.append(("told", "metadata", "draw", "metadata"))
    edges = [
        {"source": {"node_id": a, "field": b}, "destination": {"node_id": c, "field": d}}
        for a, b, c, d in wires
    ]
    nodes = {one["id"]: one | {"use_cache": False} for one in (seed, told, node)}
    return {"id": "seeded", "nodes": nodes, "edges": edges}


async def finished(client: InvokeAIClient, person: Person, ear: Ear) -> Job:
    (number,) = (await person.enqueue(seeded())).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    return await client.job(number)


@pytest.fixture
def able(invokeai: Address) -> None:
    """Where only the documented operations are, there are none of these."""
    if invokeai.family == DOCUMENTED:
        pytest.skip("only what is documented is there")


@ABLE
async def test_what_was_only_staged_is_queued_again_as_a_final_picture_of_ours(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    staged: Graph = {
        "id": "sd1_graph:a1",
        "nodes": {
            "dice": {"id": "dice", "type": "rand_int", "is_intermediate": True},
            STAGED: draw(is_intermediate=True, prompt="a fox")["nodes"]["draw"] | {"id": STAGED},
        },
        "edges": [edge("dice", "value", STAGED, "seed")],
    }
    (number,) = (await person.enqueue(staged, origin="canvas", destination="canvas:42")).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    assert (await client.job(number)).images == ()
    body = await client.reruns.again(number, [77], "a hen", chosen=True)
    assert body.seeds == (77,)
    await client.batches.send(body, f"again {uuid4()}")
    new = (await client.jobs(limit=1)).jobs[0].number
    await ear.until_job(new, JobStatus.COMPLETED)
    job = await client.job(new)
    assert (job.origin, job.destination) == ("invokeai-discord", "gallery")
    assert (job.purpose, len(job.images)) == (Purpose.FINAL, 1)
    assert job.recipe is not None
    assert (job.recipe.seed, job.recipe.prompt) == (77, "a hen")


@ABLE
async def test_a_job_queued_again_gets_each_seed_in_the_order_of_the_numbers(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    old = await finished(client, person, ear)
    body = await client.reruns.again(old.number, SEEDS)
    assert body.seeds == tuple(SEEDS)
    done = await client.batches.send(body, f"again {uuid4()}")
    assert done.count == done.requested == 3
    numbers = range(old.number + 1, old.number + 4)
    assert done.numbers in {tuple(numbers), ()}
    await ear.until_job(numbers[-1], JobStatus.COMPLETED)
    new = [await client.job(number) for number in numbers]
    assert [job.recipe and job.recipe.seed for job in new] == SEEDS
    assert {job.batch_id for job in new} == {done.batch_id}


@ABLE
async def test_an_image_is_starred_and_deleted(client: InvokeAIClient, person: Person, ear: Ear) -> None:
    [name] = (await finished(client, person, ear)).images
    gallery = client.gallery
    assert not await gallery.starred(name)
    assert await gallery.star([name], True) == 1
    assert await gallery.starred(name)
    assert await gallery.star([name], False) == 1
    assert not await gallery.starred(name)
    assert await gallery.delete_images([name]) == 1
    assert await gallery.delete_images([name]) == 0
    with pytest.raises(ImageUnusable):
        await gallery.starred(name)


@ABLE
async def test_an_image_is_moved_to_a_board(
    client: InvokeAIClient, person: Person, ear: Ear, http: aiohttp.ClientSession, invokeai: Address
) -> None:
    [name] = (await finished(client, person, ear)).images
    async with http.post(f"{invokeai.url}/api/v1/boards/", params={"board_name": "Foxes"}) as answer:
        if answer.status == 500:
            pytest.skip("with the libraries of a newer one 6.9.0 can't make a board")
        board_id = (await answer.json())["board_id"]
    assert board_id in [board.id for board in await client.gallery.boards()]
    assert await client.gallery.move([name], board_id) == 1
    async with http.get(f"{invokeai.url}/api/v1/images/i/{name}") as answer:
        assert (await answer.json())["board_id"] == board_id


@ABLE
async def test_a_job_whose_input_image_is_gone_is_not_queued_again(
    client: InvokeAIClient, person: Person, ear: Ear
) -> None:
    [name] = (await finished(client, person, ear)).images
    graph = seeded()
    graph["nodes"]["blur"] = {"id": "blur", "type": "img_blur", "image": {"image_name": name}}
    (number,) = (await person.enqueue(graph)).numbers
    await ear.until_job(number, JobStatus.COMPLETED)
    await client.reruns.check_inputs(number)
    await client.gallery.delete_images([name])
    with pytest.raises(InvokeAIRefused, match=f"#{number} starts from an image that is gone"):
        await client.reruns.again(number, [1])


async def test_what_only_documented_servers_lack_is_one_plain_sentence(
    client: InvokeAIClient, person: Person, ear: Ear, invokeai: Address
) -> None:
    if invokeai.family != DOCUMENTED:
        pytest.skip("everything is there")
    job = await finished(client, person, ear)
    for order in (
        client.batches.send(BatchBody({"graph": {}}, 1), "none"),
        client.gallery.star(job.images, True),
        client.gallery.delete_images(job.images),
        client.gallery.boards(),
        client.gallery.move(job.images, "b"),
        client.free_vram(),
    ):
        with pytest.raises(OperationMissing, match=r"a newer version may\.$"):
            await order
