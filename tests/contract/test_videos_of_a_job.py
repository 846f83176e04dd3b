"""Videos, from 6.14: made by InvokeAI's own node at a real server, and by the sandbox's at the sandbox."""

import aiohttp
import pytest
from ear import Ear
from person import Graph, Person, edge
from servers import SandboxServer, Server, everywhere

from bot.domain.jobs import Job, JobStatus, Output, OutputKind, Purpose
from bot.errors import ImageUnusable
from bot.images.picture import is_video, sniff
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import Connected
from sandbox.invokeai.videos import clip

pytestmark = pytest.mark.parametrize("server", everywhere("videos"), indirect=True)
FAR = 25 * 1024 * 1024
TOLD = {"positive_prompt": "a running horse", "seed": 7, "width": 320, "height": 180}


@pytest.fixture
async def client(http: aiohttp.ClientSession, server: Server) -> InvokeAIClient:
    client = InvokeAIClient(http, Endpoint(server.address.url), "studio")
    await client.connect()
    return client


async def film(http: aiohttp.ClientSession, server: Server) -> Graph:
    """Of two uploads one video; the sandbox takes no uploads and films by itself."""
    node = {"id": "film", "type": "sandbox_film", "seconds": 0, "use_cache": False}
    if not isinstance(server, SandboxServer):
        names = [await _uploaded(http, server.address.url) for _ in range(2)]
        videos = [{"video_name": name} for name in names]
        node = {"id": "film", "type": "video_concat", "videos": videos, "use_cache": False}
    nodes = {"film": node, "told": {"id": "told", "type": "core_metadata", "is_intermediate": True, **TOLD}}
    return {"id": "film", "nodes": nodes, "edges": [edge("told", "metadata", "film", "metadata")]}


async def _uploaded(http: aiohttp.ClientSession, url: str) -> str:
    form = aiohttp.FormData()
    form.add_field("file", clip(), filename="clip.mp4", content_type="video/mp4")
    path = f"{url}/api/v1/videos/upload?video_category=general&is_intermediate=false"
    async with http.post(path, data=form) as answer:
        assert answer.status == 201, await answer.text()
        return (await answer.json())["video_name"]


@pytest.fixture
async def job(http: aiohttp.ClientSession, server: Server, client: InvokeAIClient) -> Job:
    """Done, and has made one video."""
    person = Person(http, server.address.url)
    await person.start_afresh()
    graph = await film(http, server)
    socket = InvokeAISocket(Endpoint(server.address.url), "studio", token=client.token)
    async with Ear(socket) as ear:
        await ear.until(lambda event: event == Connected())
        (number,) = (await person.enqueue(graph, origin="workflows", destination="gallery")).numbers
        await ear.until_job(number, JobStatus.COMPLETED)
    return await client.job(number)


async def test_a_video_is_what_the_job_made(job: Job) -> None:
    [name] = job.images
    assert is_video(name)
    assert job.purpose is Purpose.FINAL
    assert job.outputs == (Output(OutputKind.VIDEO, name, size=(320, 180)),)
    assert job.recipe is not None
    assert (job.recipe.prompt, job.recipe.seed) == ("a running horse", 7)


async def test_its_file_and_its_first_frame_come_as_they_are(
    job: Job, client: InvokeAIClient, http: aiohttp.ClientSession, server: Server
) -> None:
    """Without OpenCV InvokeAI's own node writes an empty file here, so an upload is looked at."""
    sandbox = isinstance(server, SandboxServer)
    name = job.images[0] if sandbox else await _uploaded(http, server.address.url)
    data = await client.image(name, FAR)
    assert sniff(data) == "mp4"
    assert data.startswith(clip())
    assert sniff(await client.thumbnail(name, FAR)) == "webp"
    if not sandbox:
        with pytest.raises(ImageUnusable, match=f"InvokeAI's file of the video {job.images[0]} is empty"):
            await client.image(job.images[0], FAR)


async def test_it_is_starred_moved_and_deleted_as_an_image_is(
    job: Job, client: InvokeAIClient, http: aiohttp.ClientSession, server: Server
) -> None:
    [name] = job.images
    assert not await client.gallery.starred(name)
    assert await client.gallery.star([name], True) == 1
    assert await client.gallery.starred(name)
    path = f"{server.address.url}/api/v1/boards/"
    async with http.post(path, params={"board_name": "Films"}) as answer:
        board = (await answer.json())["board_id"]
    assert await client.gallery.move([name], board) == 1
    assert await client.gallery.delete_images([name, "gone.mp4"]) == 1
    with pytest.raises(ImageUnusable, match=f"InvokeAI has no video {name} any more"):
        await client.image(name, FAR)
