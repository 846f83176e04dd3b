"""How to look through a queue without paying for its finished history.

An older InvokeAI that lists by pages and cursor gets a class of its own beside `ListingById`.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator
from datetime import datetime
from typing import Protocol

from bot.events import Job, JobPage, JobStatus, QueueStatus


class Listing(Protocol):
    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...
    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage: ...
    async def latest(self, status: JobStatus | None) -> int | None: ...


class ListingById:
    """For servers that tell all ids (small) and read chosen items: InvokeAI 6.7 and later.

    `ids` come in any order, `read` takes at most `most` ids and leaves out those that are gone.
    """

    def __init__(
        self,
        ids: Callable[[], Awaitable[list[int]]],
        read: Callable[[list[int]], Awaitable[list[Job]]],
        status: Callable[[], Awaitable[QueueStatus]],
        most: int,
    ) -> None:
        self._ids = ids
        self._read = read
        self._status = status
        self._most = most

    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        """Jobs above `after`, and those of `unfinished` that still exist, by number."""
        wanted = set(unfinished)
        ids = sorted(number for number in set(await self._ids()) if number > after or number in wanted)
        jobs = [job for window in _windows(ids, self._most, self._most) for job in await self._read(window)]
        return sorted(jobs, key=_number)

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number (0: none) and all unfinished jobs. Ids before counts: then none is missed."""
        ids = await self._newest_first()
        counts = await self._status()
        unfinished: list[Job] = []
        for window in _windows(ids, 100, self._most):
            if len(unfinished) >= _unfinished(counts):
                break
            unfinished += [job for job in await self._read(window) if not job.status.finished]
        return ids[0] if ids else 0, sorted(unfinished, key=_number)

    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage:
        """Up to `limit` jobs below `before`, newest number first."""
        ids = [number for number in await self._newest_first() if before is None or number < before]
        found: list[Job] = []
        first = limit + 1 if status is None else max(limit + 1, 50)
        there = len(ids) if status is None or before is not None else _count(await self._status(), status)
        for window in _windows(ids, first, self._most):
            if len(found) >= there:
                break
            jobs = sorted(await self._read(window), key=_number, reverse=True)
            found += [job for job in jobs if status is None or job.status is status]
            if len(found) > limit:
                return JobPage(tuple(found[:limit]), found[limit - 1].number)
        return JobPage(tuple(found), None)

    async def latest(self, status: JobStatus | None) -> int | None:
        """The job that ended last (of that status). Prepended jobs end before older numbers do.

        Goes down until all unfinished jobs lie above and a window brought nothing newer.
        """
        ids = await self._newest_first()
        counts = await self._status()
        if not (_finished(counts) if status is None else _count(counts, status)):
            return None
        unfinished, newest = 0, list[Job]()
        for window in _windows(ids, 50, self._most):
            jobs = await self._read(window)
            unfinished += sum(not job.status.finished for job in jobs)
            ended = [job for job in jobs if (job.status.finished if status is None else job.status is status)]
            best = sorted([*newest, *ended], key=_end)[-1:]
            if newest and best == newest and unfinished >= _unfinished(counts):
                break
            newest = best
        return newest[0].number if newest else None

    async def _newest_first(self) -> list[int]:
        return sorted(set(await self._ids()), reverse=True)


def _windows(ids: list[int], first: int, most: int) -> Iterator[list[int]]:
    """Two windows of `first` ids, then ever larger ones up to `most`: far walks take few requests."""
    start, size = 0, min(first, most)
    while start < len(ids):
        yield ids[start : start + size]
        start += size
        if start >= 2 * first:
            size = min(2 * size, most)


def _number(job: Job) -> int:
    return job.number


def _end(job: Job) -> tuple[datetime, int]:
    return (job.completed_at or job.created_at, job.number)


def _unfinished(counts: QueueStatus) -> int:
    return counts.pending + counts.in_progress + counts.waiting


def _finished(counts: QueueStatus) -> int:
    return counts.completed + counts.failed + counts.canceled


def _count(counts: QueueStatus, status: JobStatus) -> int:
    by_status = {
        JobStatus.PENDING: counts.pending,
        JobStatus.IN_PROGRESS: counts.in_progress,
        JobStatus.WAITING: counts.waiting,
        JobStatus.COMPLETED: counts.completed,
        JobStatus.FAILED: counts.failed,
        JobStatus.CANCELED: counts.canceled,
    }
    return by_status[status]
