import asyncio

import pytest

from bot.images.lane import Lane


class Work:
    """Heavy work that ends when it is told to. `log`: what happened to it."""

    def __init__(self) -> None:
        self.end = asyncio.Event()
        self.log: list[str] = []

    async def __call__(self) -> str:
        self.log.append("begun")
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.log.append("broken off")
            raise
        self.log.append("done")
        return "result"


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_thing_is_done_at_a_time() -> None:
    lane, first, second = Lane(), Work(), Work()
    tasks = [asyncio.create_task(lane.urgently(work)) for work in (first, second)]
    await settled()
    assert (first.log, second.log) == (["begun"], [])
    first.end.set()
    await settled()
    assert second.log == ["begun"]
    second.end.set()
    assert await asyncio.gather(*tasks) == ["result", "result"]


async def test_what_is_urgent_breaks_off_what_is_not_which_begins_anew_afterwards() -> None:
    lane, looked_up, owed = Lane(), Work(), Work()
    patient = asyncio.create_task(lane.patiently(looked_up))
    await settled()
    urgent = asyncio.create_task(lane.urgently(owed))
    await settled()
    assert looked_up.log == ["begun", "broken off"]
    assert owed.log == ["begun"]
    owed.end.set()
    assert await urgent == "result"
    await settled()
    assert looked_up.log == ["begun", "broken off", "begun"]
    looked_up.end.set()
    assert await patient == "result"


async def test_what_is_urgent_goes_before_what_waits_longer() -> None:
    lane, running, waiting, owed = Lane(), Work(), Work(), Work()
    tasks = [asyncio.create_task(lane.urgently(running))]
    await settled()
    tasks.append(asyncio.create_task(lane.patiently(waiting)))
    await settled()
    tasks.append(asyncio.create_task(lane.urgently(owed)))
    running.end.set()
    await settled()
    assert (waiting.log, owed.log) == ([], ["begun"])
    owed.end.set()
    waiting.end.set()
    await asyncio.gather(*tasks)
    assert waiting.log == ["begun", "done"]


async def test_who_waits_no_more_ends_the_work_and_frees_the_lane() -> None:
    lane, looked_up, next_one = Lane(), Work(), Work()
    patient = asyncio.create_task(lane.patiently(looked_up))
    await settled()
    patient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await patient
    assert looked_up.log == ["begun", "broken off"]
    next_one.end.set()
    assert await asyncio.wait_for(lane.patiently(next_one), 1) == "result"


@pytest.mark.parametrize("urgent", [True, False])
async def test_work_that_fails_frees_the_lane(*, urgent: bool) -> None:
    lane, next_one = Lane(), Work()

    async def fail() -> None:
        raise ZeroDivisionError

    go = lane.urgently if urgent else lane.patiently
    with pytest.raises(ZeroDivisionError):
        await go(fail)
    next_one.end.set()
    assert await asyncio.wait_for(lane.patiently(next_one), 1) == "result"
