"""Thousands of jobs through one bot, while a person keeps asking: memory, stalls, answers, losses."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import aiohttp
import typer

from benchmarks.process import bot_between, free_port, resident
from benchmarks.tally import Tally, tally
from sandbox.bot_process import SOURCES, BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.ratelimit import DEFAULT_LIMITS, Limit
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
SEND = ("POST", "/channels/{channel_id}/messages")
AT_ONCE = 500
"""Jobs in one batch."""
ASK_EVERY = 0.5
LOOK_EVERY = 1.0
STALL = 0.05
ANSWER = 0.3
"""What the house promises, in seconds: the longest stall, and the 99th percentile of the first answers."""
PATIENCE = 120.0
"""Seconds without a new picture in the channel that end the soak."""
LARGE = 20
SLOW = Limit(1, 15)
"""For the large pictures, so that ten of them wait for one message."""
LARGE_SIDE = 1030
"""Pixels: with much grain, so that no PNG packs it: 2.4 MB."""


@dataclass(slots=True)
class Soak:
    discord: SandboxDiscord
    channel: Channel
    invokeai: SandboxInvokeAI
    bot: BotProcess
    metrics: str
    timer: asyncio.subprocess.Process
    answers: list[float] = field(default_factory=list[float])
    """Seconds to the first answer to each `/queue`."""
    stalls: list[float] = field(default_factory=list[float])
    """What /metrics told each second: the longest stall of the minute before."""
    idle_stalls: list[float] = field(default_factory=list[float])
    """The same of a process that does nothing."""
    posted: int = 0
    _read: int = 0

    async def enqueue(self, graph: dict[str, Any], jobs: int) -> None:
        url = f"{self.invokeai.url}/api/v1/queue/default/enqueue_batch"
        async with aiohttp.ClientSession() as http:
            for first in range(0, jobs, AT_ONCE):
                runs = min(AT_ONCE, jobs - first)
                body = {"batch": {"graph": graph, "runs": runs}}
                async with http.post(url, json=body, raise_for_status=True) as answer:
                    await answer.read()

    async def keep_asking(self) -> None:
        """Endless: a person types /queue, looks at the answer, and types it again."""
        while True:
            seen, began = len(self.discord.requests), time.time()
            await self.discord.owner.slash(self.channel, "queue")
            first = next(one for one in self.discord.requests[seen:] if one.route == CALLBACK)
            self.answers.append(first.at - began)
            await asyncio.sleep(ASK_EVERY)

    async def until_posted(self, pictures: int, name: str) -> None:
        """Prints a row at each tenth of so many further pictures; TimeoutError if nothing moves any more."""
        began, start = time.monotonic(), self.posted
        moved, told = began, 0
        while self.posted - start < pictures:
            await asyncio.sleep(LOOK_EVERY)
            await self._look_at_metrics()
            new = sum(self._new_pictures())
            now = time.monotonic()
            if new:
                self.posted += new
                moved = now
            elif now - moved > PATIENCE:
                raise TimeoutError(f"{pictures - (self.posted - start)} pictures never came")
            tenth = 10 * (self.posted - start) // pictures
            if tenth > told:
                told = tenth
                print(
                    f"{name:8}{10 * tenth:>4} %{now - began:>9.0f} s{self.posted:>9,}"
                    f"{resident(self.bot.pid):>10.1f} MB{1000 * self.stalls[-1]:>10.1f} ms"
                    f"{1000 * self.idle_stalls[-1]:>10.1f} ms",
                    flush=True,
                )

    def _new_pictures(self) -> Iterator[int]:
        messages = list(self.channel.stored.values())
        for message in messages[self._read :]:
            yield len(message.files)
        self._read = len(messages)

    async def _look_at_metrics(self) -> None:
        async with aiohttp.ClientSession() as http, http.get(self.metrics, raise_for_status=True) as answer:
            page = await answer.text()
        line = next(one for one in page.splitlines() if one.startswith("bot_loop_stall_seconds "))
        self.stalls.append(float(line.split()[1]))
        if self.timer.stdin is not None and self.timer.stdout is not None:
            self.timer.stdin.write(b"\n")
            self.idle_stalls.append(float(await self.timer.stdout.readline()))


def small() -> dict[str, Any]:
    """As InvokeAI's own graphs, a picture with metadata; but tiny, and done at once."""
    picture = {
        "id": "canvas_output",
        "type": "blank_image",
        "is_intermediate": False,
        "use_cache": False,
        "width": 64,
        "height": 64,
    }
    told = {
        "id": "core_metadata",
        "type": "core_metadata",
        "positive_prompt": "red fox",
        "seed": 7,
        "steps": 20,
    }
    edge = {
        "source": {"node_id": "core_metadata", "field": "metadata"},
        "destination": {"node_id": "canvas_output", "field": "metadata"},
    }
    return {"id": "soak", "nodes": {"canvas_output": picture, "core_metadata": told}, "edges": [edge]}


