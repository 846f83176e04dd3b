"""When the gateway is tried: soon and steadily while it is away, ever later while it ends connections."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp

from bot.backoff import backoff

FREE = 5
"""So many returns in a row of each shard wait for nothing: a gateway that restarts is no trouble."""
MIN_PAUSE = 1.0
MAX_PAUSE = 20.0
"""Before a return to a gateway that ends each connection; discord.py adds 5 s before each IDENTIFY."""
STEADY = 60.0
MAX_PAUSE_AWAY = 10.0
"""Before another try to reach a gateway that is away."""
ATTEMPT_TIMEOUT = 10.0
PATIENCE = 50.0
"""So long `connect` tries: below the 60 s of discord.py, which has given up the session then."""

Connection = TypeVar("Connection")


class ReconnectThrottle:
    """Keeps the bot away for less than 30 s after the gateway's return, without a storm of connections.

    `sleep` and `monotonic` count seconds. After a connection that held for STEADY it starts afresh. `shards`:
    so many connections come one after the other, at the start and whenever the gateway restarts.
    """

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]], monotonic: Callable[[], float]) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._last: float | None = None
        self._returns = 0
        self._failures = 0
        self.shards = 1

    async def connect(self, attempt: Callable[[], Awaitable[Connection]]) -> Connection:
        """What `attempt` gives; after PATIENCE its last error."""
        until = self._monotonic() + PATIENCE
        await self._wait()
        while True:
            try:
                async with asyncio.timeout(ATTEMPT_TIMEOUT):
                    connection = await attempt()
            except (aiohttp.ClientError, OSError, TimeoutError):
                self._failures += 1
                if self._monotonic() + self.pause() + ATTEMPT_TIMEOUT > until:
                    raise
                await self._sleep(self.pause())
            else:
                self._failures = 0
                self._last = self._monotonic()
                return connection

    def pause(self) -> float:
        """Seconds until the next try is due, after one that failed."""
        return backoff(self._failures, MIN_PAUSE, MAX_PAUSE_AWAY)

    async def _wait(self) -> None:
        quick = self._last is not None and self._monotonic() - self._last < STEADY
        self._returns = self._returns + 1 if quick else 0
        free = FREE * self.shards
        if self._returns > free:
            await self._sleep(backoff(self._returns - free, MIN_PAUSE, MAX_PAUSE))
