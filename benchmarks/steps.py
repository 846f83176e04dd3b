"""Where the time between a job's end and its message goes, step by step, as a traced bot writes it down.

The bot of the other figures runs untraced; this is a run of its own, so that tracing costs them nothing.
"""

import asyncio
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.jobs import delays, draw, ended, enqueue
from benchmarks.process import bot_between
from sandbox.bot_process import Launch, Process
from sandbox.discord import SandboxDiscord
from sandbox.invokeai import SandboxInvokeAI

LONGEST = 2.0
"""Seconds in which all steps of a job lie."""
SHOWN = {
    "hear": "the socket's event is heard",
    "read": "the job is read",
    "record": "its end is written down, commit included",
    "claim": "the notice is claimed, commit included",
    "compose": "the message is composed",
    "picture": "of that, waiting for the picture",
    "send": "the request is made; Discord has it",
}


class Span(NamedTuple):
    """Seconds since 1970."""

    began: float
    ended: float


def traced(file: Path) -> Launch:
    async def launch(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.traced_bot", str(file), *arguments),
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )

    return launch


async def measure(jobs: int) -> None:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        discord, invokeai = SandboxDiscord(), SandboxInvokeAI()
        await discord.start()
        stack.push_async_callback(discord.stop)
        await invokeai.start()
        stack.push_async_callback(invokeai.stop)
        channel = discord.add_guild("Steps").add_text_channel("steps")
        trace = folder / "trace"
        bot = bot_between(discord, channel, invokeai.url, folder / "bot.sqlite3", launch=traced(trace))
        await bot.start()
        stack.push_async_callback(bot.stop)
        await bot.says("discord_connected", within=20)
        await bot.says("baseline_taken", within=20)
        await asyncio.sleep(2)
        await enqueue(invokeai.url, [draw(seed, told=True) for seed in range(jobs)])
        await asyncio.sleep(LONGEST)
        ends = {number: ended(item.completed_at) for number, item in invokeai.queue.items.items()}
        arrived = delays(discord, channel, ends)
        tell(list(ends.values()), arrived, read(trace))


def read(trace: Path) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for line in trace.read_text().splitlines():
        step, began, until = line.split()
        found.setdefault(step, []).append(Span(float(began), float(until)))
    return found


def tell(ends: Sequence[float], arrived: Sequence[float], spans: Mapping[str, Sequence[Span]]) -> None:
    """Medians. `arrived`: milliseconds from each end to the request."""
    print(f"\n{'where the time goes, in ms after the job ended':48}{'begins':>10}{'ends':>10}{'takes':>10}")
    heard = {end: _heard(end, spans["hear"]) for end in ends}
    for step, words in SHOWN.items():
        mine = [(end, span) for end in ends for span in [_first(spans[step], heard[end])] if span is not None]
        if step == "hear":
            began = statistics.median(1000 * (heard[end] - end) for end in ends)
            print(f"{words:48}{began:>10.1f}")
            continue
        began, until, took = (
            statistics.median(1000 * seconds for seconds in column)
            for column in zip(
                *((s.began - end, s.ended - end, s.ended - s.began) for end, s in mine), strict=True
            )
        )
        if step == "send":
            print(f"{words:48}{began:>10.1f}{statistics.median(arrived):>10.1f}")
        else:
            print(f"{words:48}{began:>10.1f}{until:>10.1f}{took:>10.1f}")


def _heard(end: float, heard: Sequence[Span]) -> float:
    """When the event of that end was heard: the longest hearing around then is that of an end."""
    near = [span for span in heard if end <= span.ended and span.began <= end + LONGEST / 2]
    return max(near, key=lambda span: span.ended - span.began).began


def _first(spans: Sequence[Span], since: float) -> Span | None:
    return next((span for span in sorted(spans) if since <= span.began <= since + LONGEST), None)
