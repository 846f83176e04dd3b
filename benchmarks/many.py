"""Many InvokeAIs and many channels under one bot: `make soak SERVERS=50 CHANNELS=100`.

One InvokeAI is dead from the start, and one answers each request five seconds late. A bare script and the
naive poller watch the first one beside the bot.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import aiohttp
import typer

from benchmarks.boxes_process import Boxes
from benchmarks.jobs import SEND, draw, numbers_in, p50_and_p95
from benchmarks.process import bot_between, free_port, resident, script, sockets
from sandbox.bot_process import BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.world import Channel

SLOW = 5.0
"""Seconds that the slow InvokeAI takes for each answer."""
QUIET = 20.0
"""Seconds without work before tasks and connections are counted: no idle connection is kept so long."""
LAST_WORDS = 240.0
"""Seconds at most for what is on its way after the last job: the slow InvokeAI has many answers to give."""
START = 120.0
P95 = 0.5
MEMORY, MEMORY_EACH = 150, 2
"""What the house promises: seconds from a job's end to the request, and megabytes."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the bot holds while nothing happens. `memory` in megabytes."""

    tasks: int
    connections: int
    memory: float

    def __str__(self) -> str:
        return f"{self.tasks} tasks, {self.connections} connections, {self.memory:.0f} MB"


@dataclass(slots=True)
class Stage:
    """`told`: the channels of each InvokeAI, by its name, in the order of `boxes`."""

    discord: SandboxDiscord
    bot: BotProcess
    boxes: Boxes
    told: Mapping[str, list[Channel]]
    guild: SandboxGuild
    address: str

    async def page(self, name: str) -> aiohttp.ClientResponse:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://{self.address}/{name}") as answer,
        ):
            await answer.read()
            return answer

    async def until_ready(self, alive: int) -> None:
        """So many InvokeAIs answer, and are listened to."""
        async with asyncio.timeout(START):
            while True:
                servers = (await (await self.page("healthz")).json())["servers"].values()
                if sum(server["reachable"] and server["socket"] for server in servers) >= alive:
                    return
                await asyncio.sleep(0.5)

    async def until_told(self, jobs: int) -> list[dict[int, float]]:
        """When each InvokeAI's jobs ended; once all are told, or nothing more is waited for."""
        until = asyncio.get_running_loop().time() + LAST_WORDS
        while True:
            await asyncio.sleep(5)
            ends = await self.boxes.ends()
            missing = sum(
                found(self.discord, mine, each).lost
                for mine, each in zip(self.told.values(), ends, strict=True)
            )
            done = not missing and sum(map(len, ends)) == jobs
            if done or asyncio.get_running_loop().time() > until:
                return ends

    async def left(self) -> Left:
        await asyncio.sleep(QUIET)
        page = await (await self.page("metrics")).text()
        line = next(line for line in page.splitlines() if line.startswith("bot_tasks "))
        return Left(int(float(line.split()[1])), sockets(self.bot.pid), resident(self.bot.pid))


@dataclass(frozen=True, slots=True)
class Found:
    """Milliseconds to each message, and the messages that are missing and that came twice."""

    delays: list[float]
    lost: int
    doubled: int


def found(discord: SandboxDiscord, channels: list[Channel], ends: Mapping[int, float]) -> Found:
    """What the channels of one InvokeAI were told of its jobs, which ended then."""
    delays, lost, doubled = list[float](), 0, 0
    for channel in channels:
        at: dict[int, float] = {}
        times: Counter[int] = Counter()
        for request in discord.sent("POST", SEND):
            if f"/{channel.id}/" in request.path and request.status < HTTPStatus.BAD_REQUEST:
                for number in numbers_in(request.payload.get("content") or ""):
                    times[number] += 1
                    at.setdefault(number, request.at)
        delays += [1000 * (at[number] - end) for number, end in ends.items() if number in at]
        lost += sum(number not in at for number in ends)
        doubled += sum(count - 1 for count in times.values())
    return Found(delays, lost, doubled)


async def soak(servers: int, channels: int, rate: float, minutes: float) -> bool:
    """Whether every promise was kept."""
    several = servers > 2  # one is dead, one slow, the others are measured
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        discord = SandboxDiscord()
        await discord.start()
        stack.push_async_callback(discord.stop)
        boxes = await Boxes.start(servers - several, SLOW if several else 0)
        stack.push_async_callback(boxes.stop)
        stage = await staged(stack, discord, boxes, folder, (servers, channels))
        beside = {name: stage.guild.add_text_channel(name) for name in ("bare", "poller")}
        before = await stage.left()
        for name, channel in beside.items():
            other = await script(name, boxes.urls[0], discord.api_url, discord.token, str(channel.id))
            stack.push_async_callback(other.wait)
            stack.callback(other.terminate)
        await asyncio.sleep(2)
        print(f"{servers} InvokeAIs, {channels} channels, {rate:g} jobs a second for {minutes:g} minutes")
        count = await boxes.work(draw(7, told=True), rate, minutes)
        ends = await stage.until_told(count)
        after = await stage.left()
        healthy = list(stage.told)[: len(boxes.urls) - several]
        of_each = {name: found(discord, stage.told[name], ends[at]) for at, name in enumerate(stage.told)}
        others = {name: found(discord, [channel], ends[0]) for name, channel in beside.items()}
        complete = sum(map(len, ends)) == count
        return tell(of_each, others, healthy, (before, after), servers=servers, complete=complete)


