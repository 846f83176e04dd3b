"""How busy the servers were, as people ask for it."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from bot.domain.statistics import Period, Statistics, Total, begin_of, statistics


class Totals(Protocol):
    async def since(self, start: datetime) -> Sequence[Total]: ...


class StatisticsControls:
    """Of all servers. `zone`: that of the days."""

    def __init__(self, totals: Totals, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._totals = totals
        self._clock = clock
        self._zone = zone

    async def of(self, period: Period) -> Statistics:
        """Until now. DatabaseTrouble."""
        now = self._clock()
        totals = await self._totals.since(begin_of(period, now, self._zone))
        return statistics(totals, period, now, self._zone)
