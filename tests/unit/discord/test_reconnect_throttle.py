import errno

import pytest
from fakes import Seconds

from bot.discord.reconnect_throttle import (
    FREE,
    MAX_PAUSE,
    MAX_PAUSE_AWAY,
    PATIENCE,
    STEADY,
    ReconnectThrottle,
)


class Away:
    """A gateway that is away for the first so many tries."""

    def __init__(self, tries: int) -> None:
        self._tries = tries

    async def __call__(self) -> str:
        self._tries -= 1
        if self._tries >= 0:
            raise OSError(errno.ECONNREFUSED, "refused")
        return "connection"


HERE = Away(0)


async def test_a_gateway_that_ends_each_connection_at_once_is_met_with_growing_pauses() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    for _ in range(1 + FREE):
        await throttle.connect(HERE)
    assert clock.slept == []
    for _ in range(7):
        await throttle.connect(HERE)
    assert clock.slept == [1, 2, 4, 8, 16, MAX_PAUSE, MAX_PAUSE]


async def test_each_of_many_shards_returns_at_once_from_a_gateway_that_restarts() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    throttle.shards = 16
    for _ in range(2 * throttle.shards):  # their start, and one restart
        await throttle.connect(HERE)
    assert clock.slept == []


async def test_a_connection_that_held_for_a_minute_makes_the_next_ones_free_again() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    for _ in range(1 + FREE + 3):
        await throttle.connect(HERE)
    clock.now += STEADY
    clock.slept.clear()
    for _ in range(1 + FREE):
        await throttle.connect(HERE)
    assert clock.slept == []


async def test_a_gateway_that_is_away_is_tried_again_within_one_call() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    assert await throttle.connect(Away(4)) == "connection"
    assert clock.slept == [1, 2, 4, 8]
    assert await throttle.connect(Away(1)) == "connection"
    assert clock.slept == [1, 2, 4, 8, 1]


async def test_a_call_ends_before_discord_py_ends_it_and_the_next_one_takes_no_fresh_start() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    with pytest.raises(OSError, match="refused"):
        await throttle.connect(Away(1000))
    assert clock.now <= PATIENCE
    assert throttle.pause() == MAX_PAUSE_AWAY


async def test_tries_that_failed_are_no_quick_returns() -> None:
    clock = Seconds()
    throttle = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    for _ in range(2 * FREE):
        with pytest.raises(OSError, match="refused"):
            await throttle.connect(Away(1000))
    before = clock.now
    await throttle.connect(HERE)
    assert clock.now == before
