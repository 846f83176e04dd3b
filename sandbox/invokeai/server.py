"""Starts, stops and kills the sandbox; its queue and pictures outlive each run, as a database would."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiohttp import web

from sandbox.invokeai.accounts import Account, Accounts
from sandbox.invokeai.auth_routes import Gate
from sandbox.invokeai.board_routes import BoardRoutes
from sandbox.invokeai.boards import Boards
from sandbox.invokeai.events import Events
from sandbox.invokeai.faces import Faces
from sandbox.invokeai.faults import Fault, Moments, suffer
from sandbox.invokeai.graph import Graph
from sandbox.invokeai.history import Finished, History
from sandbox.invokeai.image_routes import ImageRoutes
from sandbox.invokeai.images import ImageStore
from sandbox.invokeai.invoking import Invoker
from sandbox.invokeai.members import Members
from sandbox.invokeai.operations import Broken, Refused, breakdown, refusal
from sandbox.invokeai.processor import Processor
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.queue_routes import QueueRoutes
from sandbox.invokeai.routes import Rooms, add_to, table
from sandbox.invokeai.routing import Router
from sandbox.invokeai.sockets import Sockets
from sandbox.invokeai.versions import VERSIONS
from sandbox.invokeai.video_routes import VideoRoutes
from sandbox.invokeai.videos import VideoStore
from sandbox.invokeai.workflows import SavedWorkflows, WorkflowRoutes

Json = dict[str, Any]
HOST = "127.0.0.1"
MAX_QUEUE_SIZE = 10_000
DAY = 86_400


class Access(NamedTuple):
    """`size`: bytes of the answer's body. `query`: without the question mark."""

    method: str
    path: str
    status: int
    size: int = 0
    query: str = ""


def utcnow() -> datetime:
    return datetime.now(UTC)


