"""The list of jobs: what runs first, what waits folded, and what a search finds in the newest ones."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bot.controls.known_jobs import KnownJobs
from bot.domain.job_list import JobFilter, JobList, WaitingRun
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import RunningJob

PAGE = 10
MAX_FOLDED = 200
"""So many jobs are read for a page of which most wait."""
MAX_SEARCHED = 100
"""So many jobs are looked into for one page of what is found."""
SEARCH_STEP = 25
WAITING = frozenset({JobStatus.PENDING, JobStatus.WAITING})


class ListClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = PAGE
    ) -> JobPage: ...


class JobLists:
    """`running`: all that run now."""

    def __init__(
        self,
        client: ListClient,
        known: KnownJobs,
        running: Callable[[], Awaitable[Sequence[RunningJob]]],
    ) -> None:
        self._client = client
        self._known = known
        self._running = running

    async def page(self, wanted: JobFilter, before: int | None) -> JobList:
        """Ten rows at most, whole as far as they can be read. The cost does not grow with the history."""
        running: list[RunningJob] = []
        if before is None and wanted.status in {None, JobStatus.IN_PROGRESS}:
            running = [one for one in await self._running() if wanted.fits(one.job)][:PAGE]
        room = max(1, PAGE - len(running))
        if wanted.looks_inside:
            return await self._found(wanted, before, room, tuple(running))
        if wanted.status is JobStatus.IN_PROGRESS and before is None:
            return JobList(tuple(running), (), None)
        groups, further = await self._groups(wanted.status, before, room)
        alone = await self._known.whole([group[0] for group in groups if len(group) == 1])
        whole = {job.number: job for job in alone}
        rows = tuple(_run(group) if len(group) > 1 else whole[group[0].number] for group in groups)
        return JobList(tuple(running), rows, further)

    async def _groups(
        self, status: JobStatus | None, before: int | None, room: int
    ) -> tuple[list[list[Job]], int | None]:
        """So many rows, each a job or jobs that wait beside each other; and where the next page begins."""
        groups: list[list[Job]] = []
        size, read = PAGE, 0
        while True:
            page = await self._client.jobs(before=before, status=status, limit=size)
            for job in page.jobs:
                if status is None and job.status is JobStatus.IN_PROGRESS:
                    before = job.number
                    continue  # it stands above the list
                if not (status is None and _continues(groups, job)):
                    if len(groups) == room:
                        return groups, before
                    groups.append([])
                groups[-1].append(job)
                before = job.number
            read += len(page.jobs)
            full = len(groups) == room and groups[-1][-1].status not in WAITING
            if page.before is None or status is not None or full or read >= MAX_FOLDED:
                return groups, page.before
            size = min(2 * size, MAX_FOLDED - read)

    async def _found(
        self, wanted: JobFilter, before: int | None, room: int, running: tuple[RunningJob, ...]
    ) -> JobList:
        found: list[Job] = []
        searched = 0
        while True:
            page = await self._client.jobs(before=before, status=wanted.status, limit=SEARCH_STEP)
            for job in await self._known.whole(page.jobs):
                searched += 1
                above = wanted.status is None and job.status is JobStatus.IN_PROGRESS
                if not above and wanted.fits(job):
                    found.append(job)
                if len(found) == room:
                    more = page.before is not None or job.number != page.jobs[-1].number
                    return JobList(running, tuple(found), job.number if more else None, searched)
            before = page.before
            if before is None or searched >= MAX_SEARCHED:
                return JobList(running, tuple(found), before, searched)


def _continues(groups: Sequence[Sequence[Job]], job: Job) -> bool:
    return bool(groups) and job.status in WAITING and groups[-1][-1].status in WAITING


def _run(jobs: Sequence[Job]) -> WaitingRun:
    numbers = [job.number for job in jobs]
    return WaitingRun(min(numbers), max(numbers), len(jobs), len({job.batch_id for job in jobs}))
