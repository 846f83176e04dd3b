"""Looking through a queue: the right jobs, and few requests."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_pages import all_pages

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.listing.by_id import ListingById

KNOWN = [status for status in JobStatus if status is not JobStatus.UNKNOWN]
"""Those that InvokeAI lists by."""

COUNTED = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")
START = datetime(2026, 11, 24, tzinfo=UTC)


def job(number: int, status: JobStatus = JobStatus.COMPLETED, ended: int | None = None) -> Job:
    """`ended`: seconds after START at which a finished job ended; its number if not given."""
    end = START + timedelta(seconds=number if ended is None else ended) if status.finished else None
    return Job("studio", number, status, "batch", None, START, completed_at=end)


@dataclass
class Queue:
    """A server's queue. Ids come in no order; what was read is written down."""

    jobs: dict[int, Job]
    windows: list[int] = field(default_factory=list[int])
    statuses: int = 0

    async def ids(self) -> list[int]:
        return sorted(self.jobs, key=lambda number: (number % 7, number))

    async def read(self, numbers: list[int]) -> list[Job]:
        self.windows.append(len(numbers))
        return [self.jobs[number] for number in numbers if number in self.jobs]

    async def status(self) -> QueueStatus:
        self.statuses += 1
        counts = Counter(job.status.value for job in self.jobs.values())
        return QueueStatus("studio", *(counts[status] for status in COUNTED), paused=False, processing=True)

    @property
    def listing(self) -> ListingById:
        return ListingById(self.ids, self.read, self.status, 1000)


def queue(*jobs: Job) -> Queue:
    return Queue({made.number: made for made in jobs})


def history(count: int) -> Queue:
    return queue(*(job(number) for number in range(1, count + 1)))


async def test_only_new_and_unfinished_jobs_are_read_again() -> None:
    there = history(10_000)
    there.jobs[4000] = job(4000, JobStatus.PENDING)
    changed = await there.listing.changed(9_998, [4000, 20_000])
    assert [read.number for read in changed] == [4000, 9_999, 10_000]
    assert there.windows == [3]


async def test_nothing_new_reads_nothing() -> None:
    there = history(100)
    assert await there.listing.changed(100, []) == []
    assert there.windows == []


async def test_many_new_jobs_are_read_a_thousand_at_a_time() -> None:
    there = history(2_500)
    assert len(await there.listing.changed(0, [])) == 2_500
    assert there.windows == [1000, 1000, 500]


async def test_the_baseline_stops_when_all_unfinished_jobs_are_found() -> None:
    there = history(10_000)
    there.jobs[9_950] = job(9_950, JobStatus.IN_PROGRESS)
    assert await there.listing.baseline() == (10_000, [there.jobs[9_950]])
    assert there.windows == [100]


async def test_the_baseline_of_an_idle_queue_reads_no_job() -> None:
    there = history(10_000)
    assert await there.listing.baseline() == (10_000, [])
    assert there.windows == []


async def test_the_baseline_finds_a_job_that_waits_far_down_in_few_requests() -> None:
    there = history(10_000)
    there.jobs[1] = job(1, JobStatus.WAITING)
    assert await there.listing.baseline() == (10_000, [there.jobs[1]])
    assert len(there.windows) < 15


async def test_an_empty_queue_has_no_baseline_no_page_and_no_latest() -> None:
    listing = queue().listing
    assert await listing.baseline() == (0, [])
    assert (await listing.page(None, None, 10)).jobs == ()
    assert await listing.latest(None) is None


async def test_a_page_reads_no_more_than_it_shows() -> None:
    there = history(10_000)
    page = await there.listing.page(None, None, 10)
    assert [read.number for read in page.jobs] == list(range(10_000, 9_990, -1))
    assert page.before == 9_991
    assert there.windows == [11]


async def test_the_last_page_knows_that_it_is_the_last() -> None:
    page = await history(20).listing.page(11, None, 10)
    assert [read.number for read in page.jobs] == list(range(10, 0, -1))
    assert page.before is None


async def test_a_page_of_one_status_stops_at_its_count() -> None:
    there = history(10_000)
    there.jobs[9_990] = job(9_990, JobStatus.FAILED)
    page = await there.listing.page(None, JobStatus.FAILED, 10)
    assert [read.number for read in page.jobs] == [9_990]
    assert page.before is None
    assert there.windows == [50]


@pytest.mark.parametrize("finished", [100, 10_000])
async def test_the_latest_costs_the_same_however_long_the_history_is(finished: int) -> None:
    there = history(finished)
    assert await there.listing.latest(None) == finished
    assert (there.windows, there.statuses) == ([50, 50], 1)


async def test_the_latest_may_lie_below_jobs_that_wait_and_jobs_that_were_prepended() -> None:
    waiting = [job(number, JobStatus.PENDING) for number in range(101, 401)]
    there = queue(
        *(job(number, ended=1000 + number) for number in range(1, 101)), *waiting, job(401, ended=5)
    )
    assert await there.listing.latest(None) == 100


async def test_the_latest_of_a_status_is_sought_until_it_is_found() -> None:
    there = history(3_000)
    there.jobs[7] = job(7, JobStatus.FAILED)
    assert await there.listing.latest(JobStatus.FAILED) == 7
    assert await there.listing.latest(JobStatus.CANCELED) is None


async def test_a_job_that_vanishes_meanwhile_is_left_out() -> None:
    there = history(5)
    stale = await there.ids()
    del there.jobs[5]

    async def ids() -> list[int]:
        return stale

    listing = ListingById(ids, there.read, there.status, 1000)
    assert await listing.latest(None) == 4
    assert [read.number for read in (await listing.page(None, None, 2)).jobs] == [4, 3]


@given(
    st.lists(st.sampled_from(KNOWN), max_size=400),
    st.integers(1, 60),
    st.sampled_from([None, *KNOWN]),
)
async def test_all_pages_together_are_the_queue(
    statuses: list[JobStatus], limit: int, wanted: JobStatus | None
) -> None:
    there = queue(*(job(number, status) for number, status in enumerate(statuses, 1)))
    seen = await all_pages(there.listing, wanted, limit)
    expected = [read for read in there.jobs.values() if wanted is None or read.status is wanted]
    assert seen == sorted(expected, key=lambda read: -read.number)
