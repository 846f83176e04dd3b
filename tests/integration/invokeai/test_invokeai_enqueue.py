"""A new batch whose answer is lost: it is looked for under its own id, and never queued twice."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from fakes import Seconds
from invokeai_stand_in import ITEM, StandIn

from bot.domain.jobs import Again, Enqueued
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import KEEPALIVE_TIMEOUT, Patience, open_session
from bot.invokeai.requeue.batch import BatchBody

QUEUE = "/api/v1/queue/default"
ENQUEUE = f"POST {QUEUE}/enqueue_batch"
STATUS = f"GET {QUEUE}/b/ours/status"
UVICORN_KEEPALIVE = 5.0
"""Seconds."""
JOB = ITEM | {"session": {"graph": {"nodes": {"n": {"type": "noise", "seed": 3}}}}}


class Queue:
    """Queues a batch, and then does `then`: "answer", "break off", "say 502", or "be silent".

    `deaf`: so many requests are dropped unread.
    """

    def __init__(self) -> None:
        self.jobs: list[tuple[int, str]] = []
        self.then = "answer"
        self.deaf = 0
        self.silence = asyncio.Event()

    async def enqueue(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        if self.deaf:
            self.deaf -= 1
            request.transport.abort()
            return web.Response()
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
        rows = [ITEM | {"item_id": number, "batch_id": batch} for number, batch in [(7, "old"), *self.jobs]]
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
        f"{QUEUE}/i/7": JOB,
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
        yield InvokeAIClient(
            session, Endpoint(server.url), "studio", patience=patience, new_id=lambda: "ours"
        )


async def test_a_batch_that_is_answered_is_not_looked_for(client: InvokeAIClient, server: StandIn) -> None:
    done = await client.reruns.again(7, [11, 12])
    assert done == Again(Enqueued("ours", 2, 2, (8, 9)), (11, 12))
    assert server.count(STATUS) == 0


async def test_half_a_character_that_would_stop_the_whole_queue_is_never_sent(
    client: InvokeAIClient, server: StandIn
) -> None:
    graph = {"nodes": {"n": {"type": "string", "value": "a \ud83d fox"}}}
    with pytest.raises(RequestRefused, match="nothing was queued"):
        await client.reruns._enqueuer.enqueue(BatchBody(graph, 1))  # pyright: ignore[reportPrivateUsage] - a job is read before it is queued again
    assert server.count(ENQUEUE) == 0


@pytest.mark.parametrize("then", ["break off", "say 502", "be silent"])
async def test_a_batch_whose_answer_is_lost_is_found_and_not_queued_again(
    client: InvokeAIClient, server: StandIn, queue: Queue, then: str
) -> None:
    queue.then = then
    done = await client.reruns.again(7, [11, 12])
    assert done == Again(Enqueued("ours", 2, 2, (8, 9)), (11, 12))
    assert server.count(ENQUEUE) == 1
    assert len(queue.jobs) == 2


async def test_a_batch_that_was_never_heard_is_sent_again_under_the_same_id(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    queue.deaf = 1
    done = await client.reruns.again(7, [11])
    assert done.enqueued.numbers == (8,)
    assert queue.jobs == [(8, "ours")]
    assert server.asked.index(STATUS) < len(server.asked) - 1  # it looked before the second try
    assert server.count(ENQUEUE) == 2


async def test_a_second_answer_that_is_lost_is_looked_for_too(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    queue.deaf, queue.then = 1, "break off"
    assert (await client.reruns.again(7, [11])).enqueued == Enqueued("ours", 1, 1, (8,))
    assert len(queue.jobs) == 1


async def test_after_two_tries_the_person_is_told_to_look(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    queue.deaf = 2
    with pytest.raises(InvokeAIUnavailable, match=r"broke off.*look at the queue before you try again"):
        await client.reruns.again(7, [11])
    assert server.count(ENQUEUE) == 2


async def test_a_server_that_may_still_be_at_it_is_not_sent_the_batch_again(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    async def late(_: web.Request) -> web.Response:
        await queue.silence.wait()
        return web.Response()

    server.answers[f"{QUEUE}/enqueue_batch"] = late
    with pytest.raises(InvokeAIUnavailable, match=r"took too long.*may be queued all the same"):
        await client.reruns.again(7, [11])
    assert server.count(ENQUEUE) == 1


@pytest.mark.parametrize("lacks", ["operation", "answer"])
async def test_a_batch_that_can_not_be_looked_for_is_not_sent_again(
    client: InvokeAIClient, server: StandIn, queue: Queue, lacks: str
) -> None:
    if lacks == "operation":
        del server.operations["get_batch_status"]
    else:
        server.answers[f"{QUEUE}/b/ours/status"] = queue.ids
    queue.deaf = 1
    with pytest.raises(InvokeAIUnavailable, match="may be queued all the same"):
        await client.reruns.again(7, [11])
    assert server.count(ENQUEUE) == 1


async def test_numbers_that_are_not_all_found_are_not_told(
    client: InvokeAIClient, server: StandIn, queue: Queue
) -> None:
    queue.then = "break off"
    server.answers[f"{QUEUE}/items_by_ids"] = []
    done = await client.reruns.again(7, [11])
    assert done.enqueued == Enqueued("ours", 1, 1, ())


async def test_a_server_that_is_not_reached_has_queued_nothing() -> None:
    stand_in = StandIn()
    stand_in.operations["enqueue_batch"] = ("post", "/api/v1/queue/{queue_id}/enqueue_batch")
    async with open_session() as session:
        async with stand_in.served():
            client = InvokeAIClient(session, Endpoint(stand_in.url), "studio")
            await client.connect()
        with pytest.raises(InvokeAIUnavailable):
            await client.status()  # the pool notices
        with pytest.raises(InvokeAIUnavailable, match=r"does not answer\. Is it running\?$"):
            await client.reruns._enqueuer.enqueue(BatchBody({}, 1))  # pyright: ignore[reportPrivateUsage] - a job is read before it is queued again


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
