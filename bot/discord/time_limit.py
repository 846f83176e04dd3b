"""A time limit for each request of its own: what discord.py waits for before it sends one does not count."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp

from bot.errors import DeliveryTimedOut

_running: ContextVar[tuple[asyncio.Timeout, float] | None] = ContextVar("time limit", default=None)
"""What ends a request that takes too long, and the seconds that it may take."""


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncGenerator[None]:
    """DeliveryTimedOut if one request inside takes longer, with a client that has `request_trace`."""
    limit = asyncio.timeout(None)
    try:
        async with limit:
            token = _running.set((limit, seconds))
            try:
                yield
            finally:
                _running.reset(token)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise DeliveryTimedOut(f"Discord had not taken the message after {seconds:.0f} s.") from error


def request_trace(permit: Callable[[], None]) -> aiohttp.TraceConfig:
    """For discord.py's `http_trace`: tells `time_limit` when a request begins and ends.

    `permit` raises where none may begin, the gateway's included.
    """

    async def permitted(*_: Any) -> None:
        permit()

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(permitted)
    trace.on_request_start.append(_begins)
    trace.on_request_end.append(_ends)
    trace.on_request_exception.append(_ends)
    return trace


async def _begins(*_: Any) -> None:
    running = _running.get()
    if running is not None:
        limit, seconds = running
        limit.reschedule(asyncio.get_running_loop().time() + seconds)


async def _ends(*_: Any) -> None:
    running = _running.get()
    if running is not None and not running[0].expired():
        running[0].reschedule(None)
