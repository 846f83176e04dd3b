"""The list of jobs: what runs first, what waits folded, and what a search finds in the newest ones."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot.controls.known_jobs import KnownJobs
from bot.domain.job_list import JobFilter, JobList, WaitingRun
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import RunningJob
from bot.domain.submissions import Asker, Submission

PAGE = 10
MAX_FOLDED = 200
"""So many jobs are read for a page of which most wait."""
MAX_SEARCHED = 100
"""So many jobs are looked into for one page of what is found."""
SEARCH_STEP = 25
MAX_SEARCHED_FOR_OWN = 200
"""More than of a search: a job of somebody else need not be read whole."""
OWN_STEP = 100
WAITING = frozenset({JobStatus.PENDING, JobStatus.WAITING})


class ListClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = PAGE
    ) -> JobPage: ...


class AskedFor(Protocol):
    """Who asked us for what; the store's `Submissions` has it."""

    async def askers(self, server: str, batch_ids: Collection[str]) -> Mapping[str, Asker]: ...
    async def unended(self, server: str, user_id: int | None = None) -> Sequence[Submission]: ...


class JobLists:
    """Of one server. `running`: all that run now."""

    def __init__(
        self,
        server: str,
        client: ListClient,
        known: KnownJobs,
        running: Callable[[], Awaitable[Sequence[RunningJob]]],
        asked_for: AskedFor,
    ) -> None:
        self._server = server
        self._client = client
        self._known = known
        self._running = running
        self._asked_for = asked_for

    async def page(self, wanted: JobFilter, before: int | None) -> JobList:
        """Ten rows at most, whole as far as they can be read. The cost does not grow with the history."""
        running: list[RunningJob] = []
        if before is None and wanted.status in {None, JobStatus.IN_PROGRESS}:
            running = await self._fitting(wanted, await self._running())
        if wanted.status is JobStatus.IN_PROGRESS and before is None:
            return JobList(tuple(running), (), None)
        room = max(1, PAGE - len(running))
        if wanted.searches:
            found = await self._found(wanted, before, room, tuple(running))
            return replace(found, unsent=await self._unsent(wanted) if before is None else 0)
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
        own = wanted.asker is not None
        step, most = (OWN_STEP, MAX_SEARCHED_FOR_OWN) if own else (SEARCH_STEP, MAX_SEARCHED)
        while True:
            page = await self._client.jobs(before=before, status=wanted.status, limit=step)
            possible = await self._known.whole(await self._asked_by(wanted.asker, page.jobs))
            whole = {job.number: job for job in possible}
            for job in page.jobs:
                searched += 1
                one = whole.get(job.number)
                above = wanted.status is None and job.status is JobStatus.IN_PROGRESS
                if one is not None and not above and wanted.fits(one):
                    found.append(one)
                if len(found) == room:
                    more = page.before is not None or job.number != page.jobs[-1].number
                    return JobList(running, tuple(found), job.number if more else None, searched)
            before = page.before
            if before is None or searched >= most:
                return JobList(running, tuple(found), before, searched)

    async def _fitting(self, wanted: JobFilter, running: Sequence[RunningJob]) -> list[RunningJob]:
        own = {job.number for job in await self._asked_by(wanted.asker, [one.job for one in running])}
        return [one for one in running if one.job.number in own and wanted.fits(one.job)][:PAGE]

    async def _asked_by(self, asker: int | None, jobs: Sequence[Job]) -> Sequence[Job]:
        """Those that this person asked for; all of them for nobody."""
        if asker is None or not jobs:
            return jobs
        askers = await self._asked_for.askers(self._server, {job.batch_id for job in jobs})
        return [job for job in jobs if (who := askers.get(job.batch_id)) and who.user_id == asker]

    async def _unsent(self, wanted: JobFilter) -> int:
        if wanted.asker is None:
            return 0
        return sum(one.unsent for one in await self._asked_for.unended(self._server, wanted.asker))


def _continues(groups: Sequence[Sequence[Job]], job: Job) -> bool:
    return bool(groups) and job.status in WAITING and groups[-1][-1].status in WAITING


def _run(jobs: Sequence[Job]) -> WaitingRun:
    numbers = [job.number for job in jobs]
    return WaitingRun(min(numbers), max(numbers), len(jobs), len({job.batch_id for job in jobs}))
