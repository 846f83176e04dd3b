"""Discord's gateway without a network, and an event loop whose hours pass at once."""

import asyncio
import errno
import itertools
import json
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
from fakes import START

from bot.discord.gateway import GatewayClient
from bot.discord.identify_budget import Identifies, IdentifyBudget
from bot.discord.reconnect_throttle import ReconnectThrottle

HELLO, IDENTIFY, RESUME, INVALID_SESSION = 10, 2, 6, 9
HEARTBEAT_INTERVAL = 40_000_000
"""Milliseconds. discord.py's heart beats in a thread, by the true clock, and so never here."""
USER = {"id": "1", "username": "bot", "discriminator": "0", "avatar": None}


class _Jump(selectors.DefaultSelector):
    """Waits for nothing but tells how long it should have."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            ready = super().select(5)
            assert ready, "everybody waits, and nothing will ever happen"
        elif not ready and timeout:
            self.passed += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Its time stands still while there is something to do, and else jumps to the next thing."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.passed


def at_once(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run it to its end, whatever time it takes by its own clock."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(work())


def seconds() -> float:
    return asyncio.get_running_loop().time()


class Gateway:
    """`answer` is called at each connection: it may raise, or never return. Times are in seconds."""

    def __init__(self) -> None:
        self.answer: Callable[[], Coroutine[Any, Any, None]] = self.accept
        self.ends_sessions = False
        """Each session is declared invalid as soon as it is there."""
        self.sessions: set[str] = set()
        self.open: list[Socket] = []
        self.made: list[Socket] = []
        self.online = asyncio.Event()
        self.tries: list[float] = []
        self.identified: list[float] = []
        self.resumed: list[float] = []
        self.ids = itertools.count(1)

    async def ws_connect(self, url: str, *, compress: int = 0) -> "Socket":
        del url, compress
        self.tries.append(seconds())
        await self.answer()
        socket = Socket(self)
        self.open.append(socket)
        self.made.append(socket)
        return socket

    async def accept(self) -> None:
        """It is there."""

    async def refuse(self) -> None:
        raise OSError(errno.ECONNREFUSED, "refused")

    async def swallow(self) -> None:
        """Packets vanish."""
        await asyncio.Event().wait()

    async def error_page(self) -> None:
        info: Any = SimpleNamespace(real_url="ws://gateway.invalid")
        raise aiohttp.WSServerHandshakeError(info, (), status=503)

    async def go(self, answer: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """From now on it answers so; what was open breaks."""
        self.answer = answer
        self.online.clear()
        for socket in self.open:
            socket.end(1006)
        self.open.clear()

    async def come_back(self) -> None:
        self.answer = self.accept
        self.ends_sessions = False


class Socket:
    """One connection, as aiohttp would give it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._frames = asyncio.Queue[aiohttp.WSMessage]()
        self.close_code: int | None = None
        self._say({"op": HELLO, "d": {"heartbeat_interval": HEARTBEAT_INTERVAL}})

    @property
    def closed(self) -> bool:
        return self.close_code is not None

    def end(self, code: int) -> None:
        self.close_code = code
        self._frames.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.CLOSED, None, None))

    async def close(self, *, code: int = 1000) -> None:
        self.close_code = self.close_code or code

    async def receive(self, timeout: float | None = None) -> aiohttp.WSMessage:  # noqa: ASYNC109  # aiohttp's signature
        del timeout
        return await self._frames.get()

    async def send_str(self, text: str) -> None:
        frame = json.loads(text)
        if frame["op"] == IDENTIFY:
            self._gateway.identified.append(seconds())
            session = f"session {next(self._gateway.ids)}"
            self._gateway.sessions.add(session)
            self._greet("READY", {"session_id": session})
        elif frame["op"] == RESUME:
            if frame["d"]["session_id"] in self._gateway.sessions:
                self._gateway.resumed.append(seconds())
                self._greet("RESUMED", {})
            else:
                self._say({"op": INVALID_SESSION, "d": False})

    def _greet(self, event: str, data: dict[str, Any]) -> None:
        ready = {"user": USER, "guilds": [], "shard": [0, 1]}
        ready |= {"application": {"id": "1", "flags": 0}, "resume_gateway_url": "ws://gateway.invalid"}
        self._say({"op": 0, "s": 1, "t": event, "d": ready | data})
        if self._gateway.ends_sessions:
            self._gateway.sessions.clear()
            self._say({"op": INVALID_SESSION, "d": False})
        else:
            self._gateway.online.set()

    def _say(self, frame: dict[str, Any]) -> None:
        self._frames.put_nowait(aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, json.dumps(frame), None))


async def connected(client: GatewayClient, gateway: Gateway) -> asyncio.Task[None]:
    """The client's own loop, once it is online for the first time. Cancel it at the end."""

    async def gateway_bot() -> tuple[int, str, dict[str, int]]:
        return 1, "ws://gateway.invalid", {}

    client.http.get_bot_gateway = gateway_bot  # pyright: ignore[reportAttributeAccessIssue]  # simpler limits
    client.http.token = "token"  # opens nothing
    await client._async_setup_hook()  # pyright: ignore[reportPrivateUsage]  # part of its login
    await client.may_identify()
    task = asyncio.create_task(client.connect())
    await gateway.online.wait()
    return task


def now() -> datetime:
    """The time of day by the same clock."""
    return START + timedelta(seconds=seconds())


class KeptInMemory(IdentifyBudget):
    """Kept as long as this object."""

    def __init__(self, limit: int = 1000) -> None:
        super().__init__(cast("Any", None), cast("Any", None), now)
        self.kept = Identifies(limit)

    async def read(self) -> Identifies:
        return self.kept

    async def _keep(self, identifies: Identifies) -> None:
        self.kept = identifies


def new_client(identifies: IdentifyBudget | None = None) -> GatewayClient:
    return GatewayClient(
        ReconnectThrottle(sleep=asyncio.sleep, monotonic=seconds),
        identifies or KeptInMemory(),
        command_prefix=(),
        intents=discord.Intents(guilds=True),
    )
