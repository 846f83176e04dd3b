from collections.abc import Callable

import pytest

from bot.telemetry.loop_watch import MINUTE, TICK, LoopWatch
from bot.telemetry.metrics import Metrics

LAST = "the test's last sleep"


class Loop:
    """A clock that each sleep moves on, by as much more as was planned; the last sleep ends the run."""

    def __init__(self, *late: float) -> None:
        self.now = 0.0
        self._late = iter(late)

    async def sleep(self, seconds: float) -> None:
        late = next(self._late, None)
        if late is None:
            raise InterruptedError(LAST)
        self.now += seconds + late


async def watched(*late: float) -> tuple[Loop, LoopWatch, Callable[[], float | None]]:
    loop, metrics = Loop(*late), Metrics()
    watch = LoopWatch(metrics, monotonic=lambda: loop.now, sleep=loop.sleep)
    with pytest.raises(InterruptedError, match=LAST):
        await watch.run()
    return loop, watch, lambda: metrics.registry.get_sample_value("bot_loop_stall_seconds")


async def test_the_gauge_tells_the_longest_stall() -> None:
    _, watch, gauge = await watched(0.001, 0.25, 0.002)
    assert watch.longest() == pytest.approx(0.25)
    assert gauge() == pytest.approx(0.25)


async def test_a_stall_is_forgotten_after_a_minute_and_the_next_longest_counts() -> None:
    loop, _, gauge = await watched(0.5, MINUTE - 1, 0.1, 0.2, 0.05)
    assert gauge() == pytest.approx(MINUTE - 1)
    loop.now += MINUTE - 0.1 - 2 * TICK
    assert gauge() == pytest.approx(0.2)
    loop.now += 0.1
    assert gauge() == pytest.approx(0.05)
    loop.now += MINUTE
    assert gauge() == 0


async def test_a_timer_that_is_on_time_is_no_stall() -> None:
    _, watch, _ = await watched(0, 0, 0)
    assert watch.longest() == pytest.approx(0)


async def test_hours_of_even_lateness_are_remembered_in_few_entries() -> None:
    _, watch, _ = await watched(*([0.125] * 10_000))
    assert watch.longest() == pytest.approx(0.125)
    assert len(watch._late) < 100  # pyright: ignore[reportPrivateUsage]  # memory has no other face
