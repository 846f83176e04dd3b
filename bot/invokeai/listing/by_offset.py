"""For servers of which only the documentation is known: they list by offset, oldest first.

Jobs may come and go meanwhile: pages overlap, and the end is looked for where the counts say.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Protocol

from bot.domain.jobs import FINISHED, Job, JobPage, JobStatus
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

MIN_PAGE = 50
MAX_PAGE = 200
OVERLAP = 10


class FetchByOffset(Protocol):
    """Jobs as they stand in the list."""

    def __call__(self, limit: int, offset: int, status: JobStatus | None) -> Awaitable[list[Job]]: ...


class ListingByOffset:
    """Up to MAX_PAGE jobs are read whole, so that their order does not matter.

    In a longer list the prepended jobs (those of a priority) stand first, all others by number.
    """

    def __init__(self, fetch: FetchByOffset, status: Callable[[], Awaitable[QueueStatus]]) -> None:
        self._fetch = fetch
        self._status = status

    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        found = await self._above(after, set(unfinished))
        above = [job for job in found if job.number > after]
        if above and len(above) < max(map(number_of, above)) - after:
            # A gap: deleted, or prepended while the end was read.
            found += await self._above(after, set())
        return sorted(newest_first(found), key=number_of)

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number first, and what waits before what runs: then none is missed."""
        highest = 0
        async for jobs in self._windows(None, await self._count(None)):
            highest = jobs[0].number
            break
        found: list[Job] = []
        if highest:
            for status in (JobStatus.PENDING, JobStatus.WAITING, JobStatus.IN_PROGRESS):
                if status is not JobStatus.WAITING or await self._count(status):
                    found += await self._forward(status, 0)
        unfinished = [job for job in newest_first(found) if job.number <= highest]
        return highest, sorted(unfinished, key=number_of)

    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage:
        windows = self._windows(status, await self._count(status))
        if before is None:
            return await page_of(windows, status, limit, None)
        found: list[Job] = []
        async for jobs in windows:
            found += [job for job in jobs if job.number < before]
            if len(found) > limit:
                break
        return cut(found, limit)

    async def latest(self, status: JobStatus | None) -> int | None:
        """Each status has a list of its own: what waits does not stand in the way."""
        counts = await self._status()
        ended: list[Job] = []
        for wanted in FINISHED if status is None else (status,):
            count = count_of(counts, wanted)
            job = await latest_of(self._windows(wanted, count), wanted, 0) if count else None
            ended += [job] if job is not None else []
        return max(ended, key=end_of).number if ended else None

    async def holds(self, number: int) -> bool:
        return any(job.number == number for job in await self.changed(number - 1, ()))

    async def _count(self, status: JobStatus | None) -> int:
        counts = await self._status()
        return counts.total if status is None else count_of(counts, status)

    async def _above(self, after: int, wanted: set[int]) -> list[Job]:
        found: list[Job] = []
        lowest = min([after + 1, *wanted])
        async for jobs in self._windows(None, await self._count(None)):
            found += [job for job in jobs if job.number > after or job.number in wanted]
            if jobs[-1].number <= lowest:
                break
        return found

    async def _windows(self, status: JobStatus | None, count: int) -> AsyncIterator[list[Job]]:
        """The list from its end to its start, each job once, prepended ones where their numbers belong."""
        if count <= MAX_PAGE:
            jobs = newest_first(await self._forward(status, 0))
            if jobs:
                yield jobs
            return
        ahead = await self._ahead(status)
        async for fresh, start in self._backwards(status, count, {job.number for job in ahead}):
            belong = [job for job in ahead if job.number > fresh[-1].number or not start]
            ahead = [job for job in ahead if job not in belong]
            yield newest_first([*fresh, *belong])
        if ahead:
            yield newest_first(ahead)

    async def _backwards(
        self, status: JobStatus | None, count: int, seen: set[int]
    ) -> AsyncIterator[tuple[list[Job], int]]:
        """From the list's end in growing steps: the jobs that are not in `seen` yet, and where they begin."""
        start, size = count, MIN_PAGE
        while start > 0:
            stop, start = start, max(0, start - size)
            rows = await self._between(status, start, stop, seen)
            fresh = newest_first(job for job in rows if job.number not in seen)
            seen.update(job.number for job in fresh)
            size = min(2 * size, MAX_PAGE)
            if fresh:
                yield fresh, start

    async def _between(self, status: JobStatus | None, start: int, stop: int, seen: set[int]) -> list[Job]:
        """The rows from `start` on, until `stop` or the first one that was seen or the end.

        Where jobs were put in before, the rows have moved up: it reads on until it meets what it knows.
        """
        rows = await self._fetch(stop - start + 1, start, status)
        met = len(rows) <= stop - start or rows[-1].number in seen
        while not met:
            read = {job.number for job in rows}
            more = await self._fetch(MAX_PAGE, start + len(rows), status)
            rows += more
            met = any(job.number in seen for job in more) or all(job.number in read for job in more)
        return rows

    async def _ahead(self, status: JobStatus | None) -> list[Job]:
        """The prepended jobs: they stand at the start."""
        ahead: list[Job] = []
        while True:
            rows = await self._fetch(MIN_PAGE, len(ahead), status)
            prepended = [job for job in rows if job.priority > 0]
            ahead += prepended
            if len(prepended) < MIN_PAGE:
                return ahead

    async def _forward(self, status: JobStatus | None, offset: int) -> list[Job]:
        """Everything from `offset` on."""
        found: list[Job] = []
        while True:
            rows = await self._fetch(MAX_PAGE, offset, status)
            found += rows
            if len(rows) < MAX_PAGE:
                return found
            offset += MAX_PAGE - OVERLAP  # what ends meanwhile leaves this list, and the rest moves up
