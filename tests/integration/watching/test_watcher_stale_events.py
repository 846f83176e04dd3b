"""Events of InvokeAI's socket that come late, again, or of a job that REST does not know yet."""

import pytest
from watcher_place import Place, reconnect

from bot.domain.jobs import JobStatus, Progress
from bot.invokeai.socket.events import JobChanged
from bot.watching.watcher import Watcher

PENDING, RUNNING = JobStatus.PENDING, JobStatus.IN_PROGRESS
DONE, FAILED, CANCELED = JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED


async def test_a_start_that_is_heard_after_the_end_makes_no_job_run_again(
    place: Place, watcher: Watcher
) -> None:
    place.queue.put(3, DONE)
    await watcher.hear(JobChanged(3, DONE))
    await watcher.hear(JobChanged(3, RUNNING))
    await watcher.hear(Progress("box", 3, "Denoising", 0.5))
    assert place.state.running == set()
    assert place.state.progress == {}
    assert await place.told() == [(3, "completed")]
    del place.queue.items[3]
    await reconnect(watcher)
    assert await place.told() == []
    assert 3 not in await place.unfinished()


@pytest.mark.parametrize("status", [DONE, FAILED, CANCELED])
async def test_an_end_that_is_heard_three_times_is_told_once(
    place: Place, watcher: Watcher, status: JobStatus
) -> None:
    place.queue.put(3, status)
    for _ in range(3):
        await watcher.hear(JobChanged(3, status))
    await reconnect(watcher)
    assert await place.told() == [(3, status.value)]


async def test_an_end_of_a_job_that_rest_does_not_know_yet_is_told_once_it_does(
    place: Place, watcher: Watcher
) -> None:
    await watcher.hear(JobChanged(3, RUNNING))
    await watcher.hear(JobChanged(3, DONE))
    assert await place.told() == []
    place.queue.put(3, DONE)
    assert await watcher.catch_up()
    assert await place.told() == [(3, "completed")]


async def test_an_end_that_rest_contradicts_is_told_when_rest_says_so(place: Place, watcher: Watcher) -> None:
    place.queue.put(3, RUNNING)
    await watcher.hear(JobChanged(3, DONE))
    assert await watcher.catch_up()
    assert await place.told() == []
    place.queue.put(3, DONE)
    assert await watcher.catch_up()
    assert await place.told() == [(3, "completed")]
