"""Looking through the queue of an InvokeAI up to 6.6: the right jobs, and few requests."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_pages import all_pages

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.listing.by_cursor import CursorPage, Hint, ListedJob, ListingByCursor

COUNTED = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")
OLD_STATUSES = [each for each in JobStatus if each not in (JobStatus.WAITING, JobStatus.UNKNOWN)]
START = datetime(2026, 11, 24, tzinfo=UTC)


def job(
    number: int, status: JobStatus = JobStatus.COMPLETED, priority: int = 0, ended: int | None = None
) -> Job:
    """`ended`: seconds after START at which a finished job ended; its number if not given."""
    end = START + timedelta(seconds=number if ended is None else ended) if status.finished else None
    return Job("studio", number, status, "batch", None, START, completed_at=end, priority=priority)


@dataclass
class Server:
    """Lists as InvokeAI's SQL does: `q AND s AND (p < P) OR (p = P AND id > C)`, by priority, then number."""

    jobs: dict[int, Job] = field(default_factory=dict[int, Job])
    others: set[int] = field(default_factory=set[int])
    """Numbers that belong to another queue."""
    asked: list[int] = field(default_factory=list[int])
    sent: int = 0

    async def fetch(
        self, limit: int, *, status: JobStatus | None = None, after: tuple[int, int] | None = None
    ) -> CursorPage:
        def there(one: Job) -> bool:
            plain = one.number not in self.others and (status is None or one.status is status)
            if after is None:
                return plain
            cursor, priority = after
            return (plain and one.priority < priority) or (one.priority == priority and one.number > cursor)

        found = sorted(filter(there, self.jobs.values()), key=lambda one: (-one.priority, one.number))
        rows = [ListedJob(one, one.number not in self.others) for one in found[:limit]]
        self.asked.append(limit)
        self.sent += len(rows)
        return CursorPage(rows, len(found) > limit)

    async def status(self) -> QueueStatus:
        counts = Counter(one.status.value for one in self.ours)
        return QueueStatus("studio", *(counts[status] for status in COUNTED), paused=False, processing=True)

    @property
    def ours(self) -> list[Job]:
        return [one for one in self.jobs.values() if one.number not in self.others]

    def listing(self, hint: int = 0, first: int = 4, most: int = 50) -> ListingByCursor:
        return ListingByCursor(self.fetch, self.status, Hint(hint), first=first, most=most)

    def put(self, *jobs: Job) -> None:
        self.jobs |= {one.number: one for one in jobs}

    def forget(self) -> None:
        self.asked.clear()
        self.sent = 0


def server(*jobs: Job) -> Server:
    made = Server()
    made.put(*jobs)
    return made


def history(count: int) -> Server:
    return server(*(job(number) for number in range(1, count + 1)))


@pytest.mark.parametrize("finished", [100, 1_000, 10_000])
async def test_a_reconcile_costs_the_same_however_long_the_history_is(finished: int) -> None:
    there = history(finished)
    there.put(job(finished + 1, JobStatus.PENDING, priority=1), job(finished + 2, JobStatus.PENDING))
    changed = await there.listing().changed(finished, [finished - 1])
    assert [one.number for one in changed] == [finished - 1, finished + 1, finished + 2]
    assert (len(there.asked), there.sent) == (5, 10)


@pytest.mark.parametrize("finished", [100, 1_000, 10_000])
@pytest.mark.parametrize("question", ["latest", "page", "baseline"])
async def test_the_newest_cost_the_same_however_long_the_history_is(finished: int, question: str) -> None:
    there = history(finished)
    there.put(job(finished + 1, JobStatus.CANCELED, priority=1))
    listing = there.listing()
    await listing.baseline()
    there.put(job(finished + 2))
    there.forget()
    if question == "latest":
        assert await listing.latest(None) == finished + 2
    elif question == "page":
        page = await listing.page(None, None, 10)
        assert [one.number for one in page.jobs] == list(range(finished + 2, finished - 8, -1))
    else:
        assert await listing.baseline() == (finished + 2, [])
    assert len(there.asked) <= 15
    assert there.sent <= 60


async def test_the_first_look_of_all_searches_in_few_and_small_requests() -> None:
    there = history(10_000)
    page = await there.listing().page(None, None, 10)
    assert [one.number for one in page.jobs] == list(range(10_000, 9_990, -1))
    assert len(there.asked) < 40
    assert there.sent < 100


async def test_a_window_never_asks_for_more_than_it_may() -> None:
    there = history(3_000)
    await there.listing().latest(JobStatus.COMPLETED)
    await there.listing().changed(0, range(1, 3_000))
    assert max(there.asked) <= 50


@pytest.mark.parametrize("hint", [0, 5, 300, 900, 100_000])
async def test_a_wrong_hint_costs_requests_and_nothing_else(hint: int) -> None:
    there = server(*(job(number) for number in range(1, 301)), *(job(number) for number in range(800, 901)))
    listing = there.listing(hint)
    assert (await listing.baseline())[0] == 900
    assert await listing.latest(None) == 900
    assert (await listing.page(None, None, 2)).before == 899


async def test_a_job_that_waits_far_down_is_found_by_its_status() -> None:
    there = history(10_000)
    there.jobs[5] = job(5, JobStatus.PENDING)
    there.jobs[6] = job(6, JobStatus.IN_PROGRESS, priority=3)
    assert await there.listing(10_000).baseline() == (10_000, [there.jobs[5], there.jobs[6]])
    assert there.sent < 50


