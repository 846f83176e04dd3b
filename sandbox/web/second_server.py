"""The second InvokeAI of the stage, under the same bot."""

from typing import Any

from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.studio import Studio

FIRST, SECOND = "studio", "attic"
"""What the bot's settings call the two."""


class SecondServer:
    """`here` says whether it can be reached; its jobs go on all the same."""

    def __init__(self, studio: Studio, queue: str) -> None:
        self.invokeai = SandboxInvokeAI()
        self.here = True
        self._studio = studio
        self._queue = queue

    async def one(self) -> None:
        self._enqueue(self._studio.one())

    async def failing(self) -> None:
        self._enqueue(self._studio.failing())

    async def away(self) -> None:
        self.here = False
        await self.invokeai.away()

    async def back(self) -> None:
        if not self.here:
            await self.invokeai.back()
            self.here = True

    def _enqueue(self, body: dict[str, Any]) -> None:
        self.invokeai.queue.enqueue(self._queue, Batch.model_validate(body["batch"]), prepend=False)
