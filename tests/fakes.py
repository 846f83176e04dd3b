"""Imitations that tests of several folders share."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Clock:
    """The time of day. It stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now
        self.asked = 0

    def __call__(self) -> datetime:
        self.asked += 1
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Seconds:
    """A count of seconds. It stands still until it is moved, and a sleep moves it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
