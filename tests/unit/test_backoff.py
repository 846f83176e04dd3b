import asyncio
from datetime import timedelta

import pytest

from bot.backoff import backoff, wait_at_most


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10**6, 60)]
)
def test_the_pause_doubles_with_each_failure_up_to_the_maximum(failures: int, pause: float) -> None:
    assert backoff(failures, 1.0, 60.0) == pause


def test_a_pause_may_be_a_timedelta() -> None:
    longest = timedelta(hours=1)
    assert backoff(3, timedelta(minutes=1), longest) == timedelta(minutes=4)
    assert backoff(10**6, timedelta(minutes=1), longest) == longest


async def test_an_event_that_is_set_ends_the_wait_and_stays_set() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(wait_at_most(event, None))
    await asyncio.sleep(0)
    event.set()
    assert await waiting
    assert event.is_set()


async def test_without_the_event_the_wait_ends_after_its_time() -> None:
    event = asyncio.Event()
    assert not await wait_at_most(event, 0.001)
