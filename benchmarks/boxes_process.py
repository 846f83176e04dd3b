"""The process of `benchmarks.boxes`, and the work that its InvokeAIs get."""

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from sandbox.bot_process import SOURCES


class Boxes:
    """`urls`: where each InvokeAI answers."""

    def __init__(self, process: asyncio.subprocess.Process, urls: Sequence[str]) -> None:
        self._process = process
        self.urls = urls

    @classmethod
    async def start(cls, count: int, slow: float) -> "Boxes":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.boxes", str(count), str(slow)),
            cwd=SOURCES,
            stdin=PIPE,
            stdout=PIPE,
            limit=1 << 26,  # a line has the ends of all jobs
        )
        boxes = cls(process, [])
        boxes.urls = await boxes._line()
        return boxes

    async def stop(self) -> None:
        self._process.terminate()
        await self._process.wait()

    async def work(self, body: Mapping[str, Any], rate: float, minutes: float) -> int:
        """So many jobs a second, at each InvokeAI in turn; how many it was."""
        began, count = time.monotonic(), int(rate * minutes * 60)
        async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(began + number / rate - time.monotonic())
                url = f"{self.urls[number % len(self.urls)]}/api/v1/queue/default/enqueue_batch"
                tasks.create_task(_post(http, url, body))  # the slow one holds nobody up
        return count

    async def ends(self) -> list[dict[int, float]]:
        """When each InvokeAI's jobs ended, by number."""
        if self._process.stdin is not None:
            self._process.stdin.write(b"\n")
        return [dict(pairs) for pairs in await self._line()]

    async def _line(self) -> Any:
        if self._process.stdout is None:
            raise RuntimeError("the process has no output")
        return json.loads(await self._process.stdout.readline())


async def _post(http: aiohttp.ClientSession, url: str, body: Mapping[str, Any]) -> None:
    async with http.post(url, json=body, raise_for_status=True) as answer:
        await answer.read()
