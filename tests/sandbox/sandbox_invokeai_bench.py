"""What the tests of the sandbox InvokeAI share: a bench to try it on, an ear at its socket, shapes."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import socketio
from fakes import Clock

from sandbox.invokeai import SandboxInvokeAI

FIXTURES = Path(__file__).parents[1] / "fixtures" / "invokeai"
OPENAPI = FIXTURES / "v6.14.2" / "openapi.json"
QUEUE = "/api/v1/queue/default"
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$")
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
Json = dict[str, Any]


def captured(version: str, name: str) -> Json:
    """The test node's name on the real server was another one; all else is as captured."""
    text = (FIXTURES / f"v{version}" / f"{name}.json").read_text().replace("bot_slow_image", "sandbox_draw")
    return json.loads(text)


def shape(value: Any) -> Any:
    """Names and types; ids and times by their pattern; of a collection its different shapes, in any order."""
    if isinstance(value, dict):
        fields = cast("Json", value)
        if fields and all(UUID.match(key) for key in fields):
            return {"by uuid": shape(list(fields.values()))}
        return {key: shape(item) for key, item in sorted(fields.items()) if key != "fail_with"}
    if isinstance(value, list):
        return sorted({repr(shape(item)) for item in cast("list[Any]", value)})
    if isinstance(value, str):
        return "uuid" if UUID.match(value) else "time" if STAMP.match(value) else "str"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return value if value is None else type(value).__name__


async def until(condition: Callable[[], object]) -> None:
    while not condition():  # noqa: ASYNC110 - only the loop's own work is awaited, no time
        await asyncio.sleep(0)


class Bench:
    """A sandbox whose steps wait while `held`, and a client of it."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock(datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC))
        self.free = asyncio.Event()
        self.free.set()
        self.server = SandboxInvokeAI(clock=self.clock, sleep=self._sleep, **options)

    async def _sleep(self, _seconds: float) -> None:
        await self.free.wait()

    async def start(self) -> None:
        await self.server.start()
        self.http = aiohttp.ClientSession(self.server.url)

    async def stop(self) -> None:
        self.free.set()
        await self.http.close()
        await self.server.stop()

    async def seen(self, method: str, path: str, body: Any = None) -> tuple[int, str, Any]:
        """Status, content type, and the body, read as JSON where it is. `allowed` then holds the verbs."""
        async with self.http.request(method, path, json=body) as response:
            self.allowed = response.headers.get("allow")
            kind = response.headers["content-type"]
            return (
                response.status,
                kind,
                await (response.json() if "json" in kind else response.text()),
            )

    async def get(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def put(self, path: str, body: Any = None) -> Any:
        return await self.ask("PUT", path, body)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, QUEUE + path, json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def draw(self, *, runs: int = 1, prepend: bool = False, **fields: Any) -> Json:
        node = {"id": "s", "type": "sandbox_draw", "steps": 1, "width": 32, "height": 32, **fields}
        batch = {"graph": {"nodes": {"s": node}}, "runs": runs}
        return await self.ask("POST", "/enqueue_batch", {"batch": batch, "prepend": prepend})

    async def running(self) -> None:
        await until(lambda: self.server.processor.status["is_processing"])

    async def idle(self) -> None:
        """Until the worker has put its job down and nothing it may take is left."""
        server = self.server
        await until(
            lambda: (
                not server.processor.status["is_processing"]
                and not (server.processor.is_started and server.queue.select("default", "pending"))
            )
        )

    def statuses(self) -> list[str]:
        return [item.status for item in self.server.queue.items.values()]


class Ear:
    """A socket.io client over TCP that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Json]] = []
        self._news = asyncio.Condition()
        self._client: Any = socketio.AsyncClient(reconnection=False)
        self._client.on("*", self._hear)
        self.lost = asyncio.Event()
        self._client.on("disconnect", self._lose)

    async def listen(self, url: str, queue_id: str | None = "default", token: str | None = None) -> None:
        auth = None if token is None else {"token": token}
        await self._client.connect(url, socketio_path="/ws/socket.io", transports=["websocket"], auth=auth)
        if queue_id is not None:
            await self._client.call("subscribe_queue", {"queue_id": queue_id})  # until it is acknowledged

    async def _hear(self, event: str, payload: Json) -> None:
        async with self._news:
            self.heard.append((event, payload))
            self._news.notify_all()

    async def _lose(self, *_reason: str) -> None:
        self.lost.set()

    async def until(self, event: str, **fields: Any) -> Json:
        def found() -> Json | None:
            for name, payload in self.heard:
                if name == event and fields.items() <= payload.items():
                    return payload
            return None

        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: found() is not None)
        return found() or {}

    def story(self) -> list[str]:
        return [
            f"{event} {payload['status']}" if "status" in payload else event for event, payload in self.heard
        ]

    async def close(self) -> None:
        await self._client.disconnect()
