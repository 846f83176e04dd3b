"""One piece of heavy work at a time; what is owed to a channel goes before what somebody looks at."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Done = TypeVar("Done")


class Lane:
    """Urgent work takes the place of other work: that is broken off and begins anew afterwards."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._urgent = 0
        self._quiet = asyncio.Event()
        """Set while no urgent work waits or runs."""
        self._quiet.set()
        self._other: asyncio.Task[Any] | None = None

    async def urgently(self, work: Callable[[], Coroutine[Any, Any, Done]]) -> Done:
        self._urgent += 1
        self._quiet.clear()
        if self._other is not None:
            self._other.cancel()
        try:
            async with self._lock:
                return await work()
        finally:
            self._urgent -= 1
            if not self._urgent:
                self._quiet.set()

    async def patiently(self, work: Callable[[], Coroutine[Any, Any, Done]]) -> Done:
        """`work` may be begun more than once."""
        while True:
            await self._quiet.wait()
            async with self._lock:
                if self._urgent:
                    continue
                task = self._other = asyncio.create_task(work())
                try:
                    return await task
                except asyncio.CancelledError:
                    current = asyncio.current_task()
                    if current is None or current.cancelling():
                        raise
                finally:
                    self._other = None
