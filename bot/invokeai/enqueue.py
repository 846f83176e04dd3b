"""New jobs for the queue, under batch ids of ours, and what became of them."""

import json
from collections.abc import Awaitable, Callable, Sequence

from pydantic import TypeAdapter

from bot.domain.jobs import Enqueued, Job
from bot.domain.submissions import BatchState
from bot.errors import RequestRefused
from bot.invokeai.bulk_cancel import BATCH_STATUS, GROUP_COUNTS
from bot.invokeai.connection import Connection
from bot.invokeai.http import Request
from bot.invokeai.models import EnqueueResult
from bot.invokeai.requeue.batch import BatchBody

ENQUEUED = TypeAdapter(EnqueueResult)
NEWEST = 100
"""So many of the newest jobs are looked through for a retry."""


class Enqueuer:
    """`newest` reads summaries of so many of the newest jobs, `many` and `one` jobs whole."""

    def __init__(
        self,
        connection: Connection,
        *,
        newest: Callable[[int], Awaitable[Sequence[Job]]],
        many: Callable[[Sequence[int]], Awaitable[list[Job]]],
        one: Callable[[int], Awaitable[Job]],
    ) -> None:
        self._connection = connection
        self._newest = newest
        self._many = many
        self._one = one

    async def send(self, body: BatchBody, batch_id: str, *, first: bool = False) -> Enqueued:
        """Once, whatever becomes of it; `first`: before all that waits. It joins what has that id already.

        InvokeAIUnavailable that is no NotReached: it may be there, as `counts` tells.
        """
        sent = body.to_json(batch_id, first=first)
        _require_whole_characters(sent)
        told = await self._connection.ask("enqueue_batch", ENQUEUED, Request(body=sent))
        numbers = tuple(sorted(told.item_ids))
        return Enqueued(told.batch.batch_id, told.requested, told.enqueued, numbers)

    async def counts(self, batch_id: str) -> BatchState:
        """Of the jobs that InvokeAI has of that batch."""
        told = await self._connection.ask(BATCH_STATUS, GROUP_COUNTS, Request({"batch_id": batch_id}))
        return BatchState(told.total, told.unfinished)

    async def job(self, number: int) -> Job:
        """JobUnknown if there is none of that number."""
        return await self._one(number)

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        """Those that are there and can be read, in any order."""
        return await self._many(numbers)

    async def retried(self, original: int, above: int) -> Job | None:
        """The first job above that number that names `original` as the one that it retries; None: there is
        none among the newest.
        """
        newer = [job.number for job in await self._newest(NEWEST) if job.number > above]
        found = [job for job in await self._many(newer) if job.retried_from == original]
        return min(found, key=lambda job: job.number, default=None)


def _require_whole_characters(body: object) -> None:
    """Half a UTF-16 pair stops InvokeAI's whole queue: see docs/invokeai-versions.md."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RequestRefused(
            "The text has a broken character, perhaps half an emoji, that InvokeAI can't read. Take it out "
            "and try again; nothing was queued."
        ) from None
