"""A job's videos: which operations of InvokeAI they take, beside its images."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.domain.jobs import Board
from bot.errors import ImageTooLarge, ImageUnusable, InvokeAIRefused, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.videos import clip, first_frame

GONE = "gone.mp4"
BATCH = "/api/v1/queue/default/enqueue_batch"


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxInvokeAI]:
    server = SandboxInvokeAI()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(sandbox: SandboxInvokeAI, http: aiohttp.ClientSession) -> InvokeAIClient:
    client = InvokeAIClient(http, Endpoint(sandbox.url), "studio")
    await client.connect()
    return client


def video(sandbox: SandboxInvokeAI) -> str:
    metadata = {"positive_prompt": "a running horse"}
    return sandbox.videos.add(
        clip(), is_intermediate=False, session_id="s", node_id="n", metadata=metadata
    ).video_name


def image(sandbox: SandboxInvokeAI) -> str:
    sandbox.seed_history(1)
    return sandbox.images.listed(is_intermediate=None, starred_first=False, newest_first=True)[0].image_name


async def test_a_video_and_its_first_frame_come_byte_for_byte(
    sandbox: SandboxInvokeAI, client: InvokeAIClient
) -> None:
    name = video(sandbox)
    assert await client.image(name, 1_000_000) == clip()
    assert await client.thumbnail(name, 1_000_000) == first_frame()
    with pytest.raises(ImageTooLarge, match=f"The video {name} is larger than 100 bytes") as raised:
        await client.image(name, 100)
    assert raised.value.size == len(clip())
    with pytest.raises(ImageUnusable, match=f"InvokeAI has no video {GONE} any more"):
        await client.image(GONE, 1_000_000)


async def test_a_job_that_starts_from_a_deleted_video_is_not_queued_again(
    sandbox: SandboxInvokeAI, client: InvokeAIClient
) -> None:
    [number] = sandbox.seed_history(1)
    graph = sandbox.queue.items[number].session["graph"]
    graph["nodes"]["canvas_output:1"]["videos"] = [{"video_name": video(sandbox)}, {"video_name": GONE}]
    with pytest.raises(InvokeAIRefused, match=f"#{number} starts from a video that is gone from InvokeAI"):
        await client.reruns.again(number, [5])


async def test_an_empty_file_is_no_video(sandbox: SandboxInvokeAI, client: InvokeAIClient) -> None:
    name = video(sandbox)
    sandbox.videos.find(name).mp4 = b""
    with pytest.raises(ImageUnusable, match=f"InvokeAI's file of the video {name} is empty"):
        await client.image(name, 1_000_000)


async def test_images_and_videos_are_starred_and_deleted_together(
    sandbox: SandboxInvokeAI, client: InvokeAIClient
) -> None:
    names = [image(sandbox), video(sandbox), GONE, "gone.png"]
    assert await client.gallery.star(names, True) == 2
    assert sandbox.images.find(names[0]).starred
    assert sandbox.videos.find(names[1]).starred
    assert await client.gallery.starred(names[1])
    assert await client.gallery.star(names[1:], False) == 1
    assert not await client.gallery.starred(names[1])
    assert await client.gallery.delete_images(names) == 2
    assert sandbox.videos.known(names) == []
    assert sandbox.images.known(names) == []


async def test_images_and_videos_are_moved_together(sandbox: SandboxInvokeAI, client: InvokeAIClient) -> None:
    board = sandbox.boards.create("Foxes").board_id
    names = [image(sandbox), video(sandbox), GONE]
    assert await client.gallery.boards() == [Board(board, "Foxes")]
    assert await client.gallery.move(names, board) == 2
    assert sandbox.images.find(names[0]).board_id == board
    assert sandbox.videos.find(names[1]).board_id == board
    with pytest.raises(InvokeAIRefused, match="That board is gone"):
        await client.gallery.move(names[1:2], "gone")


async def test_an_invokeai_without_videos_is_told_as_that(http: aiohttp.ClientSession) -> None:
    sandbox = SandboxInvokeAI(version="6.13.5")
    await sandbox.start()
    client = InvokeAIClient(http, Endpoint(sandbox.url), "studio")
    await client.connect()
    for order in (client.gallery.star([GONE], True), client.gallery.delete_images([GONE])):
        with pytest.raises(
            OperationMissing, match=r"^This InvokeAI can't .* videos.*; a newer version may\.$"
        ):
            await order
    await sandbox.stop()


async def test_a_job_s_video_is_found_and_its_metadata_tell_the_prompt(
    sandbox: SandboxInvokeAI, client: InvokeAIClient, http: aiohttp.ClientSession
) -> None:
    node = {"id": "a", "type": "sandbox_film", "seconds": 0, "prompt": ""}
    body = {"batch": {"graph": {"nodes": {"a": node}}}}
    async with http.post(f"{sandbox.url}{BATCH}", json=body) as answer:
        [number] = (await answer.json())["item_ids"]
    while not (await client.job(number)).status.finished:
        pass
    [name] = (await client.job(number)).images
    sandbox.videos.find(name).metadata = {"positive_prompt": "a running horse"}
    job = await client.job(number)
    assert job.recipe is not None
    assert job.recipe.prompt == "a running horse"
