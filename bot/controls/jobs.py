"""Jobs looked up: one, a page of them, the newest that ended, those that a person is about to type."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Protocol

from bot.controls.known_jobs import KnownJobs
from bot.domain.job_list import JobFilter
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.limits import MAX_OPTIONS
from bot.domain.submissions import Owned
from bot.errors import InvokeAIError, RequestRefused

MEMO_LIFETIME = timedelta(seconds=2)
"""A person types faster than a queue changes."""
SUGGESTIONS_TIMEOUT = 2.0
"""Seconds: Discord shows none that come after three."""
PROMPTS_TIMEOUT = 0.8
"""Seconds of those: suggestions come without prompts rather than late."""
MAX_PAGES = 4
MIN_SUGGESTIONS = 5
"""With fewer of the wanted states the next page is read too, up to MAX_PAGES."""
_TYPED = re.compile(r"#?(?P<digits>[1-9][0-9]{0,17})")


class LookupClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = MAX_OPTIONS
    ) -> JobPage: ...
    async def latest(self, status: JobStatus | None = None) -> Job | None: ...


class JobLookup:
    """`monotonic` counts seconds."""

    def __init__(self, client: LookupClient, known: KnownJobs, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._known = known
        self._monotonic = monotonic
        self._devices: set[str] = set()
        self._memo: dict[tuple[int | None, int], tuple[float, JobPage]] = {}
        """Pages for suggestions by `before` and length, each with the time at which it is too old."""

    async def one(self, number: int) -> Job:
        """JobUnknown if there is none of that number."""
        return self._seen(await self._client.job(number))

    @property
    def several_devices(self) -> bool:
        """Whether jobs that were looked up ran on more than one GPU."""
        return len(self._devices) > 1

    def _seen(self, job: Job) -> Job:
        if job.device is not None and len(self._devices) <= 1:
            self._devices.add(job.device)
        return job

    async def latest(self, status: JobStatus | None) -> Job:
        """The newest finished job (of that status); RequestRefused when there is none."""
        job = await self._client.latest(status)
        if job is None:
            raise RequestRefused(f"No job has {status or 'finished'} yet.")
        return self._seen(job)

    async def suggestions(
        self,
        typed: str,
        states: Collection[JobStatus],
        *,
        by_prompt: bool = True,
        own: Owned | None = None,
    ) -> list[Job]:
        """Jobs of those states whose number begins so, or of the newest whose prompt has these words. `own`:
        no others.

        Newest first, with their prompts if those come in time; none when InvokeAI is away or slow.
        """

        def wanted(job: Job) -> bool:
            return job.status in states and (own is None or own.has(job))

        digits = _TYPED.fullmatch(typed.strip())
        words = "" if digits else typed.strip().lstrip("#")
        try:
            async with asyncio.timeout(SUGGESTIONS_TIMEOUT):
                if words and not by_prompt:
                    return []
                if words:
                    return (await self._called(words, wanted))[:MAX_OPTIONS]
                if digits is None:
                    found = await self._newest(wanted)
                else:
                    found = await self._beginning(digits["digits"], wanted)
                return await self.with_prompts(found[:MAX_OPTIONS])
        except (InvokeAIError, TimeoutError):
            return []

    async def with_prompts(self, jobs: list[Job]) -> list[Job]:
        """The same jobs, read whole if that comes in time."""
        try:
            async with asyncio.timeout(PROMPTS_TIMEOUT):
                return await self._known.whole(jobs)
        except (InvokeAIError, TimeoutError):
            return jobs

    async def _called(self, words: str, wanted: Callable[[Job], bool]) -> list[Job]:
        """Among the newest jobs, as many as a search for a suggestion may read."""
        asked = JobFilter(words=words)
        found: list[Job] = []
        before: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(before)
            likely = [job for job in page.jobs if wanted(job)]
            found += [job for job in await self._known.whole(likely) if asked.fits(job)]
            before = page.before
            if before is None or len(found) >= MIN_SUGGESTIONS:
                break
        return found

    async def _newest(self, wanted: Callable[[Job], bool]) -> list[Job]:
        found: list[Job] = []
        before: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(before)
            found += [job for job in page.jobs if wanted(job)]
            before = page.before
            if len(found) >= MIN_SUGGESTIONS or before is None:
                break
        return found

    async def _beginning(self, digits: str, wanted: Callable[[Job], bool]) -> list[Job]:
        """Each range of numbers that begin with the digits needs no more than its newest page."""
        newest = (await self._page(None)).jobs
        found: list[Job] = []
        for low, high in _ranges(digits, newest[0].number if newest else 0):
            page = await self._page(high + 1, min(high - low + 1, MAX_OPTIONS))
            found += [job for job in page.jobs if job.number >= low and wanted(job)]
            if len(found) >= MAX_OPTIONS:
                break
        return found

    async def _page(self, before: int | None, length: int = MAX_OPTIONS) -> JobPage:
        now = self._monotonic()
        self._memo = {place: kept for place, kept in self._memo.items() if now < kept[0]}
        known = self._memo.get((before, length))
        if known is not None:
            return known[1]
        page = await self._client.jobs(before=before, limit=length)
        self._memo[before, length] = (now + MEMO_LIFETIME.total_seconds(), page)
        return page


def _ranges(digits: str, highest: int) -> Iterator[tuple[int, int]]:
    """For `81` and 8200: 8100 to 8199, 810 to 819, 81 to 81."""
    for more in range(len(str(highest)) - len(digits), -1, -1):
        low = int(digits) * 10**more
        if low <= highest:
            yield low, low + 10**more - 1
