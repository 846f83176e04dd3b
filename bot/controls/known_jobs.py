"""Jobs of a list, read whole: their prompts, pictures and failures. What has ended is read once."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.domain.jobs import Job, JobStatus

MAX_KNOWN = 300
MAX_TRACEBACK = 4_000
"""So much of a traceback's end is kept: it tells the cause."""

_Key = tuple[int, datetime, JobStatus, datetime | None]


class WholeJobsClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.whole` has it. Errors are InvokeAIError."""

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        """Those that are there and can be read, in any order."""
        ...


class KnownJobs:
    """A finished job stays as it is: the last ones that were read are remembered, without what is large."""

    def __init__(self, client: WholeJobsClient) -> None:
        self._client = client
        self._known: OrderedDict[_Key, Job] = OrderedDict()

    async def whole(self, jobs: Sequence[Job]) -> list[Job]:
        """The same jobs in the same order. One that can't be read whole stays as the list had it."""
        missing = [job.number for job in jobs if not job.hidden and _key(job) not in self._known]
        found = await self._client.many(missing) if missing else []
        read = {job.number: _lean(job) for job in found}
        shown = [self._known.get(_key(job)) or read.get(job.number, job) for job in jobs]
        for job in read.values():
            if job.status.finished:
                self._known[_key(job)] = job
        for job in shown:
            if _key(job) in self._known:
                self._known.move_to_end(_key(job))
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return shown


def _key(job: Job) -> _Key:
    """A new database begins its numbers anew, and a job ends once."""
    return job.number, job.created_at, job.status, job.completed_at


def _lean(job: Job) -> Job:
    failure = job.failure
    if failure is not None:
        failure = replace(failure, traceback=failure.traceback[-MAX_TRACEBACK:])
    return replace(job, failure=failure, outputs=())
