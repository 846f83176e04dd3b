"""How to look through a queue without paying for its finished history: what every way of listing shares.

A window is a run of jobs, newest number first; windows come newest first too.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from typing import Protocol

from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus


class Listing(Protocol):
    """One way to look through a queue. Which one a server needs, `compatibility` decides."""

    async def changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        """Jobs above `after`, and those of `unfinished` that still exist, by number."""
        ...

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number (0: there is no job) and all unfinished jobs, by number."""
        ...

    async def page(self, before: int | None, status: JobStatus | None, limit: int) -> JobPage:
        """Up to `limit` jobs below `before`, newest number first."""
        ...

    async def latest(self, status: JobStatus | None) -> int | None:
        """The job that ended last (of that status), wherever it stands."""
        ...

    async def holds(self, number: int) -> bool:
        """Whether the queue has a job of that number."""
        ...


async def page_of(
    windows: AsyncIterator[list[Job]], status: JobStatus | None, limit: int, there: int | None
) -> JobPage:
    """A page out of the windows. `there`: how many jobs can be found at most, if that is known."""
    found: list[Job] = []
    if there != 0:
        async for jobs in windows:
            found += [job for job in jobs if status is None or job.status is status]
            if len(found) > limit:
                break
            if there is not None and len(found) >= there:
                break
    return cut(found, limit)


def cut(found: list[Job], limit: int) -> JobPage:
    """The first `limit` of them, and where the next page starts."""
    if len(found) > limit:
        return JobPage(tuple(found[:limit]), found[limit - 1].number)
    return JobPage(tuple(found), None)


async def latest_of(
    windows: AsyncIterator[list[Job]], status: JobStatus | None, unfinished: int
) -> Job | None:
    """The job that ended last (of that status). Prepended jobs end before older numbers do.

    Goes down until all `unfinished` jobs lie above and a window brought nothing newer.
    """
    passed, newest = 0, list[Job]()
    async for jobs in windows:
        passed += sum(not job.status.finished for job in jobs)
        ended = [job for job in jobs if (job.status.finished if status is None else job.status is status)]
        best = sorted([*newest, *ended], key=end_of)[-1:]
        if newest and best == newest and passed >= unfinished:
            break
        newest = best
    return newest[0] if newest else None


def newest_first(jobs: Iterable[Job]) -> list[Job]:
    """By number, each number once."""
    return sorted({job.number: job for job in jobs}.values(), key=number_of, reverse=True)


def number_of(job: Job) -> int:
    return job.number


def end_of(job: Job) -> tuple[datetime, int]:
    return (job.completed_at or job.created_at, job.number)


def count_of(counts: QueueStatus, status: JobStatus) -> int:
    by_status = {
        JobStatus.PENDING: counts.pending,
        JobStatus.IN_PROGRESS: counts.in_progress,
        JobStatus.WAITING: counts.waiting,
        JobStatus.COMPLETED: counts.completed,
        JobStatus.FAILED: counts.failed,
        JobStatus.CANCELED: counts.canceled,
        JobStatus.UNKNOWN: 0,
    }
    return by_status[status]
