"""For servers that list by cursor and do not tell ids: InvokeAI up to 6.6.

Their list goes from the highest priority down, and from the oldest number up within one. After a cursor their
SQL forgets the filters for jobs of the cursor's own priority. So what is asked for here are the jobs of one
priority above one number; the first job of a lower priority in the answer names the next one to ask for.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.listing.common import (
    count_of,
    cut,
    end_of,
    latest_of,
    newest_first,
    number_of,
    page_of,
)

FAR = 2**62  # no job has a higher number
NEAR = 4  # jobs read for nothing are cheaper than one more request


@dataclass(frozen=True, slots=True)
class ListedJob:
    """One line of a list. `ours`: it is of the queue that was asked for."""

    job: Job
    ours: bool = True


@dataclass(frozen=True, slots=True)
class CursorPage:
    """One answer of the list. `more`: it goes on behind the last row."""

    rows: list[ListedJob]
    more: bool


class FetchByCursor(Protocol):
    """`after` is (number, priority): only what stands behind that job."""

    def __call__(
        self, limit: int, *, status: JobStatus | None = None, after: tuple[int, int] | None = None
    ) -> Awaitable[CursorPage]: ...


@dataclass(slots=True)
class Hint:
    """Near which number the newest jobs stand: it saves the search, and may be wrong."""

    number: int = 0


class ListingByCursor:
    """A request brings `first` jobs to begin with, and never more than `most`."""

    def __init__(
        self,
        fetch: FetchByCursor,
        status: Callable[[], Awaitable[QueueStatus]],
        hint: Hint,
        *,
        first: int,
        most: int,
    ) -> None:
        self._fetch = fetch
        self._status = status
        self._hint = hint
        self._first = first
        self._most = most

    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        top = await self._top_priority()
        if top is None:
            return []
        found = await self._span(top, after, None)
        if found and len(found) < max(map(number_of, found)) - after:
            # A gap: of another queue, deleted, or prepended while lower priorities were read.
            found += await self._span(await self._top_priority() or top, after, None)
        self._hint.number = max([self._hint.number, *map(number_of, found)])
        wanted = {number for number in unfinished if number <= after}
        for above, upto in _clusters(wanted):
            found += [job for job in await self._span(top, above, upto) if job.number in wanted]
        return sorted(newest_first(found), key=number_of)

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number first, and what waits before what runs: then none is missed."""
        highest = 0
        async for jobs in self._windows(None, self._first):
            highest = jobs[0].number
            break
        self._hint.number = highest
        if not highest:
            return 0, []
        found = [*await self._all(JobStatus.PENDING), *await self._all(JobStatus.IN_PROGRESS)]
        unfinished = [job for job in newest_first(found) if job.number <= highest]
        return highest, sorted(unfinished, key=number_of)

    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage:
        there = None
        if status is not None:
            there = count_of(await self._status(), status)
            if there <= self._most:  # few: the list's own filter finds them all
                jobs = newest_first(await self._all(status)) if there else []
                return cut([job for job in jobs if before is None or job.number < before], limit)
        return await page_of(
            self._windows(before, limit + 1), status, limit, there if before is None else None
        )

    async def latest(self, status: JobStatus | None) -> int | None:
        counts = await self._status()
        there = counts.finished if status is None else count_of(counts, status)
        if not there:
            return None
        if status is not None and there <= self._most:
            ended = await self._all(status)
            return max(ended, key=end_of).number if ended else None
        job = await latest_of(self._windows(None, self._first), status, counts.unfinished)
        return None if job is None else job.number

    async def holds(self, number: int) -> bool:
        top = await self._top_priority()
        return top is not None and bool(await self._span(top, number - 1, number))

    async def _windows(self, before: int | None, first: int) -> AsyncIterator[list[Job]]:
        """Runs of numbers, newest first. A gap (pruned jobs) is crossed in growing steps."""
        top = await self._top_priority()
        if top is None:
            self._hint.number = 0
            return
        high = await self._highest(top) if before is None else before - 1
        lowest, width = None, min(first, self._most)
        while high > (lowest or 0):
            low = max(high - width, 0 if lowest is None else lowest)
            jobs = newest_first(await self._span(top, low, high))
            if jobs:
                if before is None and lowest is None:
                    self._hint.number = jobs[0].number
                yield jobs
            if lowest is None:
                lowest = await self._lowest() - 1
                if before is not None and not jobs:  # it may lie far above every job
                    low = min(low, await self._highest(top))
            sparse = 4 * len(jobs) < high - low
            width = min(4 * width, 8 * self._most) if sparse else min(2 * width, self._most)
            high = low

    async def _span(self, top: int, above: int, upto: int | None) -> list[Job]:
        """Our jobs of every priority with `above` < number <= `upto`."""
        found: list[Job] = []
        priority: int | None = top
        while priority is not None:
            priority = await self._read_priority(priority, above, upto, found)
        return found

    async def _read_priority(
        self, priority: int, above: int, upto: int | None, found: list[Job]
    ) -> int | None:
        """Puts the jobs of one priority into `found`; the next lower priority that there may be."""
        size = self._first if upto is None else min(upto - above + 1, self._most)
        while True:
            page = await self._fetch(size, after=(above, priority))
            for row in page.rows:
                if row.job.priority < priority:
                    return row.job.priority
                if upto is not None and row.job.number > upto:
                    return await self._next_priority(page, priority)
                above = row.job.number
                if row.ours:
                    found.append(row.job)
            if not page.more or not page.rows:
                return None
            size = min(2 * size, self._most)

    async def _next_priority(self, page: CursorPage, priority: int) -> int | None:
        lower = _lower(page, priority)
        if lower is None and page.more and priority > 0:  # InvokeAI knows no lower one than 0
            lower = _lower(await self._fetch(1, after=(FAR, priority)), priority)
        return lower

    async def _top_priority(self) -> int | None:
        """The highest priority of a job; None: there is no job."""
        for size in (1, self._most):  # the first row may be one that can't be read
            page = await self._fetch(size)
            if page.rows or not page.more:
                break
        return page.rows[0].job.priority if page.rows else None

    async def _lowest(self) -> int:
        """The lowest number of a job."""
        lowest, page = FAR, await self._fetch(1)
        while page.rows:
            job = page.rows[0].job
            lowest = min(lowest, job.number)
            page = await self._fetch(1, after=(FAR, job.priority))
        return lowest if lowest < FAR else 1

    async def _highest(self, top: int) -> int:
        """A number that no job exceeds: the hint or what lies above it. Without a hint it is searched for."""
        highest, priority = self._hint.number, top
        while True:
            highest, lower = await self._highest_of(priority, highest)
            if lower is None:
                return highest
            priority = lower

    async def _highest_of(self, priority: int, low: int) -> tuple[int, int | None]:
        """The highest number of that priority, if it exceeds `low`; the next lower priority."""
        step, high, lower = 1, FAR, None
        while low < high:
            probe = low + step if high == FAR else (low + high) // 2
            page = await self._fetch(1, after=(low if step == 1 else probe, priority))
            there = [row.job.number for row in page.rows if row.job.priority == priority]
            if there:
                low, step = there[0], 2 * step
            else:
                high, lower = (low if step == 1 else probe), _lower(page, priority)
        return low, lower

    async def _all(self, status: JobStatus) -> list[Job]:
        """All our jobs of that status; good for few, and for those that wait."""
        found: list[Job] = []
        after = None
        while True:
            page = await self._fetch(self._most, status=status, after=after)
            found += [row.job for row in page.rows if row.ours and row.job.status is status]
            if not page.more or not page.rows:
                return found
            last = page.rows[-1].job
            after = (last.number, last.priority)


def _lower(page: CursorPage, priority: int) -> int | None:
    return next((row.job.priority for row in page.rows if row.job.priority < priority), None)


def _clusters(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of numbers as (above, upto): neighbours are read together."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        near = bool(runs) and number - runs[-1][1] <= NEAR
        above = runs.pop()[0] if near else number - 1
        runs.append((above, number))
    return runs
