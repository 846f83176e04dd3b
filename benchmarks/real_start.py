"""What the bot's start and reconnect cost a real InvokeAI that has just been started itself."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from real_invokeai import NEWEST, Access, RealInvokeAI

from benchmarks.process import bot_between
from sandbox.bot_process import BotProcess
from sandbox.discord import SandboxDiscord

PROBE = "/api/v1/app/version?probe"
PROBE_PAUSE = 0.02
AFTER = 3.0
"""Seconds of looking on after the socket stands: what is compared then belongs to the start."""
OPENAPI = "/openapi.json"


@dataclass
class Relay:
    """A port that leads to another one, counts what comes back through it, and can cut all connections."""

    target: int
    port: int = 0
    received: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    @asynccontextmanager
    async def served(self) -> AsyncGenerator["Relay"]:
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = listener.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            listener.close()
            self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()  # InvokeAI is not up yet
            return
        self._writers |= {writer, back}
        await asyncio.gather(self._pump(reader, back, 0), self._pump(there, writer, 1))
        self._writers -= {writer, back}

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, counts: int) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                self.received += counts * len(data)
                target.write(data)
                await target.drain()
        target.close()


@dataclass(frozen=True, slots=True)
class Cost:
    requests: list[Access]
    size: int
    ready: float
    """Seconds."""
    longest: float
    """Milliseconds of the slowest of somebody else's requests meanwhile."""


class Somebody:
    """Asks InvokeAI something small again and again."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url

    async def longest_wait(self, while_: Awaitable[object]) -> float:
        """In milliseconds."""
        work = asyncio.ensure_future(while_)
        longest = 0.0
        while not work.done():
            began = time.monotonic()
            async with self._http.get(self._url + PROBE) as answer:
                await answer.read()
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(PROBE_PAUSE)
        await work
        return 1000 * longest


async def measure() -> None:
    """Prints each, and what asking for the OpenAPI document would have cost. ValueError if the bot asked."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server = RealInvokeAI(folder / "invokeai")
        server.root.mkdir()
        await asyncio.to_thread(server.start)
        stack.callback(server.kill)
        relay = await stack.enter_async_context(Relay(server.port).served())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        discord = SandboxDiscord()
        await discord.start()
        stack.push_async_callback(discord.stop)
        channel = discord.add_guild("Bench").add_text_channel("bot")
        bot = bot_between(discord, channel, f"http://127.0.0.1:{relay.port}", folder / "bot.sqlite3")
        stack.push_async_callback(bot.stop)
        somebody = Somebody(http, server.url)
        quiet = await somebody.longest_wait(asyncio.sleep(AFTER))
        start = await _cost(server, relay, somebody, lambda: _started(bot))
        reconnect = await _cost(server, relay, somebody, lambda: _cut(bot, relay))
        returned = await _returned(server, relay, somebody, bot)
        openapi = await somebody.longest_wait(_read(http, server.url + OPENAPI))
    _tell({"start": start, "reconnect": reconnect, "its restart": returned}, quiet, openapi)


def _tell(costs: dict[str, Cost], quiet: float, openapi: float) -> None:
    print(f"\nWhat the bot costs a real InvokeAI {NEWEST}, just started, its queue empty\n")
    print(f"{'':12}{'requests':>10}{'kB':>8}{'socket after':>15}{'longest wait of another request':>34}")
    for name, cost in costs.items():
        figures = f"{len(cost.requests):>10}{cost.size / 1000:>8.1f}{cost.ready:>13.2f} s"
        print(f"{name:12}{figures}{cost.longest:>31.0f} ms")
    print(f"{'nobody':12}{'':>33}{quiet:>34.0f} ms")
    print(f"{'OpenAPI':12}{1:>10}{'':>23}{openapi:>31.0f} ms   (not asked by the bot)")
    asked = [one.path for cost in costs.values() for one in cost.requests]
    if any(OPENAPI in path for path in asked):
        raise ValueError(f"the bot asked for {OPENAPI}")
    print("asked: " + ", ".join(sorted(set(asked))))


async def _returned(server: RealInvokeAI, relay: Relay, somebody: Somebody, bot: BotProcess) -> Cost:
    """InvokeAI is killed and started again; counted from its first answer."""
    before, received = len(server.accesses()), relay.received
    bot.log.clear()
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    began, ready = time.monotonic(), 0.0

    async def connected() -> None:
        nonlocal ready
        await bot.says("socket_connected", within=30)
        ready = time.monotonic() - began
        await asyncio.sleep(AFTER)

    longest = await somebody.longest_wait(connected())
    asked = _asked_since(server, before)[1:]  # without that of who waited for the start
    return Cost(asked, relay.received - received, ready, longest)


def _asked_since(server: RealInvokeAI, before: int) -> list[Access]:
    """Without somebody's requests."""
    return [one for one in server.accesses()[before:] if not one.path.endswith(PROBE)]


async def _cost(
    server: RealInvokeAI, relay: Relay, somebody: Somebody, act: Callable[[], Awaitable[float]]
) -> Cost:
    before, received = len(server.accesses()), relay.received
    ready = 0.0

    async def acted() -> None:
        nonlocal ready
        ready = await act()
        await asyncio.sleep(AFTER)

    longest = await somebody.longest_wait(acted())
    return Cost(_asked_since(server, before), relay.received - received, ready, longest)


async def _started(bot: BotProcess) -> float:
    """Seconds from the start of the process until its socket stands."""
    began = time.monotonic()
    await bot.start()
    await bot.says("socket_connected", within=30)
    return time.monotonic() - began


async def _cut(bot: BotProcess, relay: Relay) -> float:
    bot.log.clear()
    began = time.monotonic()
    relay.cut()
    await bot.says("socket_connected", within=30)
    return time.monotonic() - began


async def _read(http: aiohttp.ClientSession, url: str) -> None:
    async with http.get(url, raise_for_status=True) as answer:
        await answer.read()


if __name__ == "__main__":
    asyncio.run(measure())