def large() -> dict[str, Any]:
    picture = {
        "id": "draw",
        "type": "sandbox_draw",
        "is_intermediate": False,
        "use_cache": False,
        "seconds": 0,
        "steps": 1,
        "grain": 64,
        "width": LARGE_SIDE,
        "height": LARGE_SIDE,
    }
    return {"id": "large", "nodes": {"draw": picture}, "edges": []}


async def soak(jobs: int, faster: float) -> bool:
    """Whether every promise was kept."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        discord = SandboxDiscord()
        limit = DEFAULT_LIMITS[SEND]
        discord.rate_limits.limits[SEND] = Limit(limit.requests, limit.seconds / faster)
        await discord.start()
        stack.push_async_callback(discord.stop)
        invokeai = SandboxInvokeAI()
        await invokeai.start()
        stack.push_async_callback(invokeai.stop)
        channel = discord.add_guild("Soak").add_text_channel(name="soak")
        address = f"127.0.0.1:{free_port()}"
        database = folder / "bot.sqlite3"
        bot = bot_between(discord, channel, invokeai.url, database, {"BOT_HTTP_ADDRESS": address})
        await bot.start()
        stack.push_async_callback(bot.stop)
        await bot.says("discord_connected", within=30)
        await bot.says("baseline_taken", within=30)
        timer = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.timer"), cwd=SOURCES, stdin=PIPE, stdout=PIPE
        )
        stack.push_async_callback(timer.wait)
        stack.callback(timer.terminate)
        run = Soak(discord, channel, invokeai, bot, f"http://{address}/metrics", timer)
        print(
            f"{jobs:,} jobs, one channel, {limit.requests} messages in {limit.seconds / faster:g} s: ", end=""
        )
        print("Discord's pace" if faster == 1 else f"{faster:g} times Discord's pace")
        print(f"\n{'':8}{'posted':>6}{'after':>11}{'pictures':>9}{'RSS':>13}{'stall':>13}{'idle loop':>13}")
        asking = asyncio.create_task(run.keep_asking())
        try:
            await run.enqueue(small(), jobs)
            await run.until_posted(jobs, "small")
            discord.rate_limits.limits[SEND] = SLOW
            await asyncio.sleep(SLOW.seconds)  # the windows that are open have the old number
            await run.enqueue(large(), LARGE)
            await run.until_posted(LARGE, "large")
            if asking.done():
                asking.result()
        finally:
            asking.cancel()
        found = tally(discord, channel, invokeai, database)
    tell(run, found)
    broken = {
        "lost, doubled, out of order or too fast": not found.kept,
        f"a stall of {1000 * STALL:.0f} ms": max(run.stalls) >= STALL + max(run.idle_stalls),
        f"first answers after {1000 * ANSWER:.0f} ms": percentile(run.answers, 99) >= ANSWER,
    }
    print("\nbroken:", "; ".join(what for what, so in broken.items() if so) or "no promise")
    return not any(broken.values())


def percentile(values: list[float], which: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * which // 100)]


def tell(run: Soak, found: Tally) -> None:
    print(f"\nmessages {found.messages:,}, pictures {found.pictures:,}, 429s {found.limited}")
    print(f"lost {found.lost}, doubled {found.doubled}, in order: {'yes' if found.in_order else 'NO'}")
    low, high = (1000 * percentile(run.answers, which) for which in (50, 99))
    print(f"first answer to /queue: p50 {low:.0f} ms, p99 {high:.0f} ms of {len(run.answers)}")
    print(f"longest stall of the event loop: {1000 * max(run.stalls):.1f} ms, ", end="")
    print(f"of an idle one beside it: {1000 * max(run.idle_stalls):.1f} ms")
    print(f"database {found.database_mb:.1f} MB; rows: {found.rows}")


def main(
    jobs: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 1_500,
    faster: Annotated[float, typer.Option(help="Relaxes Discord's limit of messages by this.", min=1)] = 1,
) -> None:
    """1 if a promise of the house was broken."""
    raise typer.Exit(0 if asyncio.run(soak(jobs, faster)) else 1)


if __name__ == "__main__":
    typer.run(main)
