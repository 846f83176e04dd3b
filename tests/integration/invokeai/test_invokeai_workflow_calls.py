"""Workflows, models and uploads: what is asked of InvokeAI, and what its answers mean."""

import random
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import StandIn

from bot.domain.workflows import InstalledModel, WorkflowSummary
from bot.errors import InvokeAIError, InvokeAIRefused, InvokeAIUnavailable, OperationMissing, RequestRefused
from bot.invokeai.account import Account
from bot.invokeai.connection import Connection
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Http, Patience
from bot.invokeai.ingredients import installed_models, upload_image
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.library import WorkflowLibrary

MORE = {
    "list_workflows": ("get", "/api/v1/workflows/"),
    "get_workflow": ("get", "/api/v1/workflows/i/{workflow_id}"),
    "list_model_records": ("get", "/api/v2/models/"),
    "upload_image": ("post", "/api/v1/images/upload"),
    "parse_dynamicprompts": ("post", "/api/v1/utilities/dynamicprompts"),
    "list_all_board_image_names": ("get", "/api/v1/boards/{board_id}/image_names"),
}
PLAIN: dict[str, Any] = {"nodes": [{"id": "a", "type": "invocation", "data": {"type": "integer"}}]}
LISTED = {
    "workflow_id": "w1",
    "name": "Portrait",
    "description": "A face",
    "category": "default",
    "tags": "x",
}


