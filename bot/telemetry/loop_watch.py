"""How long the event loop stalls."""

from collections import deque
from collections.abc import Awaitable, Callable

from bot.telemetry.metrics import Metrics

TICK = 0.01
"""Seconds from one look at the event loop to the next: a stall is seen this exactly."""
MINUTE = 60.0


class LoopWatch:
    """How late the event loop's timers fire. `monotonic` and `sleep` count seconds."""

    def __init__(
        self, metrics: Metrics, *, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._late: deque[tuple[float, float]] = deque()
        """When, and how late: each later than all after it."""
        metrics.stall.set_function(self.longest)

    async def run(self) -> None:
        """Endless."""
        while True:
            began = self._monotonic()
            await self._sleep(TICK)
            now = self._monotonic()
            self._note(now, max(now - began - TICK, 0.0))

    def longest(self) -> float:
        """Seconds that the loop's longest stall of the last minute took."""
        self._forget(self._monotonic())
        return self._late[0][1] if self._late else 0.0

    def _note(self, now: float, late: float) -> None:
        while self._late and self._late[-1][1] <= late:
            self._late.pop()
        self._late.append((now, late))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._late and self._late[0][0] <= now - MINUTE:
            self._late.popleft()
