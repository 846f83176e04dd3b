"""New jobs for the queue. Each batch has an id of ours, by which it is found if the answer was lost."""

import json
from collections.abc import Awaitable, Callable

import structlog
from pydantic import TypeAdapter

from bot.domain.jobs import Enqueued
from bot.domain.submissions import BatchState
from bot.errors import InvokeAIError, InvokeAIUnavailable, RequestRefused
from bot.invokeai.bulk_cancel import BATCH_STATUS, GROUP_COUNTS
from bot.invokeai.connection import Connection
from bot.invokeai.http import Request
from bot.invokeai.http_errors import BrokenOff, NotReached, TemporarilyUnavailable
from bot.invokeai.models import EnqueueResult
from bot.invokeai.requeue.batch import BatchBody

log = structlog.stdlib.get_logger()

ENQUEUED = TypeAdapter(EnqueueResult)


class Enqueuer:
    """`numbers_of` finds the jobs of a batch; `new_id` draws an id that nobody has used."""

    def __init__(
        self,
        connection: Connection,
        numbers_of: Callable[[str], Awaitable[list[int]]],
        new_id: Callable[[], str],
    ) -> None:
        self._connection = connection
        self._numbers_of = numbers_of
        self._new_id = new_id

    async def enqueue(self, body: BatchBody) -> Enqueued:
        """A new batch at the queue's end. A full queue takes fewer jobs than `requested`, or none.

        If the connection breaks and InvokeAI has no such batch, it is sent once more. If nobody can tell
        whether it was queued, InvokeAIUnavailable says so. RequestRefused for words that InvokeAI would store
        and never read again.
        """
        batch_id = self._new_id()
        tried_before = False
        while True:
            try:
                return await self.send(body, batch_id)
            except NotReached:
                raise
            except TemporarilyUnavailable as error:
                queued = await self._look_for(body, batch_id, error)
                if queued is not None:
                    return queued
                if tried_before or not isinstance(error, BrokenOff):
                    raise _undecided(error) from error  # InvokeAI may still be at it
                tried_before = True

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

    async def _look_for(self, body: BatchBody, batch_id: str, error: InvokeAIError) -> Enqueued | None:
        """What InvokeAI has of a batch whose answer was lost; None if it has none of it."""
        log.warning("enqueue_answer_lost", batch_id=batch_id, reason=error.with_details)
        try:
            counts = await self.counts(batch_id)
            if not counts.total:
                return None
            numbers = sorted(await self._numbers_of(batch_id))
        except InvokeAIError as unasked:
            raise _undecided(error) from unasked
        told = tuple(numbers) if len(numbers) == counts.total else ()
        return Enqueued(batch_id, body.jobs, counts.total, told)


def _require_whole_characters(body: object) -> None:
    """Half a UTF-16 pair stops InvokeAI's whole queue: see docs/invokeai-versions.md."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RequestRefused(
            "The text has a broken character, perhaps half an emoji, that InvokeAI can't read. Take it out "
            "and try again; nothing was queued."
        ) from None


def _undecided(error: InvokeAIError) -> InvokeAIUnavailable:
    return InvokeAIUnavailable(
        f"{error} The job may be queued all the same: look at the queue before you try again."
    )
