"""Saved and shipped workflows: what the bot makes of them is what the real server's own validation takes."""

import io
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from person import Person
from PIL import Image
from real_invokeai import NEWEST
from servers import REAL, RealServers

from bot.domain.styles import StyleChanges
from bot.domain.workflows import FieldKind, Form, FormField, InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.account import Account
from bot.invokeai.connection import Connection
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Http, Patience
from bot.invokeai.ingredients import installed_models, upload_image
from bot.invokeai.model_references import models_in
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.styles.apply import style_batch
from bot.invokeai.workflows.conversion import to_batch
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.filling import fill
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.library import WorkflowLibrary
from bot.invokeai.workflows.reading import Offered

pytestmark = REAL

FIXTURES = Path(__file__).parents[1] / "fixtures" / "workflows"
SHIPPED = {NEWEST: 26, "6.6.0": 14, "5.15.0": 14}
"""How many workflows each version ships."""
VIDEO = {"video_name": "a.mp4"}
LOST_NODE = "canny_image_processor"  # InvokeAI ships three workflows with a node that it no longer has


@dataclass(frozen=True)
class Place:
    """A real server whose queue stands still."""

    url: str
    http: aiohttp.ClientSession
    person: Person
    connection: Connection

    async def enqueue(self, body: BatchBody) -> tuple[int, Any]:
        """HTTP status and answer."""
        url = f"{self.url}/api/v1/queue/default/enqueue_batch"
        async with self.http.post(url, json=body.to_json(str(uuid4()))) as response:
            return response.status, await response.json()

    async def processor(self, what: str) -> None:
        async with self.http.put(f"{self.url}/api/v1/queue/default/processor/{what}") as response:
            assert response.ok


@pytest.fixture(params=[NEWEST])
async def place(
    request: pytest.FixtureRequest, real_servers: RealServers, http: aiohttp.ClientSession
) -> AsyncIterator[Place]:
    url = (await real_servers.of(request.param)).address.url
    wire = Http(http, Endpoint(url), Patience(read=60))  # its first OpenAPI document takes seconds
    made = Place(
        url, http, Person(http, url), Connection(wire, Account(wire, None, None, lambda: 0), "s", "default")
    )
    await made.person.start_afresh()
    await made.processor("pause")
    yield made
    await made.person.start_afresh()


def needed(form: Form) -> tuple[dict[str, str | bool], list[InstalledModel]]:
    """Values for what is needed and not set, and the models that they name."""
    typed: dict[str, str | bool] = {}
    models: list[InstalledModel] = []
    for field in form.fields:
        if field.required and not field.has_value:
            typed[field.key] = "a.png"
            if field.kind is FieldKind.MODEL:
                models.append(fitting(field))
                typed[field.key] = models[-1].key
    return typed, models


def fitting(field: FormField) -> InstalledModel:
    base, kind = (*field.limits.model_bases, "any")[0], (*field.limits.model_types, "main")[0]
    return InstalledModel(f"key of {field.key}", f"A {base} {kind}", base, kind, "blake3:0")


def with_files(made: EditorWorkflow) -> EditorWorkflow:
    """With what only InvokeAI's own page can set: a video, a file of its machine."""
    raw = json.loads(json.dumps(made.raw))
    for node in raw["nodes"]:
        if node["data"].get("type") == "extract_video_range":
            node["data"]["inputs"]["video"]["value"] = VIDEO
        if node["data"].get("type") == "prompt_from_file":
            node["data"]["inputs"]["file_path"]["value"] = __file__
    return EditorWorkflow.read(raw)


@pytest.mark.parametrize("place", SHIPPED, indirect=True)
async def test_every_shipped_workflow_becomes_a_batch_that_the_server_takes(
    place: Place, request: pytest.FixtureRequest
) -> None:
    library = WorkflowLibrary(place.connection)
    types = await library.node_types()
    assert types is not None
    summaries = await library.find(shipped=True, limit=100)
    shipped = SHIPPED[request.node.callspec.params["place"]]
    assert (len(summaries), all(one.shipped for one in summaries)) == (shipped, True)
    refused: list[str] = []
    for one in summaries:
        made = with_files(await library.get(one.id))
        form = form_of(made, types)
        assert form.fields, one.name
        typed, models = needed(form)
        filled = fill(made, form, typed, Offered(models))
        assert isinstance(filled, EditorWorkflow), (one.name, filled)
        try:
            body = to_batch(filled, types=types)
        except RequestRefused as error:
            assert LOST_NODE in str(error)  # noqa: PT017 - any other error fails the test
            refused.append(one.name)
            assert (await place.enqueue(to_batch(filled)))[0] == 422
            continue
        status, answer = await place.enqueue(body)
        assert (status, answer.get("enqueued")) == (200, body.jobs), (one.name, answer)
    assert len(refused) == 3


@pytest.mark.parametrize("name", ["connectors", "batches", "generators", "calls-saved-workflow"])
async def test_each_kind_of_node_of_the_editor_becomes_what_the_server_takes(place: Place, name: str) -> None:
    raw = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    raw["meta"]["category"] = "user"
    workflow_id = await place.person.save_workflow({key: value for key, value in raw.items() if key != "id"})
    library = WorkflowLibrary(place.connection)
    assert workflow_id in [one.id for one in await library.find(raw["name"], shipped=False)]
    made = await library.get(workflow_id)
    body = to_batch(made, generated=await library.generated(made, random.Random(1)))
    status, answer = await place.enqueue(body)
    assert (status, answer.get("enqueued")) == (200, body.jobs), answer
    assert answer["batch"]["origin"] == "invokeai-discord"


async def test_an_uploaded_image_is_an_intermediate_that_jobs_may_start_from(place: Place) -> None:
    data = io.BytesIO()
    Image.new("RGB", (64, 32), "orange").save(data, "PNG")
    name = await upload_image(place.connection, data.getvalue(), "image/png")
    async with place.http.get(f"{place.url}/api/v1/images/i/{name}") as response:
        told = await response.json()
    assert (told["is_intermediate"], told["width"], told["height"]) == (True, 64, 32)
    assert await installed_models(place.connection) == []


@pytest.mark.parametrize("name", ["ui-generate-txt2img", "canvas-img2img", "workflow-default-sd15"])
async def test_a_style_with_everything_changed_is_what_the_server_takes(place: Place, name: str) -> None:
    graph = json.loads((FIXTURES.parent / "queued_graphs" / f"{name}.json").read_text(encoding="utf-8"))
    image = "new.png" if name.startswith("canvas") else None
    changes = StyleChanges("a hen", "foggy", (640, 768), image)
    body = style_batch(graph, changes, [5, 6, 7], models_in(graph))
    status, answer = await place.enqueue(body)
    assert (status, answer.get("enqueued")) == (200, 3), answer
