"""Listens to an InvokeAI's socket and lets a test wait for what it says."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot.domain.jobs import JobStatus
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import JobChanged, SocketEvent


class Ear:
    def __init__(self, socket: InvokeAISocket) -> None:
        self.heard: list[SocketEvent] = []
        self._socket = socket
        self._more = asyncio.Condition()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listening is not None
        self._listening.cancel()
        await asyncio.wait({self._listening})

    async def until(self, wanted: Callable[[SocketEvent], bool], seconds: float = 15) -> SocketEvent:
        """The first such event, heard already or to come."""
        async with asyncio.timeout(seconds), self._more:
            await self._more.wait_for(lambda: any(map(wanted, self.heard)))
            return next(filter(wanted, self.heard))

    async def until_job(self, number: int, status: JobStatus) -> None:
        await self.until(
            lambda event: isinstance(event, JobChanged) and (event.number, event.status) == (number, status)
        )

    async def _listen(self) -> None:
        async for event in self._socket.events():
            async with self._more:
                self.heard.append(event)
                self._more.notify_all()
