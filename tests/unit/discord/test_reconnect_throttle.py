from fakes import Seconds

from bot.discord.reconnect_throttle import FREE, MAX_PAUSE, STEADY, ReconnectThrottle


async def test_a_gateway_that_ends_each_connection_at_once_is_met_with_growing_pauses() -> None:
    clock = Seconds()
    brake = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    for _ in range(1 + FREE):
        await brake.wait()
    assert clock.slept == []
    for _ in range(8):
        await brake.wait()
    assert clock.slept == [1, 2, 4, 8, 16, 32, MAX_PAUSE, MAX_PAUSE]


async def test_a_connection_that_held_for_a_minute_makes_the_next_ones_free_again() -> None:
    clock = Seconds()
    brake = ReconnectThrottle(sleep=clock.sleep, monotonic=clock)
    for _ in range(1 + FREE + 3):
        await brake.wait()
    clock.now += STEADY
    clock.slept.clear()
    for _ in range(1 + FREE):
        await brake.wait()
    assert clock.slept == []