class Asked:
    """Answers, and keeps the query and the body of what was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.queries: list[list[tuple[str, str]]] = []
        self.bodies: list[bytes] = []
        self.types: list[str] = []

    async def reply(self, request: web.Request) -> web.Response:
        self.queries.append(list(request.query.items()))
        self.types.append(request.content_type)
        self.bodies.append(await request.read())
        return web.json_response(self.answer)


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.operations |= MORE
    async with stand_in.served():
        yield stand_in


@pytest.fixture
async def connection(server: StandIn) -> AsyncIterator[Connection]:
    async with aiohttp.ClientSession() as session:
        http = Http(session, Endpoint(server.url), Patience(pause=0, max_pause=0))
        yield Connection(http, Account(http, None, None, lambda: 0), "studio", "default")


def generator(kind: str, batch: str, field: str, **value: Any) -> EditorWorkflow:
    nodes = [
        {
            "id": "g",
            "type": "invocation",
            "data": {"type": f"{kind}_generator", "label": "Mine", "inputs": {"generator": {"value": value}}},
        },
        {"id": "b", "type": "invocation", "data": {"type": batch}},
    ]
    edges = [{"type": "default", "source": "g", "sourceHandle": field, "target": "b", "targetHandle": field}]
    return EditorWorkflow.read({"nodes": nodes, "edges": edges})


async def test_workflows_are_listed_and_searched_among_both_kinds(
    server: StandIn, connection: Connection
) -> None:
    asked = Asked({"items": [LISTED], "total": 1})
    server.answers["/api/v1/workflows/"] = asked.reply
    library = WorkflowLibrary(connection)
    assert await library.find("face", limit=10) == [WorkflowSummary("w1", "Portrait", "A face", shipped=True)]
    assert dict(asked.queries[0]) == {
        "page": "0",
        "per_page": "10",
        "order_by": "opened_at",
        "direction": "DESC",
        "query": "face",
    }
    await library.find(shipped=False)
    assert ("categories", "user") in asked.queries[1]
    assert "query" not in dict(asked.queries[1])


async def test_a_workflow_is_read_and_one_that_is_gone_is_said(
    server: StandIn, connection: Connection
) -> None:
    server.answers["/api/v1/workflows/i/w1"] = {"workflow_id": "w1", "workflow": PLAIN}
    server.answers["/api/v1/workflows/i/empty"] = {"workflow_id": "empty", "workflow": None}
    library = WorkflowLibrary(connection)
    assert list((await library.get("w1")).nodes) == ["a"]
    with pytest.raises(InvokeAIRefused, match="That workflow is gone"):
        await library.get("w/2")
    assert server.asked[-1] == "GET /api/v1/workflows/i/w/2"
    with pytest.raises(RequestRefused, match="no node that could run"):
        await library.get("empty")


async def test_what_nodes_take_is_read_once_for_each_connect(server: StandIn, connection: Connection) -> None:
    library = WorkflowLibrary(connection)
    await library.node_types()
    asked = server.count("GET /openapi.json")
    types = await library.node_types()
    assert types is not None
    assert (len(types), server.count("GET /openapi.json")) == (0, asked)
    await connection.connect()
    assert await library.node_types() is not types


@pytest.mark.parametrize(("version", "told"), [("6.14.2", True), ("6.9.0", False)])
async def test_a_released_version_is_not_asked_what_its_nodes_take(
    server: StandIn, connection: Connection, version: str, told: bool
) -> None:
    server.answers["/api/v1/app/version"] = {"version": version}
    types = await WorkflowLibrary(connection).node_types()
    assert (types is not None and len(types) > 300) is told
    assert server.count("GET /openapi.json") == 0


async def test_a_server_without_saved_workflows_says_so(server: StandIn, connection: Connection) -> None:
    server.operations.pop("list_workflows")
    with pytest.raises(OperationMissing, match="no saved workflows"):
        await WorkflowLibrary(connection).find()


async def test_dynamic_prompts_are_asked_for(server: StandIn, connection: Connection) -> None:
    path = "/api/v1/utilities/dynamicprompts"
    asked = Asked({"prompts": ["a red fox", "a blue fox"], "error": None})
    server.answers[path] = asked.reply
    made = generator(
        "string",
        "string_batch",
        "strings",
        type="string_generator_dynamic_prompts_combinatorial",
        input="a {red|blue} fox",
        maxPrompts=5,
    )
    library = WorkflowLibrary(connection)
    assert await library.generated(made, random.Random(1)) == {"g": ["a red fox", "a blue fox"]}
    assert asked.bodies == [
        b'{"prompt": "a {red|blue} fox", "max_prompts": 5, "combinatorial": true, "seed": null}'
    ]
    server.answers[path] = {"prompts": ["a {red"], "error": "Expected }"}
    with pytest.raises(RequestRefused, match="dynamic prompt of the node “Mine”"):
        await library.generated(made, random.Random(1))


@pytest.mark.parametrize(
    ("category", "asked_for"), [("images", ["general"]), ("assets", ["control", "mask", "user", "other"])]
)
async def test_a_board_s_images_are_asked_for_by_kind(
    server: StandIn, connection: Connection, category: str, asked_for: list[str]
) -> None:
    asked = Asked(["a.png"])
    server.answers["/api/v1/boards/b1/image_names"] = asked.reply
    kind = "image_generator_images_from_board"
    made = generator("image", "image_batch", "images", type=kind, board_id="b1", category=category)
    library = WorkflowLibrary(connection)
    assert await library.generated(made, random.Random(1)) == {"g": [{"image_name": "a.png"}]}
    assert [value for name, value in asked.queries[0] if name == "categories"] == asked_for
    assert ("is_intermediate", "false") in asked.queries[0]
    gone = generator("image", "image_batch", "images", type=kind, board_id="b2")
    with pytest.raises(InvokeAIRefused, match="The board of the node “Mine” is gone"):
        await library.generated(gone, random.Random(1))


async def test_a_model_that_tells_too_little_is_left_out(server: StandIn, connection: Connection) -> None:
    whole = {
        "key": "k",
        "name": "Juggernaut",
        "base": "sdxl",
        "type": "main",
        "hash": "blake3:1",
        "path": "/x",
    }
    server.answers["/api/v2/models/"] = {
        "models": [whole, {"name": "no key"}, 7, {"key": "k2", "name": "Odd"}]
    }
    assert await installed_models(connection) == [
        InstalledModel("k", "Juggernaut", "sdxl", "main", "blake3:1"),
        InstalledModel("k2", "Odd", "", "", ""),
    ]


async def test_an_image_is_uploaded_once_as_an_intermediate(server: StandIn, connection: Connection) -> None:
    asked = Asked({"image_name": "new.png"})
    server.answers["/api/v1/images/upload"] = asked.reply
    assert await upload_image(connection, b"\x89PNG picture", "image/png") == "new.png"
    assert dict(asked.queries[0]) == {"image_category": "user", "is_intermediate": "true"}
    assert asked.types == ["multipart/form-data"]
    assert b'name="file"; filename="upload.png"' in asked.bodies[0]
    assert b"Content-Type: image/png\r\n" in asked.bodies[0]
    assert b"\r\n\r\n\x89PNG picture\r\n" in asked.bodies[0]


async def test_an_upload_that_breaks_off_is_not_sent_again(server: StandIn, connection: Connection) -> None:
    async def broken(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.answers["/api/v1/images/upload"] = broken
    with pytest.raises(InvokeAIError):
        await upload_image(connection, b"x", "image/png")
    assert server.count("POST /api/v1/images/upload") == 1


async def test_an_upload_with_an_unsafe_name_is_not_used(server: StandIn, connection: Connection) -> None:
    server.answers["/api/v1/images/upload"] = {"image_name": "../x.png"}
    with pytest.raises(InvokeAIUnavailable, match="a name that can't be asked for"):
        await upload_image(connection, b"x", "image/png")
