"""One run, all figures: the bot, a bare script and a naive poller beside each other on the same jobs."""

import asyncio
import contextlib
import os
import platform
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import cost, steps
from benchmarks.jobs import delays, draw, ended, enqueue, p50_and_p95
from benchmarks.process import bot_between, processor, resident, script
from sandbox.discord import SandboxDiscord
from sandbox.discord.answers import NoAnswer
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

JOBS = 40
STARTS = 3
IDLE = 65.0
"""Seconds of looking on while nothing happens: one look at the counts falls into them."""
LAST_WORDS = 10.0
"""Seconds after the last job: twice the poller's pause."""


async def measure() -> None:
    async with AsyncExitStack() as stack:
        discord, invokeai = SandboxDiscord(), SandboxInvokeAI()
        await discord.start()
        stack.push_async_callback(discord.stop)
        await invokeai.start()
        stack.push_async_callback(invokeai.stop)
        guild = discord.add_guild("Bench")
        ours, bares, pollers = (guild.add_text_channel(name) for name in ("bot", "bare", "poller"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        starts = [await first_answer(discord, ours, invokeai.url, folder / f"{run}") for run in range(STARTS)]
        bot = bot_between(discord, ours, invokeai.url, new_folder(folder / "bot"))
        await bot.start()
        stack.push_async_callback(bot.stop)
        await bot.says("discord_connected", within=20)
        await asyncio.sleep(4)
        idle, asked, used = resident(bot.pid), len(invokeai.access_log), processor(bot.pid)
        await asyncio.sleep(IDLE)
        asked, used = len(invokeai.access_log) - asked, processor(bot.pid) - used
        for name, channel in (("bare", bares), ("poller", pollers)):
            other = await script(name, invokeai.url, discord.api_url, discord.token, str(channel.id))
            stack.push_async_callback(other.wait)
            stack.callback(other.terminate)
        await asyncio.sleep(2)
        told = await all_jobs(invokeai.url)
        after = resident(bot.pid)
        ends = {number: ended(item.completed_at) for number, item in invokeai.queue.items.items()}
        for kind, numbers in (("metadata in the graph", told), ("without metadata", set(ends) - told)):
            mine = {number: ends[number] for number in numbers}
            channels = (ours, bares, pollers)
            tell(kind, {channel.name: delays(discord, channel, mine) for channel in channels}, len(mine))
        print(f"\nprocess start to first answer: {statistics.median(starts):.2f} s, median of {len(starts)}")
        print(f"memory (RSS): {idle:.0f} MB idle, {after:.0f} MB after {2 * JOBS} jobs")
        print(
            f"in {IDLE:.0f} idle seconds: {asked} requests to InvokeAI, {100 * used / IDLE:.2f} % of a core"
        )


def new_folder(folder: Path) -> Path:
    """Where a database will stand in it."""
    folder.mkdir()
    return folder / "bot.sqlite3"


async def first_answer(discord: SandboxDiscord, channel: Channel, invokeai: str, folder: Path) -> float:
    """Seconds from the start of the process, with no database yet, to the first /queue answered."""
    bot = bot_between(discord, channel, invokeai, new_folder(folder))
    began = time.monotonic()
    await bot.start()
    try:
        await bot.says("discord_connected", within=20)
        answered = False
        while not answered:
            with contextlib.suppress(NoAnswer):
                await discord.owner.slash(channel, "queue")
                answered = True
        return time.monotonic() - began
    finally:
        await bot.stop()


async def all_jobs(invokeai: str) -> set[int]:
    """Jobs with and without metadata in turn; the numbers of the former."""
    numbers = await enqueue(invokeai, [draw(seed, told=seed % 2 == 0) for seed in range(2 * JOBS)])
    await asyncio.sleep(LAST_WORDS)
    return set(numbers[::2])


def tell(kind: str, found: dict[str, list[float]], jobs: int) -> None:
    print(f"\n{f'job end to request, {kind}':44}{'jobs':>6}{'median ms':>12}{'p95 ms':>10}")
    figures = {name: p50_and_p95(each) for name, each in found.items()}
    for name, (median, high) in figures.items():
        print(f"{name:44}{jobs:>6}{median:>12.1f}{high:>10.1f}")
    ratios = [ours / bare for ours, bare in zip(figures["bot"], figures["bare"], strict=True)]
    print(f"{'bot / bare':50}{ratios[0]:>12.2f}{ratios[1]:>10.2f}")


async def main() -> None:
    python, cores = platform.python_version(), os.cpu_count()
    print(f"Python {python}, {cores} cores, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    await measure()
    await steps.measure(JOBS)
    await cost.measure()


if __name__ == "__main__":
    asyncio.run(main())