async def test_only_what_waits_is_taken_from_pages_that_have_lost_their_filter() -> None:
    there = history(300)
    waiting = [job(number, JobStatus.PENDING) for number in range(1, 300, 3)]
    there.put(*waiting)
    assert await there.listing(300).baseline() == (300, waiting)


async def test_a_rare_status_is_found_in_one_request() -> None:
    there = history(10_000)
    there.jobs[7] = job(7, JobStatus.FAILED)
    assert await there.listing().latest(JobStatus.FAILED) == 7
    assert [one.number for one in (await there.listing().page(None, JobStatus.FAILED, 10)).jobs] == [7]
    assert await there.listing().latest(JobStatus.CANCELED) is None
    assert there.asked == [50, 50]


async def test_the_latest_may_have_been_prepended_or_not() -> None:
    there = server(
        *(job(number, ended=1_000 + number) for number in range(1, 101)), job(101, priority=1, ended=5)
    )
    assert await there.listing().latest(None) == 100
    there.put(job(102, priority=2, ended=9_000))
    assert await there.listing().latest(None) == 102


async def test_pruned_jobs_leave_a_gap_that_is_crossed_in_few_requests() -> None:
    there = server(job(1), job(2), *(job(number) for number in range(9_000, 9_003)))
    page = await there.listing(9_002).page(None, None, 10)
    assert [one.number for one in page.jobs] == [9_002, 9_001, 9_000, 2, 1]
    assert page.before is None
    assert len(there.asked) < 80


async def test_an_empty_queue_has_nothing_and_forgets_the_hint() -> None:
    there = server(job(1))
    there.others = {1}
    listing = there.listing(hint=500)
    assert await listing.baseline() == (0, [])
    assert await listing.changed(0, [1]) == []
    assert (await listing.page(None, None, 5)).jobs == ()
    assert await listing.latest(None) is None
    assert not await listing.holds(1)


@pytest.mark.parametrize("before", [10**6, 2**53 - 1, 2**63 - 1])
async def test_a_page_below_a_number_far_above_every_job_costs_few_requests(before: int) -> None:
    there = history(100)
    page = await there.listing().page(before, None, 10)
    assert [one.number for one in page.jobs] == [*range(100, 90, -1)]
    assert len(there.asked) < 40


async def test_it_tells_whether_a_job_is_there() -> None:
    there = server(job(1), job(2, priority=3), job(4))
    there.others = {4}
    assert [await there.listing().holds(number) for number in range(1, 6)] == [
        True,
        True,
        False,
        False,
        False,
    ]


async def test_a_job_that_is_prepended_while_lower_priorities_are_read_is_not_lost() -> None:
    there = history(10)

    async def fetch(
        limit: int, *, status: JobStatus | None = None, after: tuple[int, int] | None = None
    ) -> CursorPage:
        sheet = await there.fetch(limit, status=status, after=after)
        if len(there.asked) == 1:  # the highest priority has just been asked for
            there.put(job(11, JobStatus.PENDING, priority=1), job(12, JobStatus.PENDING))
        return sheet

    listing = ListingByCursor(fetch, there.status, Hint(), first=4, most=50)
    assert [one.number for one in await listing.changed(10, [])] == [11, 12]


queues = st.lists(
    st.tuples(st.sampled_from(OLD_STATUSES), st.sampled_from([0, 0, 0, 1, 2, 5]), st.integers(0, 9)),
    max_size=120,
)


def drawn(rows: list[tuple[JobStatus, int, int]]) -> Server:
    """Number by number: some are of another queue, some are pruned."""
    there = Server()
    for number, (status, priority, fate) in enumerate(rows, 1):
        if fate != 9:
            there.put(job(number, status, priority, ended=(number * 37) % 101))
        if fate == 8:
            there.others.add(number)
    return there


@given(queues, st.integers(1, 30), st.sampled_from([None, *OLD_STATUSES]), st.integers(0, 150))
async def test_all_pages_together_are_the_queue(
    rows: list[tuple[JobStatus, int, int]], limit: int, wanted: JobStatus | None, hint: int
) -> None:
    there = drawn(rows)
    listing = there.listing(hint, first=2, most=7)
    seen = await all_pages(listing, wanted, limit)
    expected = [one for one in there.ours if wanted is None or one.status is wanted]
    assert seen == sorted(expected, key=lambda one: -one.number)


@given(queues, st.integers(0, 130), st.sets(st.integers(1, 130), max_size=20), st.integers(0, 150))
async def test_what_changed_and_the_baseline_are_those_of_the_queue(
    rows: list[tuple[JobStatus, int, int]], after: int, unfinished: set[int], hint: int
) -> None:
    there = drawn(rows)
    listing = there.listing(hint, first=2, most=7)
    expected = [one for one in there.ours if one.number > after or one.number in unfinished]
    assert await listing.changed(after, unfinished) == expected
    highest = max([0, *(one.number for one in there.ours)])
    assert await listing.baseline() == (highest, [one for one in there.ours if not one.status.finished])


@given(queues, st.sampled_from([JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED]))
async def test_the_latest_of_few_is_the_one_that_ended_last(
    rows: list[tuple[JobStatus, int, int]], wanted: JobStatus
) -> None:
    there = drawn(rows)
    ended = [one for one in there.ours if one.status is wanted]
    best = max(ended, key=lambda one: (one.completed_at or START, one.number), default=None)
    assert await there.listing(most=200).latest(wanted) == (best.number if best else None)
