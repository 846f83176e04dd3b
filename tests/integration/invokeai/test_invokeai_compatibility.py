"""Which family a server is of, and what is made of one without an OpenAPI document."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import ITEM, StandIn

from bot.domain.jobs import JobStatus
from bot.errors import InvokeAIUnavailable, JobUnknown, LoginNeeded, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.compatibility import is_tried
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience

AT_ONCE = Patience(pause=0, max_pause=0)
QUEUE = "/api/v1/queue/default"


def answering(status: int, body: str = "", content_type: str = "text/plain") -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=content_type)

    return answer


PAGE = answering(200, "<html>the page</html>", "text/html")
WRONG_METHOD = answering(405, '{"detail": "Method Not Allowed"}', "application/json")
NOT_FOUND = answering(404, '{"detail": "Not Found"}', "application/json")
BARE_500 = answering(500, "Internal Server Error")


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn().served() as stand_in:
        yield stand_in


@pytest.fixture
async def client(server: StandIn) -> AsyncIterator[InvokeAIClient]:
    async with aiohttp.ClientSession() as http:
        yield InvokeAIClient(http, Endpoint(server.url), "studio", patience=AT_ONCE)


@pytest.mark.parametrize("answer", [NOT_FOUND, PAGE, WRONG_METHOD])
async def test_a_server_without_a_document_is_taken_at_the_documentations_word(
    client: InvokeAIClient, server: StandIn, answer: object
) -> None:
    server.answers["/openapi.json"] = answer
    assert (await client.connect()).version == "99.0.0"
    assert (await client.status()).pending == 2


@pytest.mark.parametrize(
    "answer",
    [
        answering(500),
        answering(503, "<html>busy</html>", "text/html"),
        answering(200, '{"paths": {"/api', "application/json"),
        answering(200, "", "application/json"),
        answering(200, "hello", "text/plain"),
        answering(429),
    ],
)
async def test_a_server_in_trouble_is_not_taken_for_one_without_a_document(
    client: InvokeAIClient, server: StandIn, answer: object
) -> None:
    server.answers["/openapi.json"] = answer
    with pytest.raises(InvokeAIUnavailable):
        await client.connect()
    assert server.count(f"GET {QUEUE}/status") == 0


@pytest.mark.parametrize("status", [NOT_FOUND, PAGE, {"hello": "world"}, [], WRONG_METHOD])
async def test_something_else_at_the_address_is_named(
    client: InvokeAIClient, server: StandIn, status: object
) -> None:
    server.answers["/openapi.json"] = PAGE
    server.answers[f"{QUEUE}/status"] = status
    with pytest.raises(InvokeAIUnavailable) as raised:
        await client.connect()
    assert str(raised.value).startswith("What answers is not an InvokeAI. Check INVOKEAI_URL")
    assert f"({server.url}" in raised.value.with_details


async def test_trouble_with_the_queue_is_not_called_something_else(
    client: InvokeAIClient, server: StandIn
) -> None:
    server.answers["/openapi.json"] = NOT_FOUND
    server.answers[f"{QUEUE}/status"] = answering(503)
    with pytest.raises(InvokeAIUnavailable, match="has trouble"):
        await client.connect()


@pytest.mark.parametrize("answer", [NOT_FOUND, PAGE, {"hello": "world"}])
async def test_a_server_that_does_not_tell_its_version_is_of_an_unknown_one(
    client: InvokeAIClient, server: StandIn, answer: object
) -> None:
    server.answers["/api/v1/app/version"] = answer
    assert (await client.connect()).version == "unknown"


async def test_each_connect_learns_the_family_afresh(client: InvokeAIClient, server: StandIn) -> None:
    told = server.answers.pop("/openapi.json")
    await client.connect()
    server.answers[f"{QUEUE}/list"] = []
    assert await client.baseline() == (0, [])
    server.answers["/openapi.json"] = told
    await client.connect()
    server.answers[f"{QUEUE}/item_ids"] = {"item_ids": []}
    assert await client.baseline() == (0, [])
    assert server.count(f"GET {QUEUE}/item_ids") == 1


async def test_methods_are_tried_in_turn_and_the_one_that_worked_is_remembered(
    client: InvokeAIClient, server: StandIn
) -> None:
    del server.answers["/openapi.json"]
    server.answers[f"{QUEUE}/i/7"] = ITEM | {"status": "in_progress"}
    server.answers[f"{QUEUE}/i/7/cancel"] = WRONG_METHOD
    server.answers[f"PUT {QUEUE}/i/7/cancel"] = ITEM
    await client.cancel(7)
    await client.cancel(7)
    assert server.count(f"POST {QUEUE}/i/7/cancel") == 1
    assert server.count(f"PUT {QUEUE}/i/7/cancel") == 2
    await client.connect()
    await client.cancel(7)
    assert server.count(f"POST {QUEUE}/i/7/cancel") == 2
    assert server.count(f"DELETE {QUEUE}/i/7/cancel") == 0


async def test_only_a_405_leads_to_another_method(client: InvokeAIClient, server: StandIn) -> None:
    del server.answers["/openapi.json"]
    server.answers[f"{QUEUE}/clear"] = {"deleted": 3}
    for answer in (answering(500), answering(409), PAGE):
        server.answers[f"DELETE {QUEUE}/clear"] = answer
        with pytest.raises(Exception, match=r"trouble|just now|not an InvokeAI"):
            await client.clear()
    assert server.count(f"PUT {QUEUE}/clear") == server.count(f"POST {QUEUE}/clear") == 0


async def test_when_no_method_is_taken_the_operation_is_missing(
    client: InvokeAIClient, server: StandIn
) -> None:
    del server.answers["/openapi.json"]
    server.answers[f"{QUEUE}/prune"] = WRONG_METHOD
    with pytest.raises(OperationMissing):
        await client.prune()
    assert [line.split()[0] for line in server.asked if line.endswith("/prune")] == ["DELETE", "PUT", "POST"]


async def test_a_documented_server_that_wants_an_account_is_said_plainly(
    client: InvokeAIClient, server: StandIn
) -> None:
    del server.answers["/openapi.json"]
    server.answers[f"{QUEUE}/status"] = answering(401)
    with pytest.raises(LoginNeeded):
        await client.connect()


def listed(*numbers: int, status: str = "completed") -> dict[str, Any]:
    items = [ITEM | {"item_id": number, "status": status, "queue_id": "default"} for number in numbers]
    return {"limit": 50, "has_more": False, "items": items}


@pytest.fixture
def old(server: StandIn) -> StandIn:
    """An InvokeAI 5.15: a list, no ids, and a bare 500 for what it does not know."""
    for name in ("get_queue_item_ids", "get_queue_items_by_item_ids"):
        del server.operations[name]
    server.operations["list_queue_items"] = ("get", "/api/v1/queue/{queue_id}/list")
    server.answers[f"{QUEUE}/list"] = listed(3, 7)
    return server


@pytest.mark.parametrize("number", [5, 8, 999_999])
async def test_a_bare_500_for_a_job_that_the_list_does_not_have_means_that_it_is_unknown(
    client: InvokeAIClient, old: StandIn, number: int
) -> None:
    old.answers[f"{QUEUE}/i/{number}"] = BARE_500
    old.answers[f"{QUEUE}/i/{number}/cancel"] = BARE_500

    async def rows(request: web.Request) -> web.Response:
        cursor = int(request.query.get("cursor", "0"))
        limit = int(request.query["limit"])
        there = [one for one in (3, 7) if one > cursor]
        return web.json_response(listed(*there[:limit]) | {"has_more": len(there) > limit})

    old.answers[f"{QUEUE}/list"] = rows
    for ask in (client.job, client.cancel):
        with pytest.raises(JobUnknown, match=f"Job #{number} isn"):
            await ask(number)
    assert old.count(f"GET {QUEUE}/i/{number}") == 2  # once for each
    assert old.count(f"PUT {QUEUE}/i/{number}/cancel") == 0


async def test_a_bare_500_for_a_job_that_the_list_has_is_trouble(
    client: InvokeAIClient, old: StandIn
) -> None:
    old.answers[f"{QUEUE}/i/7"] = BARE_500
    with pytest.raises(InvokeAIUnavailable, match="has trouble"):
        await client.job(7)


@pytest.mark.parametrize("answer", [answering(500, "database is locked"), answering(502), answering(503)])
async def test_any_other_trouble_is_not_taken_for_an_unknown_job(
    client: InvokeAIClient, old: StandIn, answer: object
) -> None:
    old.answers[f"{QUEUE}/i/5"] = answer
    with pytest.raises(InvokeAIUnavailable):
        await client.job(5)
    assert old.count(f"GET {QUEUE}/list") == 0


async def test_a_page_where_a_list_was_is_no_empty_list(client: InvokeAIClient, old: StandIn) -> None:
    old.answers[f"{QUEUE}/list"] = PAGE
    with pytest.raises(InvokeAIUnavailable, match="not an InvokeAI"):
        await client.jobs_changed(0, [])


async def test_the_queue_and_the_priority_of_a_job_are_read_from_the_list(
    client: InvokeAIClient, old: StandIn
) -> None:
    page = listed(3, 7)
    page["items"][0] |= {"queue_id": "other"}
    page["items"][1] |= {"priority": 2}
    old.answers[f"{QUEUE}/list"] = {**page, "items": page["items"][::-1]}
    (job,) = await client.jobs_changed(5, [])
    assert (job.number, job.priority, job.status) == (7, 2, JobStatus.COMPLETED)


async def test_the_queue_of_a_documented_server_is_looked_through_by_offset(
    client: InvokeAIClient, server: StandIn
) -> None:
    jobs = [
        ITEM
        | {"item_id": number, "status": "completed", "completed_at": f"2026-11-24 05:00:{number % 60:02}"}
        for number in range(1, 301)
    ]
    jobs.insert(0, jobs.pop() | {"priority": 1, "completed_at": "2026-11-24 06:00:00"})

    async def rows(request: web.Request) -> web.Response:
        asked = request.query
        found = [job for job in jobs if asked.get("status") in {None, job["status"]}]
        offset = int(asked["offset"])
        return web.json_response({"items": found[offset : offset + int(asked["limit"])]})

    del server.answers["/openapi.json"]
    counts = dict.fromkeys(("pending", "in_progress", "completed", "failed", "canceled"), 0)
    server.answers[f"{QUEUE}/status"] = {
        "queue": counts | {"completed": 300},
        "processor": {"is_started": True, "is_processing": False},
    }
    server.answers[f"{QUEUE}/list"] = rows
    server.answers[f"{QUEUE}/i/300"] = jobs[0]
    latest = await client.latest()
    assert latest is not None
    assert latest.number == 300
    assert [job.number for job in (await client.jobs(limit=3)).jobs] == [300, 299, 298]
    assert [job.number for job in await client.jobs_changed(297, [5])] == [5, 298, 299, 300]


@pytest.mark.parametrize(
    ("version", "tried"),
    [
        ("6.14.2", True),
        ("5.15.0", True),
        ("7.0.0", False),
        ("7.0.0rc1", False),
        ("10.1", False),
        ("unknown", True),
        ("", True),
    ],
)
def test_a_version_to_come_was_not_yet_run(version: str, tried: bool) -> None:
    assert is_tried(version) is tried
