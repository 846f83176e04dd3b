"""The jobs of a benchmark: how they are queued, and how long after their ends the messages came."""

import asyncio
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp

from sandbox.discord import SandboxDiscord
from sandbox.discord.world import Channel

GAP = 1.15
"""Seconds between two jobs: each channel takes five messages in five seconds."""
SEND = "/channels/{channel_id}/messages"


def draw(seed: int, *, told: bool) -> dict[str, Any]:
    """One picture; `told`: with metadata in the graph, as InvokeAI's own graphs have it."""
    draws = {"id": "draw", "type": "sandbox_draw", "is_intermediate": False, "use_cache": False}
    size = {"seconds": 0.05, "steps": 1, "width": 256, "height": 256, "seed": seed, "prompt": "red fox"}
    graph: dict[str, Any] = {"id": "g", "nodes": {"draw": draws | size}, "edges": []}
    if told:
        meta = {"id": "meta", "type": "core_metadata", "positive_prompt": "red fox", "seed": seed}
        graph["nodes"]["meta"] = meta
        graph["edges"] = [
            {
                "source": {"node_id": "meta", "field": "metadata"},
                "destination": {"node_id": "draw", "field": "metadata"},
            }
        ]
    return {"batch": {"graph": graph, "runs": 1}}


async def enqueue(invokeai: str, bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    """One after the other, GAP apart; their numbers."""
    numbers: list[int] = []
    async with aiohttp.ClientSession() as http:
        for body in bodies:
            url = f"{invokeai}/api/v1/queue/default/enqueue_batch"
            async with http.post(url, json=body, raise_for_status=True) as answer:
                numbers += (await answer.json())["item_ids"]
            await asyncio.sleep(GAP)
    return numbers


def ended(completed_at: str | None) -> float:
    if completed_at is None:
        return float("inf")
    return datetime.strptime(completed_at, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def delays(discord: SandboxDiscord, channel: Channel, ends: dict[int, float]) -> list[float]:
    """Milliseconds from each of these jobs' end to the arrival of the one request that tells of it.

    ValueError if one of them was told twice, or never.
    """
    at: dict[int, float] = {}
    for request in discord.sent("POST", SEND):
        if str(channel.id) in request.path:
            for number in numbers_in(request.payload["content"]):
                if number in ends:
                    if number in at:
                        raise ValueError(f"{channel.name} told of job {number} twice")
                    at[number] = request.at
    if missing := sorted(set(ends) - set(at)):
        raise ValueError(f"{channel.name} did not tell of the jobs {missing}")
    return [1000 * (at[number] - ends[number]) for number in ends]


def numbers_in(content: str) -> Iterator[int]:
    """`#3, #5–#7` is 3, 5, 6, 7."""
    for first, last in re.findall(r"#(\d+)(?:–#(\d+))?", content):
        yield from range(int(first), int(last or first) + 1)


def p50_and_p95(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return float("inf"), float("inf")
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]
