"""A style whose model or image is gone: found again, or named before anything is queued."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import StandIn

from bot.domain.styles import StyleChanges
from bot.errors import RequestRefused
from bot.invokeai.account import Account
from bot.invokeai.connection import Connection
from bot.invokeai.creation import Creation
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Http, Patience
from bot.invokeai.models import Item

QUEUED = Path(__file__).parents[2] / "fixtures" / "queued_graphs" / "canvas-img2img.json"
"""What a real 6.14.2 gave for a job of its page: a model, and an image that it starts from."""
GRAPH = QUEUED.read_text()
IMAGE = "9a7531de-1c51-46b3-956f-3e4ca17f8407.png"
MODEL = {
    "key": "a0cb602b-3de0-4265-8b26-c617087ae93b",
    "hash": "blake3:248b01d886aeb2afff164d2b7e822fcedbeee4ffed7dae32ddca4bd9486784a7",
    "name": "tiny-sd15",
    "base": "sd-1",
    "type": "main",
    "format": "diffusers",
}
NO_MODEL = "This InvokeAI no longer has the model “tiny-sd15”."
NO_IMAGE = f"This style starts from the image {IMAGE}, which InvokeAI no longer has."


@pytest.fixture(params=["5.15.0", "6.6.0", "6.14.2"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.answers["/api/v1/app/version"] = {"version": request.param}
    stand_in.answers[f"/api/v1/images/i/{IMAGE}"] = {"image_name": IMAGE, "starred": False}
    stand_in.answers["/api/v2/models/"] = {"models": [MODEL]}
    async with stand_in.served():
        yield stand_in


@pytest.fixture
async def creation(server: StandIn) -> AsyncIterator[Creation]:
    async def item(number: int) -> Item:
        raise AssertionError(f"nobody asks for #{number}")

    async with aiohttp.ClientSession() as session:
        http = Http(session, Endpoint(server.url), Patience(pause=0, max_pause=0))
        yield Creation(Connection(http, Account(http, None, None, lambda: 0), "studio", "default"), item)


def model_of(body: Any) -> dict[str, Any]:
    nodes = body.batch["graph"]["nodes"].values()
    [loader] = [node for node in nodes if node["type"] == "main_model_loader"]
    return loader["model"]


@pytest.mark.parametrize(
    "today", [{"key": "new", "name": "renamed"}, {"key": "new", "hash": "blake3:converted"}, {}]
)
async def test_a_model_that_was_installed_anew_is_used_by_its_hash_or_its_name(
    server: StandIn, creation: Creation, today: dict[str, str]
) -> None:
    server.answers["/api/v2/models/"] = {"models": [MODEL | today]}
    assert await creation.missing(GRAPH) is None
    body = await creation.batch(GRAPH, StyleChanges("a lake"), [7])
    wanted = MODEL | today
    assert model_of(body) == {name: wanted[name] for name in ("key", "hash", "name", "base", "type")}


@pytest.mark.parametrize(
    "models",
    [
        [],
        [MODEL | {"key": "new", "base": "sdxl"}],
        [MODEL | {"key": "one", "hash": "x"}, MODEL | {"key": "two", "hash": "y"}],
    ],
)
async def test_a_model_that_is_gone_is_named(
    server: StandIn, creation: Creation, models: list[dict[str, str]]
) -> None:
    server.answers["/api/v2/models/"] = {"models": models}
    assert await creation.missing(GRAPH) == NO_MODEL
    with pytest.raises(RequestRefused) as refused:
        await creation.batch(GRAPH, StyleChanges("a lake"), [7])
    assert str(refused.value) == NO_MODEL


async def test_an_image_that_is_gone_is_named_unless_another_takes_its_place(
    server: StandIn, creation: Creation
) -> None:
    async def gone(_: web.Request) -> web.Response:
        return web.json_response({"detail": "Image not found"}, status=404)

    server.answers[f"/api/v1/images/i/{IMAGE}"] = gone
    assert await creation.missing(GRAPH) == NO_IMAGE
    assert await creation.missing(GRAPH, but=IMAGE) is None
    with pytest.raises(RequestRefused) as refused:
        await creation.batch(GRAPH, StyleChanges("a lake"), [7])
    assert str(refused.value) == NO_IMAGE
    body = await creation.batch(GRAPH, StyleChanges("a lake", image="mine.png"), [7])
    assert IMAGE not in json.dumps(body.batch)
    assert "POST /api/v1/queue/default/enqueue_batch" not in server.asked
