"""Changing the queue: what is asked, and whether the answer is true."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import ITEM, STATUS, StandIn
from structlog.testing import capture_logs

from bot.domain.jobs import JobStatus
from bot.errors import ImageUnusable, LoginNeeded, OperationMissing
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience

AT_ONCE = Patience(pause=0, max_pause=0)
QUEUE = "/api/v1/queue/default"
TEMPLATE = "/api/v1/queue/{queue_id}"
ENDED = "2026-11-24 05:31:47.422"
MORE = {
    "cancel_by_batch_ids": ("put", f"{TEMPLATE}/cancel_by_batch_ids"),
    "cancel_by_destination": ("put", f"{TEMPLATE}/cancel_by_destination"),
    "retry_items_by_id": ("put", f"{TEMPLATE}/retry_items_by_id"),
    "clear": ("put", f"{TEMPLATE}/clear"),
    "prune": ("put", f"{TEMPLATE}/prune"),
    "get_batch_status": ("get", f"{TEMPLATE}/b/{{batch_id}}/status"),
    "counts_by_destination": ("get", f"{TEMPLATE}/counts_by_destination"),
    "get_current_queue_item": ("get", f"{TEMPLATE}/current"),
    "get_image_thumbnail": ("get", "/api/v1/images/i/{image_name}/thumbnail"),
}
NEWEST = {"get_queue_item_summaries_by_ids": ("post", f"{TEMPLATE}/item_summaries_by_ids")}
STARTED = {"started_at": "2026-11-24 05:31:46.390", "completed_at": ENDED, "updated_at": ENDED}
UNSAVED: dict[str, Any] = {
    "graph": {"nodes": {"n": {"type": "sandbox_draw"}}},
    "execution_graph": {"nodes": {}},
    "executed": [],
    "results": {},
}


class Queue:
    """A queue behind the stand-in: jobs can be listed, read and cancelled."""

    def __init__(self, server: StandIn) -> None:
        self.server = server
        self.jobs: dict[int, dict[str, Any]] = {}
        server.answers[f"{QUEUE}/item_ids"] = self.ids
        server.answers[f"{QUEUE}/items_by_ids"] = server.answers[f"{QUEUE}/item_summaries_by_ids"] = self.read
        server.answers[f"{QUEUE}/status"] = self.status

    def put(self, number: int, status: str, **changes: Any) -> None:
        self.jobs[number] = ITEM | {"item_id": number, "status": status} | changes
        self.server.answers[f"{QUEUE}/i/{number}"] = self.jobs[number]

        async def cancel(_: web.Request) -> web.Response:
            if self.jobs[number]["status"] in {"pending", "in_progress"}:
                self.jobs[number]["status"] = "canceled"
            return web.json_response(self.jobs[number])

        self.server.answers[f"{QUEUE}/i/{number}/cancel"] = cancel

    async def ids(self, _: web.Request) -> web.Response:
        return web.json_response({"item_ids": list(self.jobs)})

    async def read(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["item_ids"]
        return web.json_response([self.jobs[number] for number in wanted if number in self.jobs])

    async def status(self, _: web.Request) -> web.Response:
        counts = dict.fromkeys(STATUS["queue"], 0)
        for job in self.jobs.values():
            counts[job["status"]] += 1
        return web.json_response({"queue": counts, "processor": STATUS["processor"]})


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.operations |= MORE
    async with stand_in.served():
        yield stand_in


@pytest.fixture
def queue(server: StandIn) -> Queue:
    return Queue(server)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(http: aiohttp.ClientSession, server: StandIn) -> InvokeAIClient:
    return InvokeAIClient(http, Endpoint(server.url), "studio", patience=AT_ONCE)


def heard(into: list[Any], answer: object) -> Any:
    async def listen(request: web.Request) -> web.Response:
        into.append((dict(request.query), await request.json() if request.can_read_body else None))
        return web.json_response(answer)

    return listen


def counting(*canceled: int) -> Any:
    """Answers with these counts, one after the other."""
    left = list(canceled)

    async def counts(_: web.Request) -> web.Response:
        return web.json_response({"canceled": left.pop(0), "failed": 0})

    return counts


async def test_the_count_of_a_batch_holds_the_job_that_ran_though_older_servers_leave_it_out(
    client: InvokeAIClient, server: StandIn
) -> None:
    told: list[Any] = []
    server.answers[f"{QUEUE}/cancel_by_batch_ids"] = heard(told, {"canceled": 2})
    server.answers[f"{QUEUE}/b/b1/status"] = counting(4, 7)
    assert await client.cancel_batch("b1") == 3
    assert told == [({}, {"batch_ids": ["b1"]})]


async def test_the_newest_servers_count_of_a_batch_is_taken_as_it_is(
    client: InvokeAIClient, server: StandIn
) -> None:
    server.operations |= NEWEST
    server.answers[f"{QUEUE}/cancel_by_batch_ids"] = {"canceled": 3}
    assert await client.cancel_batch("b1") == 3
    assert server.count(f"GET {QUEUE}/b/b1/status") == 0


async def test_a_destination_is_cancelled_as_a_whole(client: InvokeAIClient, server: StandIn) -> None:
    told: list[Any] = []
    server.answers[f"{QUEUE}/cancel_by_destination"] = heard(told, {"canceled": 1})
    server.answers[f"{QUEUE}/counts_by_destination"] = counting(0, 2)
    assert await client.cancel_destination("canvas:a b&c") == 2
    assert told == [({"destination": "canvas:a b&c"}, None)]


@pytest.mark.parametrize("how", ["batch", "destination", "waiting"])
async def test_what_a_server_can_not_cancel_together_is_cancelled_one_by_one(
    client: InvokeAIClient, server: StandIn, queue: Queue, how: str
) -> None:
    for name in ("cancel_by_batch_ids", "cancel_by_destination", "cancel_all_except_current"):
        del server.operations[name]
    mine = {"batch_id": "mine", "destination": "here"}
    queue.put(1, "completed", **mine)
    queue.put(2, "in_progress", **mine)
    queue.put(3, "pending", **mine)
    queue.put(4, "pending", batch_id="yours", destination="there")
    canceled = {
        "batch": lambda: client.cancel_batch("mine"),
        "destination": lambda: client.cancel_destination("here"),
        "waiting": client.cancel_waiting,
    }[how]
    assert await canceled() == 2
    expected = [3, 4] if how == "waiting" else [2, 3]
    assert [number for number, job in queue.jobs.items() if job["status"] == "canceled"] == expected


async def test_a_job_that_ended_meanwhile_is_not_counted_as_cancelled(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    del server.operations["cancel_all_except_current"]
    queue.put(3, "pending")
    queue.put(4, "pending")
    queue.put(5, "pending")
    server.answers[f"{QUEUE}/i/3"] = ITEM | {"item_id": 3, "status": "completed"}
    del server.answers[f"{QUEUE}/i/4/cancel"]  # gone
    assert await client.cancel_waiting() == 1


async def test_a_retry_tells_the_numbers_that_were_taken(client: InvokeAIClient, server: StandIn) -> None:
    server.operations |= NEWEST
    told: list[Any] = []
    server.answers[f"{QUEUE}/retry_items_by_id"] = heard(told, {"retried_item_ids": [3]})
    assert await client.retry([3, 1, 3]) == (3,)
    assert told == [({}, [3, 1])]


async def test_a_number_that_is_gone_does_not_make_an_older_server_refuse_a_retry(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    told: list[Any] = []
    queue.put(3, "failed")
    server.answers[f"{QUEUE}/retry_items_by_id"] = heard(told, {"retried_item_ids": [3]})
    assert await client.retry([3, 999_999]) == (3,)
    assert told == [({}, [3])]


async def test_a_server_that_can_not_retry_says_so_in_a_plain_sentence(
    client: InvokeAIClient, server: StandIn
) -> None:
    del server.operations["retry_items_by_id"]
    with pytest.raises(OperationMissing) as raised:
        await client.retry([3])
    assert str(raised.value) == "This InvokeAI can't retry jobs; it needs 5.7 or later."


async def test_clear_and_prune_tell_how_many_were_deleted(client: InvokeAIClient, server: StandIn) -> None:
    server.answers[f"{QUEUE}/clear"] = {"deleted": 3}
    server.answers[f"{QUEUE}/prune"] = {"deleted": 2016}
    assert (await client.clear(), await client.prune()) == (3, 2016)


async def test_the_failed_jobs_of_a_batch_are_sought_until_all_are_found(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    for number in range(1, 501):
        queue.put(number, "failed", batch_id="mine" if number > 490 else "yours")
    server.answers[f"{QUEUE}/b/mine/status"] = {"canceled": 0, "failed": 10}
    server.answers[f"{QUEUE}/b/other/status"] = {"canceled": 0, "failed": 0}
    found = await client.failed_of("mine")
    assert [job.number for job in found] == list(range(500, 490, -1))
    assert server.count(f"POST {QUEUE}/items_by_ids") == 2  # a server before 6.14 gives 100 at once
    assert await client.failed_of("other") == []


async def test_the_failed_jobs_of_a_batch_are_found_without_its_status(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    del server.operations["get_batch_status"]
    for number in range(1, 251):
        queue.put(number, "failed", batch_id="mine" if number in {2, 240} else "yours")
    assert [job.number for job in await client.failed_of("mine")] == [240, 2]


async def test_all_running_jobs_are_told(client: InvokeAIClient, server: StandIn, queue: Queue) -> None:
    queue.put(1, "completed")
    assert await client.running() == []
    queue.put(2, "in_progress", session=UNSAVED)
    server.answers[f"{QUEUE}/current"] = queue.jobs[2]
    (one,) = await client.running()
    assert (one.number, one.status, one.session_id) == (2, JobStatus.IN_PROGRESS, None)
    queue.put(5, "in_progress")
    assert [job.number for job in await client.running()] == [5, 2]


async def test_a_job_that_ends_between_two_questions_does_not_run(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    queue.put(2, "in_progress")

    async def nothing(_: web.Request) -> web.Response:
        return web.json_response(None)

    server.answers[f"{QUEUE}/current"] = nothing
    assert await client.running() == []


async def test_a_thumbnail_comes_like_an_image(client: InvokeAIClient, server: StandIn) -> None:
    async def webp(_: web.Request) -> web.Response:
        return web.Response(body=b"RIFF", content_type="image/webp")

    server.answers["/api/v1/images/i/fox.png/thumbnail"] = webp
    assert await client.thumbnail("fox.png", 4) == b"RIFF"
    for name, limit in (("fox.png", 3), ("gone.png", 4), ("../x", 4)):
        with pytest.raises(ImageUnusable):
            await client.thumbnail(name, limit)


@pytest.mark.parametrize(("queue_id", "unknown"), [("default", False), ("defualt", True)])
async def test_a_queue_that_never_had_a_job_may_be_mistyped(
    http: aiohttp.ClientSession, server: StandIn, queue_id: str, unknown: bool
) -> None:
    empty = {"queue": dict.fromkeys(STATUS["queue"], 0), "processor": STATUS["processor"]}
    server.answers[f"/api/v1/queue/{queue_id}/status"] = empty
    server.answers[f"/api/v1/queue/{queue_id}/item_ids"] = {"item_ids": []}
    client = InvokeAIClient(http, Endpoint(server.url, queue_id=queue_id), "studio", patience=AT_ONCE)
    with capture_logs() as told:
        await client.connect()
        assert await client.unknown_queue() is unknown
    warned = [line for line in told if line["event"] == "queue_id_unproven"]
    assert [line["queue_id"] for line in warned] == [queue_id] * unknown


async def test_a_queue_with_a_job_is_known(http: aiohttp.ClientSession, server: StandIn) -> None:
    server.answers["/api/v1/queue/other/status"] = STATUS
    client = InvokeAIClient(http, Endpoint(server.url, queue_id="other"), "studio", patience=AT_ONCE)
    with capture_logs() as told:
        await client.connect()
    assert [line for line in told if line["event"] == "queue_id_unproven"] == []


def processor(*, processing: bool, in_progress: int = 0) -> dict[str, Any]:
    counts = dict.fromkeys(STATUS["queue"], 0) | {"in_progress": in_progress}
    return {"queue": counts, "processor": {"is_started": True, "is_processing": processing}}


@pytest.mark.parametrize(
    ("status", "running_since", "interrupted"),
    [
        (processor(processing=False), None, True),
        (processor(processing=True), None, False),  # its node has not stopped yet
        (processor(processing=True, in_progress=1), "2026-11-24 05:31:48.000", True),
        (processor(processing=True, in_progress=1), "2026-11-24 05:31:40.000", False),  # on another GPU
    ],
)
async def test_a_canceled_job_is_interrupted_when_nothing_of_it_can_still_be_running(
    client: InvokeAIClient, server: StandIn, status: Any, running_since: str | None, interrupted: bool
) -> None:
    queue = Queue(server)
    queue.put(7, "canceled", **STARTED, session=UNSAVED)
    server.answers[f"{QUEUE}/status"] = status
    server.answers[f"{QUEUE}/current"] = ITEM | {
        "item_id": 8,
        "status": "in_progress",
        "started_at": running_since,
    }
    assert (await client.job(7)).interrupted is interrupted


@pytest.mark.parametrize(
    ("started", "interrupted"), [("2026-11-24 05:31:48.000", True), ("2026-11-24 05:31:40.000", False)]
)
async def test_between_two_jobs_the_one_that_ended_last_tells_whether_the_processor_has_moved_on(
    client: InvokeAIClient, server: StandIn, started: str, interrupted: bool
) -> None:
    queue = Queue(server)
    queue.put(7, "canceled", **STARTED, session=UNSAVED)
    queue.put(8, "completed", started_at=started, completed_at="2026-11-24 05:31:49.000")
    counts = processor(processing=True)
    counts["queue"] |= {"canceled": 1, "completed": 1}
    server.answers[f"{QUEUE}/status"] = counts
    assert (await client.job(7)).interrupted is interrupted


async def test_a_session_that_is_saved_between_two_questions_shows_that_a_person_cancelled(
    client: InvokeAIClient, server: StandIn
) -> None:
    saved = UNSAVED | {"execution_graph": {"nodes": {"x": {"type": "sandbox_draw"}}}}
    sessions = [UNSAVED, saved]

    async def item(_: web.Request) -> web.Response:
        return web.json_response(ITEM | STARTED | {"session": sessions.pop(0)})

    server.answers[f"{QUEUE}/i/7"] = item
    server.answers[f"{QUEUE}/status"] = processor(processing=False)
    assert not (await client.job(7)).interrupted


async def test_a_403_says_what_is_missing(client: InvokeAIClient, server: StandIn) -> None:
    async def forbidden(_: web.Request) -> web.Response:
        return web.json_response({"detail": "Admin privileges required"}, status=403)

    server.answers[f"{QUEUE}/prune"] = forbidden
    with pytest.raises(LoginNeeded, match=r"make it an admin there\.$") as raised:
        await client.prune()
    assert raised.value.with_details.endswith(f"({server.url} said: Admin privileges required)")
