"""Where the socket's events wait for their reader."""

import asyncio
from dataclasses import replace

from bot.domain.jobs import Progress
from bot.invokeai.socket.events import JobChanged, JobsQueued, QueueChanged, SocketEvent


class EventBuffer:
    """In order. A slow reader finds one Progress per job (the newest), one of each hint, and all else.

    A JobChanged or Progress like the event before is left out: InvokeAI 6.12 and 6.13 send each one twice
    (to its owner and, without its preview, to the admins; without accounts we are both).
    """

    def __init__(self) -> None:
        self._waiting: dict[object, SocketEvent] = {}
        self._filled = asyncio.Event()
        self._closed = False
        self._last: SocketEvent | None = None

    def put(self, event: SocketEvent) -> None:
        if _repeats(event, self._last):
            return
        self._last = event
        key = _key(event)
        self._waiting.pop(key, None)
        self._waiting[key] = event
        self._filled.set()

    def close(self) -> None:
        """No more will come."""
        self._closed = True
        self._filled.set()

    async def take(self) -> SocketEvent | None:
        """The oldest event; None when the buffer is closed and empty."""
        while not self._waiting:
            if self._closed:
                return None
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.pop(next(iter(self._waiting)))


def _repeats(event: SocketEvent, last: SocketEvent | None) -> bool:
    if isinstance(event, Progress) and isinstance(last, Progress):
        return event in {last, replace(last, preview=None)}
    return isinstance(event, JobChanged) and event == last


def _key(event: SocketEvent) -> object:
    if isinstance(event, Progress):
        return (Progress, event.number)
    if isinstance(event, QueueChanged | JobsQueued):
        return type(event)
    return object()
