"""Cancelling many jobs at once, and how many that were in truth."""

from collections.abc import Awaitable, Callable

from pydantic import TypeAdapter

from bot.domain.jobs import Job, JobStatus
from bot.errors import JobUnknown
from bot.invokeai.compatibility import SUMMARIES_BY_IDS, Ask
from bot.invokeai.http import Request
from bot.invokeai.models import Canceled, GroupCounts
from bot.invokeai.operations import Operations

CANCELED = TypeAdapter(Canceled)
GROUP_COUNTS = TypeAdapter(GroupCounts)

BATCH_STATUS = "get_batch_status"
DESTINATION_STATUS = "counts_by_destination"


class BulkCancel:
    """In one request where the server can do that, else one by one.

    `one` cancels a job and returns it as it is then; `unfinished` lists all jobs that may be cancelled.
    """

    def __init__(
        self,
        operations: Operations,
        ask: Ask,
        one: Callable[[int], Awaitable[Job]],
        unfinished: Callable[[], Awaitable[list[Job]]],
    ) -> None:
        self._operations = operations
        self._ask = ask
        self._one = one
        self._unfinished = unfinished

    async def batch(self, batch_id: str) -> int:
        if "cancel_by_batch_ids" not in self._operations:
            return await self._one_by_one(lambda job: job.batch_id == batch_id)
        cancel = Request(body={"batch_ids": [batch_id]})
        count = Request({"batch_id": batch_id})
        return await self._counted("cancel_by_batch_ids", cancel, BATCH_STATUS, count)

    async def destination(self, destination: str) -> int:
        if "cancel_by_destination" not in self._operations:
            return await self._one_by_one(lambda job: job.destination == destination)
        group = Request(query={"destination": destination})
        return await self._counted("cancel_by_destination", group, DESTINATION_STATUS, group)

    async def waiting(self) -> int:
        if "cancel_all_except_current" not in self._operations:
            return await self._one_by_one(lambda job: job.status is JobStatus.PENDING)
        return (await self._ask("cancel_all_except_current", CANCELED)).canceled

    async def _counted(self, name: str, cancel: Request, counter: str, count: Request) -> int:
        """Before 6.14 the server's own count leaves out the job that runs."""
        if SUMMARIES_BY_IDS in self._operations or counter not in self._operations:
            return (await self._ask(name, CANCELED, cancel)).canceled
        before = await self._ask(counter, GROUP_COUNTS, count)
        told = await self._ask(name, CANCELED, cancel)
        after = await self._ask(counter, GROUP_COUNTS, count)
        return max(told.canceled, after.canceled - before.canceled)

    async def _one_by_one(self, wanted: Callable[[Job], bool]) -> int:
        """The newest first: then none of them starts to run meanwhile."""
        jobs = [job for job in await self._unfinished() if wanted(job)]
        canceled = 0
        for job in sorted(jobs, key=lambda job: job.number, reverse=True):
            try:
                canceled += (await self._one(job.number)).status is JobStatus.CANCELED
            except JobUnknown:
                continue  # it ended and was pruned meanwhile
        return canceled
