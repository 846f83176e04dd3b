"""What `/healthz` and `/metrics` say of a bot that waits for the one that leads."""

from collections.abc import Mapping
from typing import Protocol

from bot.telemetry.metrics import Metrics


class Waiting(Protocol):
    """`trouble`: what keeps it from knowing whether it may lead, in a sentence."""

    @property
    def role(self) -> str: ...
    @property
    def trouble(self) -> str | None: ...


class StandbyHealth:
    """Healthy while it would learn at once that it may lead."""

    def __init__(self, waiting: Waiting, metrics: Metrics) -> None:
        self._waiting = waiting
        self._metrics = metrics

    def state(self) -> tuple[bool, Mapping[str, object]]:
        healthy = self._waiting.trouble is None
        role = str(self._waiting.role)
        return healthy, {"role": role, "discord": False, "database": healthy, "services": {}, "servers": {}}

    async def measure(self) -> None:
        """The same as figures."""
        self._metrics.healthy.set(self._waiting.trouble is None)
        self._metrics.leader.set(False)