class SandboxInvokeAI:
    """An InvokeAI in this process; `version` is a name of `versions.VERSIONS`. `speed` 2.0 draws twice as
    fast. With `accounts` it is multi-user (6.12 and later). `workers` is the number of GPUs (6.14): "cpu"
    alone, or "cuda:0", "cuda:1"… `max_queue_history` finished jobs outlive a start (6.13 and later).
    """

    def __init__(
        self,
        *,
        version: str = "6.14.2",
        clock: Callable[[], datetime] = utcnow,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        speed: float = 1.0,
        rng: random.Random | None = None,
        max_queue_size: int = MAX_QUEUE_SIZE,
        max_queue_history: int | None = None,
        subscription_needed: bool = False,
        accounts: Sequence[Account] | None = None,
        token_seconds: int = DAY,
        workers: int = 1,
    ) -> None:
        self.version = VERSIONS[version]
        if accounts is not None and not self.version.has_accounts:
            raise ValueError(f"InvokeAI {version} knows no accounts")
        if workers > 1 and not self.version.has_devices:
            raise ValueError(f"InvokeAI {version} runs one job at a time")
        self._dice = rng or random.Random()
        self._clock = clock
        self._wake = asyncio.Event()
        self._well_again = asyncio.Event()
        self._max_queue_history = max_queue_history
        self._devices = [f"cuda:{number}" for number in range(workers)] if workers > 1 else ["cpu"]
        self._accounts = (
            None
            if accounts is None
            else Accounts(
                accounts,
                token_seconds=token_seconds,
                with_epochs=self.version.has_token_epochs,
                clock=clock,
                new_id=self._new_id,
            )
        )
        self._sockets = Sockets(accounts=self._accounts, joins_at_once=self.version.joins_rooms_at_once)
        self.members = Members(self._accounts, self._sockets, has_epochs=self.version.has_token_epochs)
        router = Router("queue" if subscription_needed else self.version.routing, self._sockets.post)
        events = Events(router, clock, self.version)
        self._workflows: dict[str, Json] = {}
        self.images = ImageStore(clock=clock, new_id=self._new_id)
        self.videos = VideoStore(clock=clock, new_id=self._new_id)
        self.boards = Boards(clock=clock, new_id=self._new_id)
        self.saved_workflows = SavedWorkflows(clock=clock, new_id=self._new_id)
        self.queue = SessionQueue(
            events=events,
            clock=clock,
            new_id=self._new_id,
            wake=self._wake.set,
            max_queue_size=max_queue_size,
            version=self.version,
        )
        self.processor = Processor(
            queue=self.queue,
            events=events,
            invoker=Invoker(self.images, self.videos, sleep, speed, app_version=self.version.number),
            wake=self._wake,
            workflows=self._workflows,
        )
        self.access_log: list[Access] = []
        self._fault: Fault | None = None
        self.moments = Moments()
        self.slowness = 0.0
        """So many seconds does each answer wait."""
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
    def logins(self) -> list[tuple[str, bool]]:
        """Every attempt to log in: its e-mail, and whether it was let in."""
        return [] if self._accounts is None else list(self._accounts.logins)

    def save_workflow(self, workflow_id: str, graph: Json) -> None:
        """What a `call_saved_workflow` node with this id runs: nodes and edges as in a batch, with exactly
        one workflow_return node. Raises ValueError.
        """
        checked = Graph.model_validate(graph)
        checked.check()
        if sum(node.type == "workflow_return" for node in checked.nodes.values()) != 1:
            raise ValueError("The selected saved workflow must contain exactly one workflow_return node.")
        self._workflows[workflow_id] = checked.model_dump(mode="json")

    def seed_history(
        self, count: int, *, status: Finished = "completed", queue_id: str = "default"
    ) -> list[int]:
        """The ids of `count` jobs that ended before now, a second apart, with sessions of real size (some
        24 KB of JSON) and, when completed, a picture each. Nobody is told. Up to 5.15 a start prunes them.
        """
        history = History(queue=self.queue, images=self.images, new_id=self._new_id, clock=self._clock)
        return history.add(count, status=status, queue_id=queue_id)

    def vanish(self, item_ids: Iterable[int]) -> None:
        """These items are gone without a word."""
        self.queue.vanish(item_ids)

    def new_database(self) -> None:
        """As with a new database file: no items, no images, and ids from 1 on. Only while it is stopped."""
        if self._runner is not None:
            raise RuntimeError("the sandbox is running")
        self.queue.begin_anew()
        self.images.clear()
        self.videos.clear()
        self.boards.clear()

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault
        self._well_again.set()
        self._well_again = asyncio.Event()

    @property
    def mute(self) -> bool:
        """Whether its sockets stand and say nothing."""
        return self._sockets.mute

    @mute.setter
    def mute(self, mute: bool) -> None:
        self._sockets.mute = mute

    async def start(self, port: int = 0) -> None:
        """Port 0 takes a free one. A job that the last end interrupted is canceled, and nobody is told."""
        self.queue.come_up(self._max_queue_history)
        self.processor.forget()
        app = web.Application(middlewares=[self._record], client_max_size=64 * 2**20)
        self._sockets.attach(app)
        gate = Gate(self._accounts)
        faces = Faces(self.version, self._new_id, self._has)
        queue_routes = QueueRoutes(self.queue, self.processor, faces, gate)
        image_routes = ImageRoutes(self.images, self.version, gate)
        board_routes = BoardRoutes(self.boards, self.images, self.version)
        video_routes = VideoRoutes(self.videos, self.boards, gate)
        workflow_routes = WorkflowRoutes(self.saved_workflows, self.version)
        rooms = Rooms(queue_routes, image_routes, video_routes, board_routes, workflow_routes)
        operations = table(rooms, gate, self.version)
        add_to(app.router, operations, gate, self.version)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        self._port = port
        await self.back()
        self._tasks = [
            asyncio.create_task(self._sockets.run(), name="sandbox-invokeai-sockets"),
            *(
                asyncio.create_task(self.processor.run(device), name=f"sandbox-invokeai-{device}")
                for device in self._devices
            ),
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

    def _has(self, name: str) -> bool:
        return bool(self.images.known([name]) or self.videos.known([name]))

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await asyncio.sleep(self.slowness)
        response = await self.moments.around(request, lambda: self._respond(request, handler))
        body = response.body if isinstance(response, web.Response) and request.method != "HEAD" else None
        size = len(body) if isinstance(body, bytes) else 0
        self.access_log.append(
            Access(request.method, request.path, response.status, size, request.query_string)
        )
        return response

    async def _respond(self, request: web.Request, handler: Any) -> web.StreamResponse:
        fault = self._fault
        if fault is not None and fault is not Fault.HALF_JSON:
            return await suffer(fault, self._well_again, None)
        try:
            response: web.StreamResponse = await handler(request)
        except Refused as refused:
            response = refusal(refused)
        except Broken:
            response = breakdown()
        if fault is None:
            return response
        return await suffer(fault, self._well_again, response)
