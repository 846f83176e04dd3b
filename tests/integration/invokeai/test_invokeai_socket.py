"""The socket against a real socket.io server in process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer, unused_port

from bot.domain.jobs import JobStatus, Progress
from bot.errors import InvokeAIUnavailable
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.socket.client import InvokeAISocket, pause_after
from bot.invokeai.socket.events import (
    Connected,
    Disconnected,
    JobChanged,
    JobsQueued,
    QueueChanged,
    SocketEvent,
)

ROOM = {"queue_id": "default"}


class SocketServer:
    """InvokeAI's socket, no more. `tokens` are those of the connections so far, `rooms` the subscriptions."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/invoke/"
        self.tokens: list[str | None] = []
        self.rooms: list[Any] = []
        self.refuses = False
        self.sio: Any = None
        self._server: TestServer | None = None

    async def start(self) -> None:
        self.sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins=[])

        async def connect(_sid: str, _environ: Any, auth: dict[str, str] | None) -> bool:
            self.tokens.append(auth["token"] if auth else None)
            return not self.refuses

        async def subscribe_queue(_sid: str, room: Any) -> None:
            self.rooms.append(room)

        self.sio.on("connect", connect)
        self.sio.on("subscribe_queue", subscribe_queue)
        app = web.Application()
        self.sio.attach(app, socketio_path="/invoke/ws/socket.io")
        self._server = TestServer(app, port=self.port)
        await self._server.start_server(shutdown_timeout=0.1)

    async def stop(self) -> None:
        await self.sio.shutdown()
        assert self._server is not None
        await self._server.close()


@pytest.fixture
async def server() -> AsyncIterator[SocketServer]:
    server = SocketServer(unused_port())
    await server.start()
    yield server
    await server.stop()


async def no_token() -> str | None:
    return None


