"""Whose a job is, and when a batch ends of which InvokeAI does not have every job yet."""

from datetime import timedelta

import pytest
from watcher_place import NOW, Place, begun

from bot.domain.events import BatchCounts, JobEvent, Left, Tally
from bot.domain.jobs import JobStatus
from bot.domain.submissions import Asker, Submission
from bot.invokeai.socket.events import JobChanged
from bot.store.submissions import Submissions
from bot.watching.watcher import Watcher

ANN = Asker(9, 7, 42, reply_to=500)


async def asked(place: Place, jobs: int, sent: int, in_flight: int = 0) -> None:
    body = "{}" if sent < jobs else None
    await Submissions(place.database).add(
        Submission(0, "box", "b", ANN, NOW - timedelta(minutes=1), jobs, sent, in_flight, body)
    )


async def ended(place: Place, watcher: Watcher, number: int, counts: BatchCounts) -> JobEvent:
    """What the channel is told when that job ended, and nothing else waited."""
    place.queue.put(number, JobStatus.COMPLETED)
    await watcher.hear(JobChanged(number, JobStatus.COMPLETED, left=Left(counts.left, counts.left, counts)))
    [event] = await place.owed()
    return event


async def test_an_end_is_told_with_who_asked_for_the_job_and_another_one_with_nobody(place: Place) -> None:
    watcher = await begun(place)
    assert (await ended(place, watcher, 3, BatchCounts(2, Tally(1)))).asker is None
    await asked(place, 2, 2)
    assert (await ended(place, watcher, 4, BatchCounts(2, Tally(2)))).asker == ANN
    assert [event.asker for event in place.batch_ends if isinstance(event, JobEvent)] == [ANN]


@pytest.mark.parametrize(
    ("jobs", "sent", "in_flight", "totals"),
    [
        (10, 2, 0, (2, 10)),
        (10, 2, 2, (2, 10)),
        (10, 2, 2, (4, 10)),
        (10, 4, 0, (5, 11)),
        (10, 10, 0, (10, 10)),
    ],
)
async def test_a_batch_has_not_ended_while_jobs_of_it_are_still_to_be_sent(
    place: Place, jobs: int, sent: int, in_flight: int, totals: tuple[int, int]
) -> None:
    """`totals`: InvokeAI's own, and the whole batch's."""
    (total, whole), watcher = totals, await begun(place)
    await ended(place, watcher, 3, BatchCounts(total, Tally(1)))
    await asked(place, jobs, sent, in_flight)
    left = (await ended(place, watcher, 4, BatchCounts(total, Tally(total)))).left
    assert left.counts == BatchCounts(whole, Tally(total))
    assert (left.batch, left.queue) == (whole - total, whole - total)
    assert len(place.batch_ends) == (1 if whole == total else 0)
