"""Keeps connections to a gateway that ends them at once from becoming a storm."""

from collections.abc import Awaitable, Callable

from bot.backoff import backoff

FREE = 5
"""So many returns in a row wait for nothing: a gateway that restarts is no trouble."""
MIN_PAUSE = 1.0
MAX_PAUSE = 50.0
"""Below the 60 s that discord.py gives a connection to stand."""
STEADY = 60.0


class ReconnectThrottle:
    """Before each connection: the first few at once, then after pauses that double.

    `sleep` and `monotonic` count seconds. After a connection that held for STEADY it starts afresh.
    """

    def __init__(self, *, sleep: Callable[[float], Awaitable[None]], monotonic: Callable[[], float]) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._last: float | None = None
        self._returns = 0

    async def wait(self) -> None:
        """Until the next connection may be made."""
        quick = self._last is not None and self._monotonic() - self._last < STEADY
        self._returns = self._returns + 1 if quick else 0
        if self._returns > FREE:
            await self._sleep(backoff(self._returns - FREE, MIN_PAUSE, MAX_PAUSE))
        self._last = self._monotonic()
