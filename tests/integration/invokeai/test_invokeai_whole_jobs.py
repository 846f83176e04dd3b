"""Jobs read whole, a job's documents, and how far a batch has come."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import ITEM, StandIn

from bot.domain.jobs import BatchPlace, Job, JobDocuments, JobStatus
from bot.errors import JobUnknown
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience

QUEUE = "/api/v1/queue/default"
IMAGE = "/api/v1/images/i/a.png"
ITEMS = f"{QUEUE}/items_by_ids"
BATCH = {"batch_id": "b", "pending": 5, "completed": 2, "failed": 1, "canceled": 1, "total": 10}


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn().served() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def client(server: StandIn, http: aiohttp.ClientSession) -> InvokeAIClient:
    server.operations |= {
        "get_batch_status": ("get", "/api/v1/queue/{queue_id}/b/{batch_id}/status"),
        "get_image_workflow": ("get", "/api/v1/images/i/{image_name}/workflow"),
    }
    return InvokeAIClient(http, Endpoint(server.url), "studio", patience=Patience(pause=0, max_pause=0))


def job(*images: str) -> Job:
    created = datetime(2026, 11, 24, tzinfo=UTC)
    return Job("studio", 7, JobStatus.COMPLETED, "b", "s", created, images=images)


async def test_many_jobs_take_one_request_and_an_odd_one_hides_no_other(
    client: InvokeAIClient, server: StandIn
) -> None:
    asked: list[list[int]] = []

    async def read(request: web.Request) -> web.Response:
        asked.append(json.loads(await request.text())["item_ids"])
        return web.json_response([ITEM, ITEM | {"item_id": 8, "session_id": None}])

    server.answers[ITEMS] = read
    assert [(one.number, one.session_id) for one in await client.whole.many([7, 8, 9])] == [(7, "s")]
    assert asked == [[7, 8, 9]]
    assert await client.whole.many([]) == []
    assert len(asked) == 1


async def test_where_jobs_are_read_one_by_one_those_that_are_gone_are_left_out(
    client: InvokeAIClient, server: StandIn
) -> None:
    del server.operations["get_queue_items_by_item_ids"]
    server.answers[f"{QUEUE}/i/9"] = ITEM | {"item_id": 9}
    assert [one.number for one in await client.whole.many([7, 8, 9])] == [7, 9]


async def test_a_job_s_documents_are_what_invokeai_keeps(client: InvokeAIClient, server: StandIn) -> None:
    metadata = {"positive_prompt": "fox", "seed": 1}
    server.answers[f"{IMAGE}/metadata"] = metadata
    server.answers[f"{IMAGE}/workflow"] = {"workflow": {"nodes": []}, "graph": "{}"}
    assert await client.whole.documents(job("a.png")) == JobDocuments(ITEM, metadata, {"nodes": []})
    server.answers[f"{QUEUE}/i/7"] = own = ITEM | {"workflow": {"name": "mine"}}
    assert await client.whole.documents(job("a.png")) == JobDocuments(own, metadata, {"name": "mine"})


async def test_documents_that_are_not_there_are_left_out(client: InvokeAIClient, server: StandIn) -> None:
    assert await client.whole.documents(job("a.png")) == JobDocuments(ITEM, None, None)
    assert await client.whole.documents(job()) == JobDocuments(ITEM, None, None)
    del server.operations["get_image_workflow"], server.answers[f"{QUEUE}/i/7"]
    with pytest.raises(JobUnknown, match="#7"):
        await client.whole.documents(job("a.png"))


async def test_a_batch_tells_how_many_of_its_jobs_have_ended(client: InvokeAIClient, server: StandIn) -> None:
    server.answers[f"{QUEUE}/b/b/status"] = BATCH
    assert await client.whole.batch_place("b") == BatchPlace(4, 10)
    assert await client.whole.batch_place("") is None


async def test_a_server_that_knows_no_batch_tells_no_place(client: InvokeAIClient, server: StandIn) -> None:
    del server.operations["get_batch_status"]
    assert await client.whole.batch_place("b") is None
