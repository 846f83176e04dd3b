"""One run, all figures: the bot, a bare script and a naive poller beside each other on the same jobs."""

import asyncio
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import cost
from sandbox.bot_process import SOURCES, BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.answers import NoAnswer
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

JOBS = 40
GAP = 1.15
"""Seconds between two jobs: each channel takes five messages in five seconds."""
STARTS = 3
SEND = "/channels/{channel_id}/messages"


def draw(seed: int) -> dict[str, Any]:
    node = {"id": "draw", "type": "sandbox_draw", "is_intermediate": False, "use_cache": False}
    size = {"seconds": 0.05, "steps": 1, "width": 256, "height": 256, "seed": seed, "prompt": "red fox"}
    return {"batch": {"graph": {"id": "g", "nodes": {"draw": node | size}, "edges": []}, "runs": 1}}


async def measure() -> None:
    discord, invokeai = SandboxDiscord(), SandboxInvokeAI()
    await discord.start()
    await invokeai.start()
    guild = discord.add_guild("Bench")
    ours, bares, pollers = (guild.add_text_channel(name) for name in ("bot", "bare", "poller"))
    with tempfile.TemporaryDirectory() as folder:
        starts = [await first_answer(discord, ours, invokeai.url, Path(folder), run) for run in range(STARTS)]
        bot = bot_process(discord, ours, invokeai.url, Path(folder), 0)
        await bot.start()
        await bot.says("discord_connected", within=20)
        others = [
            await script(name, invokeai.url, discord.api_url, discord.token, str(channel.id))
            for name, channel in (("bare", bares), ("poller", pollers))
        ]
        await asyncio.sleep(4)
        idle = resident(bot.pid)
        await enqueue(invokeai.url)
        after = resident(bot.pid)
        for other in others:
            other.terminate()
            await other.wait()
        await bot.stop()
    ends = {number: ended(item.completed_at) for number, item in invokeai.queue.items.items()}
    tell(
        {channel.name: delays(discord, channel, ends) for channel in (ours, bares, pollers)},
        starts,
        idle,
        after,
    )
    await discord.stop()
    await invokeai.stop()


def bot_process(
    discord: SandboxDiscord, channel: Channel, invokeai: str, folder: Path, run: int
) -> BotProcess:
    settings = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_CHANNEL_ID": str(channel.id),
        "INVOKEAI_URL": invokeai,
        "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / f'bot{run}.sqlite3'}",
    }
    return BotProcess(settings, folder)


async def first_answer(
    discord: SandboxDiscord, channel: Channel, invokeai: str, folder: Path, run: int
) -> float:
    """Seconds from the start of the process, with no database yet, to the first /queue answered."""
    bot = bot_process(discord, channel, invokeai, folder, run)
    began = time.monotonic()
    await bot.start()
    await bot.says("discord_connected", within=20)
    answered = False
    while not answered:
        try:
            await discord.owner.slash(channel, "queue")
            answered = True
        except NoAnswer:
            continue
    took = time.monotonic() - began
    await bot.stop()
    return took


async def script(name: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"benchmarks.{name}", *arguments, cwd=SOURCES, stderr=asyncio.subprocess.DEVNULL
    )


async def enqueue(invokeai: str) -> None:
    async with aiohttp.ClientSession() as http:
        for seed in range(JOBS):
            url = f"{invokeai}/api/v1/queue/default/enqueue_batch"
            async with http.post(url, json=draw(seed), raise_for_status=True) as answer:
                await answer.read()
            await asyncio.sleep(GAP)
    await asyncio.sleep(6)


def ended(completed_at: str | None) -> float:
    if completed_at is None:
        return float("inf")
    return datetime.strptime(completed_at, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def delays(discord: SandboxDiscord, channel: Channel, ends: dict[int, float]) -> list[float]:
    """Milliseconds from each job's end to the arrival of the request that tells of it."""
    found: list[float] = []
    for request in discord.sent("POST", SEND):
        if str(channel.id) in request.path:
            numbers = re.findall(r"#(\d+)", request.payload["content"])
            found += [1000 * (request.at - ends[int(number)]) for number in numbers]
    return found


def resident(pid: int) -> float:
    """Megabytes of memory that the process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def tell(found: dict[str, list[float]], starts: Sequence[float], idle: float, after: float) -> None:
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )
    print(f"\n{'job end to message request':28}{'jobs':>6}{'median ms':>12}{'p95 ms':>10}")
    figures = {name: (statistics.median(each), p95(each)) for name, each in found.items()}
    for name, (median, high) in figures.items():
        print(f"{name:28}{len(found[name]):>6}{median:>12.1f}{high:>10.1f}")
    ratios = [ours / bare for ours, bare in zip(figures["bot"], figures["bare"], strict=True)]
    print(f"{'bot / bare':28}{'':6}{ratios[0]:>12.2f}{ratios[1]:>10.2f}")
    print(f"\nprocess start to first answer: {statistics.median(starts):.2f} s, median of {len(starts)}")
    print(f"memory (RSS): {idle:.0f} MB idle, {after:.0f} MB after {JOBS} jobs")


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def main() -> None:
    await measure()
    await cost.measure()


if __name__ == "__main__":
    asyncio.run(main())
