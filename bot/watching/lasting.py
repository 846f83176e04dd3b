"""Since when something lasts, as far as it was watched."""

from collections.abc import Callable
from datetime import datetime, timedelta

MAX_GAP = timedelta(minutes=5)
"""Two looks that are further apart: the machine slept between them, or its clock was set."""


class Lasting:
    """What happened while nobody looked is not known, so it counts from the first look afterwards."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._since: datetime | None = None
        self._seen_at: datetime | None = None

    def seen(self) -> datetime:
        """It is so now: since when, without a gap."""
        now = self._clock()
        gap = self._seen_at is None or not timedelta() <= now - self._seen_at <= MAX_GAP
        if self._since is None or gap:
            self._since = now
        self._seen_at = now
        return self._since

    def over(self) -> None:
        """It is not so now, or may not be."""
        self._since = self._seen_at = None
