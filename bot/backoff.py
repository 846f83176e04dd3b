"""Waiting: ever longer after failures, and for an event or a time, whichever comes first."""

import asyncio
from datetime import timedelta
from typing import TypeVar

Pause = TypeVar("Pause", float, timedelta)
_MAX_DOUBLINGS = 32


def backoff(failures: int, minimum: Pause, maximum: Pause) -> Pause:
    """The pause after that many failures in a row: `minimum` after the first, doubled by each further one."""
    return min(minimum * 2 ** min(max(failures - 1, 0), _MAX_DOUBLINGS), maximum)


async def wait_at_most(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether `event` was set within `seconds` (None: wait for it for ever). It stays set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