class Pauses:
    """Counts the pauses instead of making them; `eight` is set after the eighth."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.eight = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) == 8:
            self.eight.set()
        await asyncio.sleep(0)


def listening(url: str, pauses: Pauses | None = None, **changed: Any) -> Any:
    given: dict[str, Any] = {"token": no_token, "sleep": pauses or Pauses(), "dice": lambda: 0.5, **changed}
    return InvokeAISocket(Endpoint(url), "studio", **given).events()


async def following(events: AsyncIterator[SocketEvent], count: int) -> list[SocketEvent]:
    async with asyncio.timeout(10):
        return [await anext(events) for _ in range(count)]


async def test_it_joins_the_queue_and_tells_what_happens(server: SocketServer) -> None:
    events = listening(server.url)
    assert await following(events, 1) == [Connected()]
    assert server.rooms == [ROOM]
    await server.sio.emit("batch_enqueued", ROOM)
    status = {**ROOM, "item_id": 7, "status": "in_progress", "queue_status": {"pending": 4}}
    await server.sio.emit("queue_item_status_changed", status)
    await server.sio.emit("invocation_progress", {**ROOM, "item_id": 7, "message": "m", "percentage": 0.5})
    assert await following(events, 3) == [
        JobsQueued(),
        JobChanged(7, JobStatus.IN_PROGRESS, 4),
        Progress("studio", 7, "m", 0.5),
    ]
    await events.aclose()


async def test_malformed_payloads_are_left_out(server: SocketServer) -> None:
    events = listening(server.url)
    await following(events, 1)
    for payload in (None, "text", {"queue_id": "default"}, {**ROOM, "item_id": "x", "status": 3}, b"\0"):
        await server.sio.emit("queue_item_status_changed", payload)
    await server.sio.emit("queue_item_status_changed", (ROOM, ROOM, ROOM))
    await server.sio.emit("some_new_event", {"a": 1})
    await server.sio.emit("queue_cleared", ROOM)
    assert await following(events, 1) == [QueueChanged()]
    await events.aclose()


async def test_a_preview_larger_than_a_usual_message_does_not_end_the_connection(
    server: SocketServer,
) -> None:
    events = listening(server.url)
    await following(events, 1)
    preview = "data:image/jpeg;base64," + "A" * (5 * 2**20)
    told = {**ROOM, "item_id": 7, "message": "m", "image": {"dataURL": preview}}
    await server.sio.emit("invocation_progress", told)
    assert await following(events, 1) == [Progress("studio", 7, "m", None, None)]
    await events.aclose()


async def test_it_comes_back_after_a_restart_and_joins_again(server: SocketServer) -> None:
    events = listening(server.url)
    await following(events, 1)
    await server.stop()
    (told,) = await following(events, 1)
    assert isinstance(told, Disconnected)
    await server.start()
    assert await following(events, 1) == [Connected()]
    assert server.rooms == [ROOM, ROOM]
    await events.aclose()


async def test_a_silence_is_told_once_and_tried_again_within_two_seconds() -> None:
    server, pauses = SocketServer(unused_port()), Pauses()
    events = listening(server.url, pauses)
    told = f"InvokeAI does not answer. Is it running? (http://127.0.0.1:{server.port}/invoke)"
    assert await following(events, 1) == [Disconnected(told)]
    await pauses.eight.wait()
    assert pauses.taken[:8] == [0.5, 1, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    await server.start()
    assert await following(events, 1) == [Connected()]
    await events.aclose()
    await server.stop()


def test_after_a_long_absence_pauses_grow_further() -> None:
    assert [pause_after(failures, away=True) for failures in (1, 2, 3, 400, 401)] == [0.5, 1, 1.5, 1.5, 30]
    assert [pause_after(failures, away=False) for failures in (1, 2, 3, 7, 10**6)] == [0.5, 1, 2, 30, 30]


async def test_who_refuses_us_is_asked_ever_less_often() -> None:
    app, pauses = web.Application(), Pauses()
    async with TestServer(app) as other:
        events = listening(str(other.make_url("/")), pauses)
        await following(events, 1)
        await pauses.eight.wait()
        await events.aclose()
    assert pauses.taken[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_each_connection_asks_for_a_token(server: SocketServer) -> None:
    given: list[str] = []

    async def token() -> str | None:
        given.append(f"token-{len(given) + 1}")
        return given[-1]

    events = listening(server.url, token=token)
    await following(events, 1)
    await server.stop()
    await following(events, 1)
    await server.start()
    await following(events, 1)
    assert server.tokens == [given[0], given[-1]]
    await events.aclose()


async def test_a_refusal_is_told_and_tried_again(server: SocketServer) -> None:
    server.refuses = True
    events = listening(server.url)
    (told,) = await following(events, 1)
    assert isinstance(told, Disconnected)
    assert "refuses us" in told.reason
    server.refuses = False
    assert await following(events, 1) == [Connected()]
    await events.aclose()


async def test_no_token_to_be_had_is_a_silence_too(server: SocketServer) -> None:
    async def token() -> str | None:
        raise InvokeAIUnavailable("http://studio does not answer.")

    events = listening(server.url, token=token)
    assert await following(events, 1) == [Disconnected("http://studio does not answer.")]
    await events.aclose()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "A proxy lets no WebSocket through at /ws/socket.io (HTTP 404)."),
        (502, "has trouble (HTTP 502)."),
    ],
)
async def test_a_proxy_without_websockets_and_one_in_trouble_are_told(status: int, said: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/ws/socket.io/", answer)
    async with TestServer(app) as other:
        events = listening(str(other.make_url("/")))
        [told] = await following(events, 1)
        assert isinstance(told, Disconnected)
        assert told.reason.endswith(said)
        await events.aclose()


async def test_the_headers_for_a_proxy_go_with_the_connection() -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        seen.extend(request.headers.get(name) for name in ("X-Key", "Authorization"))
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/ws/socket.io/", answer)
    async with TestServer(app) as other:
        url = str(other.make_url("/")).replace("http://", "http://me:p%C3%A9@")
        events = InvokeAISocket(
            Endpoint(url, headers={"X-Key": "word"}), "studio", token=no_token, sleep=Pauses()
        ).events()
        await following(events, 1)
        await events.aclose()
    assert seen[:2] == ["word", "Basic bWU6cMOp"]


@pytest.mark.parametrize("first", ['0{"sid":', "4", "0{}", "nonsense", ""])
async def test_a_server_that_speaks_something_else_is_a_silence(first: str) -> None:
    async def babble(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(first)
        async for message in socket:
            assert message.type is not WSMsgType.ERROR
        return socket

    app = web.Application()
    app.router.add_get("/ws/socket.io/", babble)
    async with TestServer(app) as other:
        events = listening(str(other.make_url("/")))
        (told,) = await following(events, 1)
        assert isinstance(told, Disconnected)
        await events.aclose()


async def test_a_server_that_says_nothing_is_a_silence() -> None:
    async def silent(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/ws/socket.io/", silent)
    async with TestServer(app) as other:
        events = listening(str(other.make_url("/")), patience=0.05)
        assert await following(events, 1) == [Disconnected("InvokeAI's socket took too long to answer.")]
        await events.aclose()


@pytest.mark.parametrize("up", [True, False])
async def test_closing_leaves_no_task_behind(server: SocketServer, up: bool) -> None:
    if not up:
        await server.stop()
    before = asyncio.all_tasks()
    events = listening(server.url)
    await following(events, 1)
    await events.aclose()
    for _ in range(20):  # what was told to end may need a turn of the loop
        await asyncio.sleep(0)
    left = {
        task
        for task in asyncio.all_tasks() - before
        if "socket of" in task.get_name() or "_loop" in repr(task)
    }
    assert left == set()
    if not up:
        await server.start()


async def test_a_cancelled_reader_ends_at_once(server: SocketServer) -> None:
    heard = asyncio.Event()

    async def read() -> None:
        async for _ in listening(server.url):
            heard.set()

    reader = asyncio.create_task(read())
    await heard.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
