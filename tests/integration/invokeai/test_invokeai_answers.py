"""What the client makes of bad answers. Each comes over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import ITEM, STATUS, StandIn
from ports import free_port

from bot.domain.jobs import JobStatus
from bot.errors import (
    ImageUnusable,
    InvokeAIError,
    InvokeAIRefused,
    InvokeAIUnavailable,
    JobUnknown,
    LoginNeeded,
    OperationMissing,
)
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience

AT_ONCE = Patience(pause=0, max_pause=0)
STATUS_PATH = "/api/v1/queue/default/status"
IMAGE_PATH = "/api/v1/images/i/fox.png/full"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn().served() as stand_in:
        yield stand_in


@pytest.fixture
def client(http: aiohttp.ClientSession, server: StandIn) -> InvokeAIClient:
    return InvokeAIClient(http, Endpoint(server.url), "studio", patience=AT_ONCE)


def text(body: str, content_type: str = "text/html", status: int = 200) -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type=content_type, status=status)

    return answer


def failing(times: int, then: object, status: int = 503) -> Any:
    left = [times]

    async def answer(_: web.Request) -> web.Response:
        if left[0]:
            left[0] -= 1
            return web.Response(status=status)
        return web.json_response(then)

    return answer


def image(body: bytes, content_type: str = "image/png") -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type)

    return answer


async def test_the_first_question_finds_out_what_the_server_can_do(
    client: InvokeAIClient, server: StandIn
) -> None:
    assert client.info is None
    assert (await client.status()).pending == 2
    assert (await client.status()).in_progress == 1
    assert client.info is not None
    assert server.count("GET /openapi.json") == 1


async def test_a_connect_forgets_what_the_server_was(client: InvokeAIClient, server: StandIn) -> None:
    await client.connect()
    server.answers["/api/v1/app/version"] = {"version": "6.15.0"}
    assert (await client.connect()).version == "6.15.0"
    server.answers["/api/v1/app/version"] = text("gone", status=500)
    with pytest.raises(InvokeAIUnavailable):
        await client.connect()
    assert client.info is None


async def test_questions_at_once_connect_once(client: InvokeAIClient, server: StandIn) -> None:
    await asyncio.gather(*(client.status() for _ in range(5)))
    assert server.count("GET /openapi.json") == 1


async def test_verbs_and_paths_are_the_servers_own(client: InvokeAIClient, server: StandIn) -> None:
    server.operations["cancel_queue_item"] = ("post", "/api/v9/stop/{item_id}")
    server.answers["/api/v9/stop/7"] = ITEM
    assert (await client.cancel(7)).status is JobStatus.CANCELED
    assert server.count("POST /api/v9/stop/7") == 1


async def test_what_the_server_can_not_do_is_missing(client: InvokeAIClient, server: StandIn) -> None:
    with pytest.raises(OperationMissing):
        await client.pause()


async def test_an_invokeai_under_a_sub_path_answers(http: aiohttp.ClientSession) -> None:
    async with StandIn().served("/invoke") as server:
        server.answers[IMAGE_PATH] = image(PNG)
        for url in (server.url, server.url + "/"):
            client = InvokeAIClient(http, Endpoint(url), "studio", patience=AT_ONCE)
            assert (await client.connect()).url == server.url
            assert await client.image("fox.png", 10_000) == PNG


async def test_another_programs_api_is_no_invokeai(client: InvokeAIClient, server: StandIn) -> None:
    server.operations = {"get_pets": ("get", "/pets")}
    with pytest.raises(InvokeAIUnavailable, match="is not an InvokeAI"):
        await client.connect()


@pytest.mark.parametrize(
    "answer",
    [
        text("<html>the page</html>"),
        text('{"queue": {"pending"', "application/json"),
        text("", "application/json"),
        text("[" * 100_000, "application/json"),
        text('{"queue": {}, "processor": {}}', "application/json"),
        text("null", "application/json"),
        text('"\\ud800"', "application/json"),
    ],
)
async def test_an_answer_that_is_none_is_no_answer(
    client: InvokeAIClient, server: StandIn, answer: object
) -> None:
    server.answers[STATUS_PATH] = answer
    with pytest.raises(InvokeAIUnavailable) as raised:
        await client.status()
    assert "\n" not in str(raised.value)
    assert server.count(f"GET {STATUS_PATH}") == 1


async def test_an_answer_that_breaks_off_is_no_answer(client: InvokeAIClient, server: StandIn) -> None:
    async def breaks_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "500"})
        await response.prepare(request)
        await response.write(b'{"queue":')
        assert request.transport is not None
        request.transport.abort()
        return response

    server.answers[STATUS_PATH] = breaks_off
    with pytest.raises(InvokeAIUnavailable, match="broke off"):
        await client.status()


async def test_a_read_is_tried_again_while_the_server_has_trouble(
    client: InvokeAIClient, server: StandIn
) -> None:
    server.answers[STATUS_PATH] = failing(2, STATUS)
    assert (await client.status()).pending == 2
    assert server.count(f"GET {STATUS_PATH}") == 3


async def test_a_read_by_post_is_tried_again_too(client: InvokeAIClient, server: StandIn) -> None:
    server.answers["/api/v1/queue/default/item_ids"] = {"item_ids": [7, 3]}
    server.answers["/api/v1/queue/default/items_by_ids"] = failing(1, [ITEM])
    assert [job.number for job in await client.jobs_changed(5, [])] == [7]


async def test_a_read_gives_up_after_a_few_tries(client: InvokeAIClient, server: StandIn) -> None:
    server.answers[STATUS_PATH] = failing(99, STATUS)
    with pytest.raises(InvokeAIUnavailable, match="HTTP 503"):
        await client.status()
    assert server.count(f"GET {STATUS_PATH}") == 3


async def test_a_write_is_never_tried_again(client: InvokeAIClient, server: StandIn) -> None:
    path = "/api/v1/queue/default/cancel_all_except_current"
    server.answers[path] = failing(1, {"canceled": 3}, 500)
    with pytest.raises(InvokeAIUnavailable):
        await client.cancel_waiting()
    assert server.count(f"PUT {path}") == 1


async def test_nobody_there_is_said_plainly(http: aiohttp.ClientSession) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(InvokeAIUnavailable) as raised:
        await InvokeAIClient(http, Endpoint(url), "studio", patience=AT_ONCE).connect()
    assert str(raised.value) == "InvokeAI does not answer. Is it running?"
    assert raised.value.with_details == f"InvokeAI does not answer. Is it running? ({url})"


async def test_a_server_that_does_not_get_done_is_unavailable(
    http: aiohttp.ClientSession, server: StandIn
) -> None:
    release = asyncio.Event()

    async def hangs(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    server.answers[STATUS_PATH] = hangs
    client = InvokeAIClient(http, Endpoint(server.url), "studio", patience=Patience(read=0.05, attempts=1))
    with pytest.raises(InvokeAIUnavailable, match="too long"):
        await client.status()
    release.set()


async def test_nobody_leads_us_to_another_address(client: InvokeAIClient, server: StandIn) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("/api/v1/app/version")

    server.answers[STATUS_PATH] = elsewhere
    with pytest.raises(InvokeAIUnavailable, match="sends us on"):
        await client.status()
    assert server.count("GET /api/v1/app/version") == 1


@pytest.mark.parametrize(
    ("status", "detail", "error"),
    [
        (401, "Authentication required", LoginNeeded),
        (403, "Admin privileges required", LoginNeeded),
        (404, "Queue item with id 7 not found in queue default", JobUnknown),
        (500, "Unexpected error while fetching queue item: 404: Queue item with id 7", JobUnknown),
        (405, "Method Not Allowed", OperationMissing),
        (409, "no", InvokeAIRefused),
        (429, "slow down", InvokeAIUnavailable),
        (502, "", InvokeAIUnavailable),
    ],
)
async def test_each_refusal_says_what_to_do_next(
    client: InvokeAIClient, server: StandIn, status: int, detail: str, error: type[InvokeAIError]
) -> None:
    async def refuses(_: web.Request) -> web.Response:
        return web.json_response({"detail": detail}, status=status)

    server.answers["/api/v1/queue/default/i/7"] = refuses
    with pytest.raises(InvokeAIError) as raised:
        await client.job(7)
    assert isinstance(raised.value, error)


async def test_what_is_refused_during_the_maintenance_of_images_may_be_tried_again_later(
    client: InvokeAIClient, server: StandIn
) -> None:
    async def moves(_: web.Request) -> web.Response:
        return web.json_response({"detail": "Image storage maintenance is active"}, status=409)

    server.answers["/api/v1/queue/default/i/7/cancel"] = moves
    with pytest.raises(InvokeAIRefused) as raised:
        await client.cancel(7)
    assert str(raised.value).endswith(
        "can't do that just now. Try again in a few minutes. It said: Image storage maintenance is active"
    )


async def test_a_servers_words_are_one_short_line(client: InvokeAIClient, server: StandIn) -> None:
    words = 'a\nb\x1b[31m"' + "x" * 5_000
    server.answers["/api/v1/queue/default/i/7"] = text(words, "text/plain", 409)
    with pytest.raises(InvokeAIRefused) as raised:
        await client.job(7)
    assert str(raised.value).isprintable()
    assert 'a b [31m"xx' in str(raised.value)
    assert len(str(raised.value)) < 300


async def test_an_image_comes_byte_for_byte(client: InvokeAIClient, server: StandIn) -> None:
    server.answers[IMAGE_PATH] = image(PNG)
    assert await client.image("fox.png", len(PNG)) == PNG


async def test_a_larger_image_is_unusable(client: InvokeAIClient, server: StandIn) -> None:
    server.answers[IMAGE_PATH] = image(PNG)
    with pytest.raises(ImageUnusable, match="larger"):
        await client.image("fox.png", len(PNG) - 1)


async def test_an_image_that_says_it_is_larger_is_not_read_at_all(
    client: InvokeAIClient, server: StandIn
) -> None:
    release = asyncio.Event()

    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png", "Content-Length": str(10**12)})
        await response.prepare(request)
        await release.wait()
        return response

    server.answers[IMAGE_PATH] = huge
    async with asyncio.timeout(5):
        with pytest.raises(ImageUnusable, match="larger"):
            await client.image("fox.png", 100_000)
    release.set()


async def test_an_endless_image_is_not_read_to_its_end(client: InvokeAIClient, server: StandIn) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "image/png"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"\0" * 65_536)
                sent += 65_536
        except ConnectionError:
            return response

    server.answers[IMAGE_PATH] = endless
    with pytest.raises(ImageUnusable, match="larger"):
        await client.image("fox.png", 100_000)
    assert sent < 50_000_000


@pytest.mark.parametrize("content_type", ["text/html", "application/json", "application/octet-stream"])
async def test_what_is_no_image_is_unusable(
    client: InvokeAIClient, server: StandIn, content_type: str
) -> None:
    server.answers[IMAGE_PATH] = image(b"<html>", content_type)
    with pytest.raises(ImageUnusable, match="is no image"):
        await client.image("fox.png", 10_000)


async def test_an_image_that_is_gone_is_unusable(client: InvokeAIClient) -> None:
    with pytest.raises(ImageUnusable, match=r"no image fox\.png any more"):
        await client.image("fox.png", 10_000)


@pytest.mark.parametrize("name", ["../../queue/default/status", "a/b.png", "", ".png", "a?b", "a%2fb"])
async def test_a_name_that_leaves_its_place_is_never_asked_for(
    client: InvokeAIClient, server: StandIn, name: str
) -> None:
    with pytest.raises(ImageUnusable):
        await client.image(name, 10_000)
    assert server.asked == []


async def test_a_recipe_is_sought_in_the_image_when_the_session_has_none(
    client: InvokeAIClient, server: StandIn
) -> None:
    session = {
        "execution_graph": {"nodes": {"n": {"type": "l2i", "is_intermediate": False}}},
        "results": {"n": {"type": "image_output", "image": {"image_name": "fox.png"}}},
    }
    server.answers["/api/v1/queue/default/i/7"] = ITEM | {"session": session}
    assert (await client.job(7)).recipe is None
    server.answers["/api/v1/images/i/fox.png/metadata"] = {"seed": 7}
    recipe = (await client.job(7)).recipe
    assert recipe is not None
    assert recipe.seed == 7


async def test_a_name_and_password_in_the_address_are_not_told(
    http: aiohttp.ClientSession, server: StandIn
) -> None:
    url = server.url.replace("http://", "http://me:s3cret@")
    client = InvokeAIClient(http, Endpoint(url), "studio", patience=AT_ONCE)
    info = await client.connect()
    server.answers[STATUS_PATH] = text("no", status=409)
    with pytest.raises(InvokeAIRefused) as raised:
        await client.status()
    assert "s3cret" not in f"{client!r} {info!r} {raised.value}"
