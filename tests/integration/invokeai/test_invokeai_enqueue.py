"""New batches and retries, and how those are found whose answer is lost."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from fakes import Seconds
from invokeai_stand_in import ITEM, StandIn

from bot.domain.jobs import Enqueued
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import KEEPALIVE_TIMEOUT, Patience, open_session
from bot.invokeai.http_errors import NotReached
from bot.invokeai.requeue.batch import BatchBody

QUEUE = "/api/v1/queue/default"
ENQUEUE = f"POST {QUEUE}/enqueue_batch"
STATUS = f"GET {QUEUE}/b/ours/status"
UVICORN_KEEPALIVE = 5.0
"""Seconds."""


class Queue:
    """Queues a batch, and then does `then`: "answer", "break off", "say 502", or "be silent".

    `retries`: which job each one retries.
    """

    def __init__(self) -> None:
        self.jobs: list[tuple[int, str]] = []
        self.then = "answer"
        self.retries: dict[int, int] = {}
        self.silence = asyncio.Event()

    async def enqueue(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        batch = (await request.json())["batch"]
        numbers = [8 + len(self.jobs) + place for place in range(len(batch["data"][0][0]["items"]))]
        self.jobs += [(number, batch["batch_id"]) for number in numbers]
        if self.then == "break off":
            request.transport.abort()
        elif self.then == "say 502":
            return web.Response(status=502)
        elif self.then == "be silent":
            await self.silence.wait()
        count = len(numbers)
        told = {"requested": count, "enqueued": count, "batch": batch, "item_ids": numbers}
        return web.json_response(told)

    async def status(self, _: web.Request) -> web.Response:
        total = sum(batch == "ours" for _, batch in self.jobs)
        return web.json_response({"canceled": 0, "failed": 0, "total": total})

    async def ids(self, _: web.Request) -> web.Response:
        return web.json_response({"item_ids": [7, *(number for number, _ in self.jobs)]})

    async def read(self, request: web.Request) -> web.Response:
        wanted = (await request.json())["item_ids"]
        rows = [
            ITEM | {"item_id": number, "batch_id": batch, "retried_from_item_id": self.retries.get(number)}
            for number, batch in [(7, "old"), *self.jobs]
        ]
        return web.json_response([row for row in rows if row["item_id"] in wanted])


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
async def server(queue: Queue) -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.operations["enqueue_batch"] = ("post", "/api/v1/queue/{queue_id}/enqueue_batch")
    stand_in.operations["get_batch_status"] = ("get", "/api/v1/queue/{queue_id}/b/{batch_id}/status")
    stand_in.answers |= {
        f"{QUEUE}/enqueue_batch": queue.enqueue,
        f"{QUEUE}/b/ours/status": queue.status,
        f"{QUEUE}/item_ids": queue.ids,
        f"{QUEUE}/items_by_ids": queue.read,
    }
    async with stand_in.served():
        yield stand_in
        queue.silence.set()


@pytest.fixture
async def client(server: StandIn) -> AsyncIterator[InvokeAIClient]:
    async with open_session() as session:
        patience = Patience(read=0.3, pause=0, max_pause=0)
        yield InvokeAIClient(session, Endpoint(server.url), "studio", patience=patience)


BATCH = BatchBody({"graph": {}, "data": [[{"node_path": "n", "field_name": "seed", "items": [11, 12]}]]}, 2)


async def test_a_batch_goes_under_our_id_and_its_numbers_are_told(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    assert await client.batches.send(BATCH, "ours") == Enqueued("ours", 2, 2, (8, 9))
    assert queue.jobs == [(8, "ours"), (9, "ours")]
    assert server.count(STATUS) == 0


async def test_half_a_character_that_would_stop_the_whole_queue_is_never_sent(
    client: InvokeAIClient, server: StandIn
) -> None:
    graph = {"nodes": {"n": {"type": "string", "value": "a \ud83d fox"}}}
    with pytest.raises(RequestRefused, match="nothing was queued"):
        await client.batches.send(BatchBody(graph, 1), "ours")
    assert server.count(ENQUEUE) == 0


@pytest.mark.parametrize("then", ["break off", "say 502", "be silent"])
async def test_a_batch_whose_answer_is_lost_is_sent_once_and_found_by_its_id(
    client: InvokeAIClient, server: StandIn, queue: Queue, then: str
) -> None:
    queue.then = then
    with pytest.raises(InvokeAIUnavailable) as lost:
        await client.batches.send(BATCH, "ours")
    assert not isinstance(lost.value, NotReached)
    assert (await client.batches.counts("ours")).total == 2
    assert server.count(ENQUEUE) == 1


async def test_a_retry_is_found_among_the_newest_jobs(client: InvokeAIClient, queue: Queue) -> None:
    queue.jobs = [(8, "old"), (9, "old"), (10, "old")]
    queue.retries = {8: 7, 10: 7}
    found = [await client.batches.retried(7, above) for above in (7, 8, 10)]
    assert [one.number if one else None for one in found] == [8, 10, None]


async def test_a_server_that_is_not_reached_has_queued_nothing() -> None:
    stand_in = StandIn()
    stand_in.operations["enqueue_batch"] = ("post", "/api/v1/queue/{queue_id}/enqueue_batch")
    async with open_session() as session:
        async with stand_in.served():
            client = InvokeAIClient(session, Endpoint(stand_in.url), "studio")
            await client.connect()
        with pytest.raises(InvokeAIUnavailable):
            await client.status()  # the pool notices
        with pytest.raises(NotReached, match=r"does not answer\. Is it running\?$"):
            await client.batches.send(BatchBody({}, 1), "ours")


async def test_a_retry_whose_connection_breaks_is_sent_once(client: InvokeAIClient, server: StandIn) -> None:
    """aiohttp by itself would send a PUT a second time."""
    server.operations["retry_items_by_id"] = ("put", "/api/v1/queue/{queue_id}/retry_items_by_id")
    server.operations["get_queue_item_summaries_by_ids"] = ("post", "/none")

    async def breaks(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.answers[f"{QUEUE}/retry_items_by_id"] = breaks
    with pytest.raises(InvokeAIUnavailable, match="broke off"):
        await client.retry([7])
    assert server.count(f"PUT {QUEUE}/retry_items_by_id") == 1


@pytest.mark.parametrize("idle", [1.0, 3.9, 4.5, 4.99, 5.01, 6.0, 14.0])
async def test_after_any_rest_a_change_is_sent_once_to_a_server_that_ends_idle_connections(
    idle: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn, as InvokeAI runs it, closes what was idle for 5 s, and what is under way then is lost."""
    now = Seconds()
    monkeypatch.setattr(aiohttp.connector, "monotonic", now)
    stand_in, last = StandIn(), dict[asyncio.BaseTransport, float]()

    async def cancel(request: web.Request) -> web.Response:
        assert request.transport is not None
        if now() - last.get(request.transport, now()) >= UVICORN_KEEPALIVE:
            request.transport.abort()
        last[request.transport] = now()
        return web.json_response(ITEM)

    stand_in.answers[f"{QUEUE}/i/7/cancel"] = cancel
    async with open_session() as session, stand_in.served():
        client = InvokeAIClient(session, Endpoint(stand_in.url), "studio")
        await client.cancel(7)
        now.now += idle
        await client.cancel(7)
    assert stand_in.count(f"PUT {QUEUE}/i/7/cancel") == 2
    assert len(last) == (1 if idle < KEEPALIVE_TIMEOUT else 2)
