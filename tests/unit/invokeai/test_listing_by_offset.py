"""Looking through the queue of a server that does as InvokeAI's API is documented."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listing_pages import all_pages

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.listing.by_offset import ListingByOffset

KNOWN = [status for status in JobStatus if status is not JobStatus.UNKNOWN]
"""Those that InvokeAI lists by."""

COUNTED = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")
START = datetime(2026, 11, 24, tzinfo=UTC)


def job(
    number: int, status: JobStatus = JobStatus.COMPLETED, priority: int = 0, ended: int | None = None
) -> Job:
    end = START + timedelta(seconds=number if ended is None else ended) if status.finished else None
    return Job("studio", number, status, "batch", None, START, completed_at=end, priority=priority)


def by_priority(one: Job) -> tuple[int, int]:
    return (-one.priority, one.number)


@dataclass
class Server:
    """Lists by offset. `meanwhile` happens before each answer but the first."""

    jobs: dict[int, Job]
    order: Callable[[Job], tuple[int, int]] = by_priority
    asked: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    sent: int = 0
    meanwhile: Callable[["Server"], None] = lambda _: None

    async def fetch(self, limit: int, offset: int, status: JobStatus | None) -> list[Job]:
        if self.asked:
            self.meanwhile(self)
        self.asked.append((limit, offset))
        found = [one for one in self.jobs.values() if status is None or one.status is status]
        rows = sorted(found, key=self.order)[offset : offset + limit]
        self.sent += len(rows)
        return rows

    async def status(self) -> QueueStatus:
        counts = Counter(one.status.value for one in self.jobs.values())
        return QueueStatus("studio", *(counts[status] for status in COUNTED), paused=False, processing=True)

    @property
    def listing(self) -> ListingByOffset:
        return ListingByOffset(self.fetch, self.status)

    def put(self, one: Job) -> None:
        self.jobs[one.number] = one


def server(*jobs: Job) -> Server:
    return Server({one.number: one for one in jobs})


def history(count: int) -> Server:
    return server(*(job(number) for number in range(1, count + 1)))


@pytest.mark.parametrize("finished", [300, 10_000])
@pytest.mark.parametrize("question", ["latest", "page", "baseline", "changed"])
async def test_a_question_costs_the_same_however_long_the_history_is(finished: int, question: str) -> None:
    there = history(finished)
    there.put(job(finished + 1, JobStatus.PENDING))
    if question == "latest":
        assert await there.listing.latest(None) == finished
    elif question == "page":
        page = await there.listing.page(None, None, 10)
        assert [one.number for one in page.jobs] == list(range(finished + 1, finished - 9, -1))
    elif question == "baseline":
        assert await there.listing.baseline() == (finished + 1, [there.jobs[finished + 1]])
    else:
        changed = await there.listing.changed(finished - 1, [finished - 3])
        assert [one.number for one in changed] == [finished - 3, finished, finished + 1]
    assert len(there.asked) <= 6
    assert there.sent <= 300


@pytest.mark.parametrize("count", [3, 150, 500])
async def test_the_latest_is_the_one_that_ended_last_though_it_stands_first_in_the_list(count: int) -> None:
    there = history(count)
    there.put(job(count + 1, priority=1, ended=10 * count))
    assert await there.listing.latest(None) == count + 1
    assert await there.listing.latest(JobStatus.COMPLETED) == count + 1
    there.put(job(count + 1, priority=1, ended=0))
    assert await there.listing.latest(None) == count


async def test_a_short_queue_may_stand_in_any_order() -> None:
    there = history(150)
    there.order = lambda one: ((one.number * 7) % 151, 0)
    there.put(job(80, ended=999))
    assert await there.listing.latest(None) == 80
    assert (await there.listing.page(None, None, 3)).before == 148
    assert [one.number for one in await there.listing.changed(148, [3])] == [3, 149, 150]


async def test_a_short_queue_may_stand_the_other_way_round() -> None:
    there = history(150)
    there.order = lambda one: (-one.number, 0)
    assert [one.number for one in (await there.listing.page(None, None, 3)).jobs] == [150, 149, 148]
    assert [one.number for one in await there.listing.changed(148, [])] == [149, 150]
    assert (await there.listing.baseline())[0] == 150


async def test_what_waits_does_not_stand_before_the_latest() -> None:
    there = history(300)
    for number in range(301, 1_301):
        there.put(job(number, JobStatus.PENDING))
    assert await there.listing.latest(None) == 300
    assert there.sent < 300


async def test_an_empty_queue_has_nothing() -> None:
    listing = server().listing
    assert await listing.baseline() == (0, [])
    assert await listing.changed(0, [1]) == []
    assert (await listing.page(None, None, 5)).jobs == ()
    assert await listing.latest(None) is None


async def test_a_page_that_shrinks_while_it_is_read_is_read_to_the_end() -> None:
    there = history(1_000)

    def prunes(server: Server) -> None:
        for number in list(server.jobs)[:40]:
            del server.jobs[number]

    there.meanwhile = prunes
    changed = await there.listing.changed(800, [])
    assert [one.number for one in changed] == list(range(801, 1_001))


async def test_jobs_that_are_prepended_while_it_is_read_hide_none() -> None:
    there = history(1_000)

    def prepends(server: Server) -> None:
        if len(server.jobs) < 1_030:
            server.put(job(max(server.jobs) + 1, JobStatus.PENDING, priority=5))

    there.meanwhile = prepends
    changed = await there.listing.changed(500, [])
    assert {one.number for one in changed} >= set(range(501, 1_001))


async def test_a_page_has_no_hole_though_jobs_are_prepended_while_it_is_read() -> None:
    there = history(1_000)

    def prepends(server: Server) -> None:
        for _ in range(20):
            server.put(job(max(server.jobs) + 1, JobStatus.PENDING, priority=5))

    there.meanwhile = prepends
    page = await there.listing.page(1_001, None, 600)
    assert [one.number for one in page.jobs] == list(range(1_000, 400, -1))


async def test_a_job_that_was_prepended_after_the_start_was_read_is_not_lost() -> None:
    there = history(1_000)

    def once(server: Server) -> None:
        if 1_002 not in server.jobs:
            server.put(job(1_001, JobStatus.PENDING, priority=5))
            server.put(job(1_002, JobStatus.PENDING))

    there.meanwhile = once
    assert [one.number for one in await there.listing.changed(1_000, [])] == [1_001, 1_002]


async def test_it_tells_whether_a_job_is_there() -> None:
    there = server(job(1), job(3))
    assert [await there.listing.holds(number) for number in range(1, 5)] == [True, False, True, False]


rows = st.lists(st.tuples(st.sampled_from(KNOWN), st.sampled_from([0, 0, 0, 1, 4])), max_size=420)


@given(rows, st.integers(1, 90), st.sampled_from([None, *KNOWN]))
async def test_all_pages_together_are_the_queue(
    drawn: list[tuple[JobStatus, int]], limit: int, wanted: JobStatus | None
) -> None:
    there = server(*(job(number, *row) for number, row in enumerate(drawn, 1)))
    seen = await all_pages(there.listing, wanted, limit)
    expected = [one for one in there.jobs.values() if wanted is None or one.status is wanted]
    assert seen == sorted(expected, key=lambda one: -one.number)


@given(rows, st.integers(0, 430), st.sets(st.integers(1, 430), max_size=10))
async def test_what_changed_and_the_baseline_are_those_of_the_queue(
    drawn: list[tuple[JobStatus, int]], after: int, unfinished: set[int]
) -> None:
    there = server(*(job(number, *row) for number, row in enumerate(drawn, 1)))
    expected = [one for one in there.jobs.values() if one.number > after or one.number in unfinished]
    assert await there.listing.changed(after, unfinished) == expected
    waiting = [one for one in there.jobs.values() if not one.status.finished]
    assert await there.listing.baseline() == (len(there.jobs), waiting)
