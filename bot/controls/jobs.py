"""Jobs looked up: one, a page of them, the newest that ended, those that a person is about to type."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Protocol

from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.limits import MAX_OPTIONS
from bot.errors import InvokeAIError, RequestRefused

PAGE = 10
MEMO_LIFETIME = timedelta(seconds=2)
"""A person types faster than a queue changes."""
SUGGESTIONS_TIMEOUT = 2.0
"""Seconds: Discord shows none that come after three."""
MAX_PAGES = 4
MIN_SUGGESTIONS = 5
"""With fewer of the wanted states the next page is read too, up to MAX_PAGES."""
_TYPED = re.compile(r"#?(?P<digits>[1-9][0-9]{0,17})")


class LookupClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = PAGE
    ) -> JobPage: ...
    async def latest(self, status: JobStatus | None = None) -> Job | None: ...


class JobLookup:
    """`monotonic` counts seconds."""

    def __init__(self, client: LookupClient, monotonic: Callable[[], float]) -> None:
        self._client = client
        self._monotonic = monotonic
        self._memo: dict[tuple[int | None, int], tuple[float, JobPage]] = {}
        """Pages for suggestions by `before` and length, each with the time at which it is too old."""

    async def one(self, number: int) -> Job:
        """JobUnknown if there is none of that number."""
        return await self._client.job(number)

    async def page(self, status: JobStatus | None, before: int | None) -> JobPage:
        return await self._client.jobs(before=before, status=status, limit=PAGE)

    async def latest(self, status: JobStatus | None) -> Job:
        """The newest finished job (of that status); RequestRefused when there is none."""
        job = await self._client.latest(status)
        if job is None:
            raise RequestRefused(f"No job has {status or 'finished'} yet.")
        return job

    async def suggestions(self, typed: str, wanted: Collection[JobStatus]) -> list[Job]:
        """Jobs of those states whose number begins so, newest first; none when InvokeAI is away or slow."""
        digits = _TYPED.fullmatch(typed.strip())
        if typed.strip().lstrip("#") and digits is None:
            return []
        try:
            async with asyncio.timeout(SUGGESTIONS_TIMEOUT):
                if digits is None:
                    found = await self._newest(wanted)
                else:
                    found = await self._beginning(digits["digits"], wanted)
        except (InvokeAIError, TimeoutError):
            return []
        return found[:MAX_OPTIONS]

    async def _newest(self, wanted: Collection[JobStatus]) -> list[Job]:
        found: list[Job] = []
        before: int | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(before)
            found += [job for job in page.jobs if job.status in wanted]
            before = page.before
            if len(found) >= MIN_SUGGESTIONS or before is None:
                break
        return found

    async def _beginning(self, digits: str, wanted: Collection[JobStatus]) -> list[Job]:
        """Each range of numbers that begin with the digits needs no more than its newest page."""
        newest = (await self._page(None)).jobs
        found: list[Job] = []
        for low, high in _ranges(digits, newest[0].number if newest else 0):
            page = await self._page(high + 1, min(high - low + 1, MAX_OPTIONS))
            found += [job for job in page.jobs if job.number >= low and job.status in wanted]
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