async def staged(
    stack: AsyncExitStack,
    discord: SandboxDiscord,
    boxes: Boxes,
    folder: Path,
    size: tuple[int, int],
) -> Stage:
    """The bot runs, each channel subscribed to one InvokeAI that lives. `size`: InvokeAIs, channels."""
    (servers, channels), guild = size, discord.add_guild("Soak")
    urls = list(boxes.urls) + [f"http://127.0.0.1:{free_port()}"] * (servers - len(boxes.urls))
    names = [f"box-{number}" for number in range(1, servers + 1)]
    told: dict[str, list[Channel]] = {name: [] for name in names[: len(boxes.urls)]}
    for number in range(channels):
        told[names[number % len(told)]].append(guild.add_text_channel(f"channel-{number}"))
    address = f"127.0.0.1:{free_port()}"
    more = {"BOT_HTTP_ADDRESS": address, "BOT_LOG_LEVEL": "WARNING"}
    if servers > 1:
        pairs = zip(names, urls, strict=True)
        more |= {"INVOKEAI_SERVERS": ", ".join(f"{name}={url}" for name, url in pairs)}
    first = next(iter(told.values()))[0]
    one = urls[0] if servers == 1 else None
    bot = bot_between(discord, first, one, folder / "bot.sqlite3", more)
    await bot.start()
    stack.push_async_callback(bot.stop)
    stage = Stage(discord, bot, boxes, told, guild, address)
    await discord.gateway.wait_online(timeout=START)
    await stage.until_ready(len(boxes.urls))
    for name, mine in told.items():
        for channel in mine:
            await discord.owner.slash(channel, "notify here", **({"server": name} if servers > 1 else {}))
    return stage


def tell(
    of_each: Mapping[str, Found],
    others: Mapping[str, Found],
    healthy: list[str],
    left: tuple[Left, Left],
    *,
    servers: int,
    complete: bool,
) -> bool:
    rows = {f"{len(healthy)} InvokeAIs": [of_each[name] for name in healthy]}
    rows |= {f"the slow one, {name}": [each] for name, each in of_each.items() if name not in healthy}
    rows |= {name: [each] for name, each in others.items()}
    print(
        f"\n{'job end to request':28}{'messages':>10}{'median ms':>12}{'p95 ms':>10}{'lost':>7}{'doubled':>9}"
    )
    for name, each in rows.items():
        delays = [delay for one in each for delay in one.delays]
        median, p95 = p50_and_p95(delays)
        lost, doubled = sum(one.lost for one in each), sum(one.doubled for one in each)
        print(f"{name:28}{len(delays):>10,}{median:>12.1f}{p95:>10.1f}{lost:>7}{doubled:>9}")
    before, after = left
    print(f"\nat rest before: {before}\nat rest after:  {after}")
    _, p95 = p50_and_p95([delay for name in healthy for delay in of_each[name].delays])
    limit = MEMORY + MEMORY_EACH * servers
    broken = {
        "lost or doubled": any(one.lost or one.doubled for one in of_each.values()) or not complete,
        f"p95 of {1000 * P95:.0f} ms": p95 > 1000 * P95,
        f"memory of {limit} MB": after.memory > limit,
        "tasks left behind": after.tasks > before.tasks,
        "connections left behind": after.connections > before.connections,
    }
    print("broken:", "; ".join(what for what, so in broken.items() if so) or "no promise")
    return not any(broken.values())


def main(
    servers: Annotated[int, typer.Option(help="InvokeAIs; from 3 on one is dead and one slow.", min=1)] = 50,
    channels: Annotated[int, typer.Option(help="Each hears of one InvokeAI.", min=1)] = 100,
    minutes: Annotated[float, typer.Option(help="So long jobs are queued.")] = 10,
    rate: Annotated[float | None, typer.Option(help="Jobs a second; a tenth of SERVERS without it.")] = None,
) -> None:
    """1 if a promise of the house was broken."""
    kept = asyncio.run(soak(servers, channels, rate or servers / 10, minutes))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    typer.run(main)
