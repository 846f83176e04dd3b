"""For servers that tell all ids (small) and read chosen items: InvokeAI 6.7 and later."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator

from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.listing.common import (
    count_of,
    latest_of,
    newest_first,
    number_of,
    page_of,
)

FIRST_READ = 50


class ListingById:
    """`ids` come in any order, `read` takes at most `most` ids and leaves out those that are gone.

    `first`: so many jobs are read at once where few are likely to be needed.
    """

    def __init__(
        self,
        ids: Callable[[], Awaitable[list[int]]],
        read: Callable[[list[int]], Awaitable[list[Job]]],
        status: Callable[[], Awaitable[QueueStatus]],
        most: int,
        first: int = FIRST_READ,
    ) -> None:
        self._ids = ids
        self._read = read
        self._status = status
        self._most = most
        self._first = first

    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        wanted = set(unfinished)
        ids = sorted(number for number in set(await self._ids()) if number > after or number in wanted)
        jobs = [job for window in _windows(ids, self._most, self._most) for job in await self._read(window)]
        return sorted(jobs, key=number_of)

    async def baseline(self) -> tuple[int, list[Job]]:
        """Ids before counts: then none is missed."""
        ids = await self._newest()
        counts = await self._status()
        unfinished: list[Job] = []
        for window in _windows(ids, 100, self._most):
            if len(unfinished) >= counts.unfinished:
                break
            unfinished += [job for job in await self._read(window) if not job.status.finished]
        return ids[0] if ids else 0, sorted(unfinished, key=number_of)

    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage:
        ids = [number for number in await self._newest() if before is None or number < before]
        first = limit + 1 if status is None else max(limit + 1, self._first)
        there = None if status is None or before is not None else count_of(await self._status(), status)
        return await page_of(self._walk(ids, first), status, limit, there)

    async def latest(self, status: JobStatus | None) -> int | None:
        ids = await self._newest()
        counts = await self._status()
        if not (counts.finished if status is None else count_of(counts, status)):
            return None
        job = await latest_of(self._walk(ids, self._first), status, counts.unfinished)
        return None if job is None else job.number

    async def holds(self, number: int) -> bool:
        return number in await self._ids()

    async def _newest(self) -> list[int]:
        return sorted(set(await self._ids()), reverse=True)

    async def _walk(self, ids: list[int], first: int) -> AsyncIterator[list[Job]]:
        for window in _windows(ids, first, self._most):
            yield newest_first(await self._read(window))


def _windows(ids: list[int], first: int, most: int) -> Iterator[list[int]]:
    """Two windows of `first` ids, then ever larger ones up to `most`: far walks take few requests."""
    start, size = 0, min(first, most)
    while start < len(ids):
        yield ids[start : start + size]
        start += size
        if start >= 2 * first:
            size = min(2 * size, most)
