"""Starts, stops and kills the sandbox; its queue and pictures outlive each run, as a database would."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiohttp import web

from sandbox.invokeai.board_routes import BoardRoutes
from sandbox.invokeai.boards import Boards
from sandbox.invokeai.events import Events
from sandbox.invokeai.faults import Fault, suffer
from sandbox.invokeai.image_routes import ImageRoutes
from sandbox.invokeai.images import ImageStore
from sandbox.invokeai.invoking import Invoker
from sandbox.invokeai.operations import Refused, refusal
from sandbox.invokeai.processor import Processor
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.queue_routes import QueueRoutes
from sandbox.invokeai.routes import add_to, table
from sandbox.invokeai.sockets import Sockets

HOST = "127.0.0.1"
MAX_QUEUE_SIZE = 10_000


class Access(NamedTuple):
    method: str
    path: str
    status: int


def utcnow() -> datetime:
    return datetime.now(UTC)


class SandboxInvokeAI:
    """An InvokeAI 6.14.2, single-user, in this process. `speed` 2.0 draws twice as fast."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = utcnow,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        speed: float = 1.0,
        rng: random.Random | None = None,
        max_queue_size: int = MAX_QUEUE_SIZE,
        subscription_needed: bool = False,
    ) -> None:
        self._dice = rng or random.Random()
        self._wake = asyncio.Event()
        self._well_again = asyncio.Event()
        self._sockets = Sockets(subscription_needed=subscription_needed)
        events = Events(self._sockets.emit, clock)
        self.images = ImageStore(clock=clock, new_id=self._new_id)
        self.boards = Boards(clock=clock, new_id=self._new_id)
        self.queue = SessionQueue(
            events=events,
            clock=clock,
            new_id=self._new_id,
            wake=self._wake.set,
            max_queue_size=max_queue_size,
        )
        self.processor = Processor(
            queue=self.queue,
            events=events,
            invoker=Invoker(images=self.images, sleep=sleep, speed=speed),
            wake=self._wake,
        )
        self.access_log: list[Access] = []
        self._fault: Fault | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Without a trailing slash; the last one while it is stopped."""
        return f"http://{HOST}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault
        self._well_again.set()
        self._well_again = asyncio.Event()

    async def start(self, port: int = 0) -> None:
        """Port 0 takes a free one. A job that the last end interrupted is canceled, and nobody is told."""
        self.queue.cancel_interrupted()
        self.processor.forget()
        app = web.Application(middlewares=[self._record], client_max_size=64 * 2**20)
        self._sockets.attach(app)
        boards = BoardRoutes(self.boards, self.images)
        add_to(app.router, table(QueueRoutes(self.queue, self.processor), ImageRoutes(self.images), boards))
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        self._port = port
        await self.back()
        self._tasks = [
            asyncio.create_task(self._sockets.run(), name="sandbox-invokeai-sockets"),
            asyncio.create_task(self.processor.run(), name="sandbox-invokeai-processor"),
        ]

    async def stop(self) -> None:
        """Says goodbye to its clients; a running job is cut off."""
        await self._sockets.close()
        await self._end()

    async def kill(self) -> None:
        """Like kill -9: connections break, no event, no farewell. `start(port=…)` brings it up again."""
        await self.away()
        await self._sockets.close()
        await self._end()

    async def away(self) -> None:
        """Breaks every connection and refuses new ones; its work goes on."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        if self._runner is not None and self._runner.server is not None:
            for connection in list(self._runner.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()

    async def back(self) -> None:
        """Listens again, on the same port."""
        if self._runner is None:
            raise RuntimeError("the sandbox is not started")
        self._site = web.TCPSite(self._runner, HOST, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self._site = None

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        response = await self._respond(request, handler)
        self.access_log.append(Access(request.method, request.path, response.status))
        return response

    async def _respond(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = self._fault
        if fault is not None and fault is not Fault.HALF_JSON:
            return await suffer(fault, self._well_again, None)
        try:
            response: web.StreamResponse = await handler(request)
        except Refused as refused:
            response = refusal(refused)
        if fault is None:
            return response
        return await suffer(fault, self._well_again, response)
