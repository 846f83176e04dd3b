"""Requests and bytes that looking at a queue costs, by family and by the number of finished jobs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import aiohttp

from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from sandbox.invokeai import SandboxInvokeAI

VERSIONS = ("5.15.0", "6.6.0", "6.9.0", "6.14.2", "documented")
FINISHED = (100, 1_000, 10_000)
NAIVE = {"5.15.0": "list?limit=1000", "6.6.0": "list_all", "6.9.0": "list_all", "6.14.2": "list_all"}
BY_LIST = "list?limit=1000"


class Cost(NamedTuple):
    requests: int
    size: int

    def __str__(self) -> str:
        return f"{self.requests} / {self.size / 1000:,.1f} kB"


class Meter:
    """What the sandbox sent since the last reading."""

    def __init__(self, sandbox: SandboxInvokeAI) -> None:
        self._log = sandbox.access_log
        self._read = len(self._log)

    async def of(self, work: Awaitable[object]) -> Cost:
        self._read = len(self._log)
        await work
        new = self._log[self._read :]
        return Cost(len(new), sum(access.size for access in new))


async def measure() -> None:
    print("\nRequests / bytes of InvokeAI's answers, with N finished jobs\n")
    for version in VERSIONS:
        table = {count: await costs(version, count) for count in FINISHED}
        print(f"{version:14}" + "".join(f"{f'N = {count:,}':>24}" for count in FINISHED))
        for name in table[FINISHED[0]]:
            print(f"  {name:12}" + "".join(f"{table[count][name]!s:>24}" for count in FINISHED))


async def costs(version: str, finished: int) -> dict[str, Cost]:
    sandbox = SandboxInvokeAI(version=version)
    await sandbox.start()
    sandbox.seed_history(finished)
    try:
        async with aiohttp.ClientSession() as http:
            return await _costs(sandbox, http, version)
    finally:
        await sandbox.stop()


async def _costs(sandbox: SandboxInvokeAI, http: aiohttp.ClientSession, version: str) -> dict[str, Cost]:
    def client() -> InvokeAIClient:
        return InvokeAIClient(http, Endpoint(sandbox.url), "studio")

    meter, first = Meter(sandbox), client()
    found: dict[str, Cost] = {"first start": await meter.of(_first_look(first))}
    highest, _ = await first.baseline()
    found["start"] = await meter.of(_catch_up(client(), highest))
    found["reconnect"] = await meter.of(_catch_up(first, highest))
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "/latest": first.latest,
        "/jobs": lambda: first.jobs(limit=10),
        "/queue": lambda: asyncio.gather(first.status(), first.running()),
    }
    for name, ask in asked.items():
        found[name] = await meter.of(ask())
    found["naive"] = await meter.of(_naive(http, sandbox.url, NAIVE.get(version, BY_LIST)))
    return found


async def _first_look(client: InvokeAIClient) -> None:
    await client.connect()
    await client.status()
    await client.baseline()


async def _catch_up(client: InvokeAIClient, highest: int) -> None:
    await client.connect()
    await client.status()
    await client.jobs_changed(highest, [])


async def _naive(http: aiohttp.ClientSession, url: str, path: str) -> None:
    async with http.get(f"{url}/api/v1/queue/default/{path}", raise_for_status=True) as answer:
        await answer.read()


if __name__ == "__main__":
    asyncio.run(measure())
