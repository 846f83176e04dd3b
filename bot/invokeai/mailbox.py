"""Where the socket's events wait for their reader."""

import asyncio

from bot.events import Progress
from bot.invokeai.signals import JobsQueued, QueueChanged, SocketEvent


class Mailbox:
    """In order. A slow reader finds one Progress per job (the newest), one of each hint, and all else."""

    def __init__(self) -> None:
        self._waiting: dict[object, SocketEvent] = {}
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, event: SocketEvent) -> None:
        key = _key(event)
        self._waiting.pop(key, None)
        self._waiting[key] = event
        self._filled.set()

    def close(self) -> None:
        """No more will come."""
        self._closed = True
        self._filled.set()

    async def take(self) -> SocketEvent | None:
        """The oldest event; None when the mailbox is closed and empty."""
        while not self._waiting:
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.pop(next(iter(self._waiting)))


def _key(event: SocketEvent) -> object:
    if isinstance(event, Progress):
        return (Progress, event.number)
    if isinstance(event, QueueChanged | JobsQueued):
        return type(event)
    return object()
