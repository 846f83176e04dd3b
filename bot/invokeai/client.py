"""What one InvokeAI can be asked. Answers are words of the domain; every error is of our tree."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from time import monotonic

import aiohttp
import structlog
from pydantic import TypeAdapter

from bot.domain.events import BatchCounts
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.queue import QueueStatus, ServerInfo
from bot.errors import JobUnknown
from bot.invokeai.account import Account
from bot.invokeai.bulk_cancel import BATCH_STATUS, GROUP_COUNTS, BulkCancel
from bot.invokeai.compatibility import (
    STATUS,
    SUMMARIES_BY_IDS,
    ListingSource,
    cancels_the_finished,
    hides_the_unknown,
    listing_for,
)
from bot.invokeai.connection import Connection
from bot.invokeai.creation import Creation
from bot.invokeai.endpoint import DEFAULT_QUEUE, Endpoint
from bot.invokeai.enqueue import Enqueuer
from bot.invokeai.gallery import ANYTHING, ImageFiles, InvokeAIGallery
from bot.invokeai.http import Http, Patience, Request
from bot.invokeai.http_errors import BareServerError
from bot.invokeai.interruptions import confirmed
from bot.invokeai.known_operations import KnownOperations
from bot.invokeai.listing.by_cursor import Hint
from bot.invokeai.listing.common import Listing
from bot.invokeai.models import Deleted, Item, Me, ProcessorState, Retried
from bot.invokeai.operations import ME
from bot.invokeai.people import InvokeAIPeople
from bot.invokeai.requeue.requeue import Requeuer
from bot.invokeai.whole_jobs import WholeJobs

log = structlog.stdlib.get_logger()

PROCESSOR = TypeAdapter(ProcessorState)
ITEM = TypeAdapter(Item)
ITEM_OR_NONE: TypeAdapter[Item | None] = TypeAdapter(Item | None)
DELETED = TypeAdapter(Deleted)
RETRIED = TypeAdapter(Retried)
MY_ACCOUNT = TypeAdapter(Me)


class InvokeAIClient:
    """One InvokeAI and one of its queues. `server` is our own name for it, and goes into every Job.

    `known_operations` outlive a connect. `clock` counts seconds and is asked only for the age of a login.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        server: str,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = monotonic,
        known_operations: KnownOperations | None = None,
    ) -> None:
        self.server = server
        self.queue_id = endpoint.queue_id
        http = Http(session, endpoint, patience or Patience())
        account = Account(http, endpoint.email, endpoint.password, clock)
        self._connection = Connection(http, account, server, endpoint.queue_id, known_operations)
        self._ask = self._connection.ask
        self._image_files = ImageFiles(self._connection)
        self._hint = Hint()
        self.gallery = InvokeAIGallery(self._connection)
        self.people = InvokeAIPeople(self._connection)
        self.whole = WholeJobs(self._connection, server, self.read)
        self.batches = Enqueuer(self._connection, newest=self._newest, many=self.whole.many, one=self.read)
        self.reruns = Requeuer(self._connection, self._item)
        self.creation = Creation(self._connection, self._item)

    def __repr__(self) -> str:
        return f"InvokeAIClient({self.server!r}, {self._connection.address!r})"

    @property
    def info(self) -> ServerInfo | None:
        """What stands there, as the last connect saw it."""
        return self._connection.known.info if self._connection.known else None

    async def connect(self) -> ServerInfo:
        """Looks afresh at what the server is and can do, and logs in if it wants that."""
        info = (await self._connection.connect()).info
        if self.queue_id != DEFAULT_QUEUE and await self.unknown_queue():
            log.warning("queue_id_unproven", server=self.server, queue_id=self.queue_id)
        return info

    async def unknown_queue(self) -> bool:
        """Whether the queue's name may be mistyped: InvokeAI answers for any, and this one has no job."""
        if self.queue_id == DEFAULT_QUEUE:
            return False
        counts = await self.status()
        jobs = counts.total
        return not jobs and not (await self.jobs(limit=1)).jobs

    async def token(self) -> str | None:
        """A fresh enough token for the socket; None where InvokeAI has no accounts."""
        return await self._connection.token()

    async def is_admin(self) -> bool:
        """Whether we may see and steer everybody's jobs; without accounts everyone may."""
        if await self.token() is None:
            return True
        return (await self._ask(ME, MY_ACCOUNT)).is_admin

    async def status(self) -> QueueStatus:
        return (await self._ask("get_queue_status", STATUS)).to_status(self.server)

    async def current(self) -> Job | None:
        """The running job whole (one of them, if several run), or None."""
        return self._whole(await self._ask("get_current_queue_item", ITEM_OR_NONE))

    async def next(self) -> Job | None:
        """The job whose turn is next, whole, or None."""
        return self._whole(await self._ask("get_next_queue_item", ITEM_OR_NONE))

    async def running(self) -> list[Job]:
        """Summaries of all running jobs, newest number first."""
        return await self.running_of(await self.status())

    async def job(self, number: int) -> Job:
        """The job whole: recipe, images, failure. JobUnknown if there is none of that number."""
        job = await self.read(number)
        if job.interrupted:
            job = await confirmed(job, self)
        told = job.recipe is not None and job.recipe.prompt is not None
        return job if told or not job.images else await self._image_files.with_recipe(job)

    async def jobs_changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        """Summaries of all jobs above `after` and of those of `unfinished` that still exist, by number."""
        return await (await self._listing()).changed(after, unfinished)

    async def batch_counts(self, batch_id: str) -> BatchCounts | None:
        """None where InvokeAI does not tell."""
        if not batch_id or BATCH_STATUS not in await self._connection.operations():
            return None
        return (await self._ask(BATCH_STATUS, GROUP_COUNTS, Request({"batch_id": batch_id}))).counts

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number (0 if there is no job) and summaries of all unfinished jobs, by number."""
        return await (await self._listing()).baseline()

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 10
    ) -> JobPage:
        """Summaries from the newest number down."""
        return await (await self._listing()).page(before, status, limit)

    async def latest(self, status: JobStatus | None = None) -> Job | None:
        """The job that ended last, wherever it stands in the queue, whole."""
        number = await (await self._listing()).latest(status)
        return None if number is None else await self.job(number)

    async def failed_of(self, batch_id: str) -> list[Job]:
        """Summaries of that batch's failed jobs, newest number first."""
        there = None
        if BATCH_STATUS in await self._connection.operations():
            there = (await self._ask(BATCH_STATUS, GROUP_COUNTS, Request({"batch_id": batch_id}))).failed
        found: list[Job] = []
        before: int | None = None
        while there is None or len(found) < there:
            page = await self.jobs(before=before, status=JobStatus.FAILED, limit=100)
            found += [job for job in page.jobs if job.batch_id == batch_id]
            before = page.before
            if before is None:
                break
        return found

    async def cancel(self, number: int) -> Job:
        """Asks to cancel it, and returns the job as it is afterwards: a finished one stays what it was."""
        if cancels_the_finished(await self._connection.operations()):
            job = await self.job(number)
            if job.status.finished:
                return job
        await self._of_number("cancel_queue_item", number)
        return await self.job(number)

    async def cancel_batch(self, batch_id: str) -> int:
        """How many jobs that cancelled."""
        return await (await self._bulk()).batch(batch_id)

    async def cancel_waiting(self) -> int:
        """Cancels everything but what runs. How many jobs that cancelled."""
        return await (await self._bulk()).waiting()

    async def cancel_destination(self, destination: str) -> int:
        """How many jobs that cancelled."""
        return await (await self._bulk()).destination(destination)

    async def retry(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Those of the numbers that InvokeAI took: only failed and canceled jobs. It enqueues new jobs.

        OperationMissing: InvokeAI before 5.7.
        """
        wanted = list(dict.fromkeys(numbers))
        operations = await self._connection.operations()
        operations.operation("retry_items_by_id")
        if wanted and SUMMARIES_BY_IDS not in operations:
            # Before 6.14 one number that is not there makes it refuse all.
            there = {job.number for job in await self.jobs_changed(max(wanted), wanted)}
            wanted = [number for number in wanted if number in there]
        answer = await self._ask("retry_items_by_id", RETRIED, Request(body=wanted))
        return tuple(answer.retried_item_ids)

    async def clear(self) -> int:
        """Deletes every job, also those that run. How many InvokeAI says that were."""
        return (await self._ask("clear", DELETED)).deleted

    async def prune(self) -> int:
        """Deletes every finished job. How many InvokeAI says that were."""
        return (await self._ask("prune", DELETED)).deleted

    async def pause(self) -> QueueStatus:
        """The processor takes no further job; a running one goes on."""
        await self._ask("pause", PROCESSOR)
        return await self.status()

    async def resume(self) -> QueueStatus:
        await self._ask("resume", PROCESSOR)
        return await self.status()

    async def free_vram(self) -> None:
        """InvokeAI drops every model that is not in use. LoginNeeded where that takes an admin."""
        await self._ask("empty_model_cache", ANYTHING)

    async def image(self, name: str, limit: int) -> bytes:
        """The image or video byte for byte. ImageUnusable: gone, or something else; ImageTooLarge: more than
        `limit` bytes.
        """
        return await self._image_files.full(name, limit)

    async def thumbnail(self, name: str, limit: int) -> bytes:
        """A small WebP of the image, or of the video's first frame. ImageUnusable as for `image`."""
        return await self._image_files.thumbnail(name, limit)

    async def read(self, number: int) -> Job:
        return (await self._item(number)).to_job(self.server)

    async def _item(self, number: int) -> Item:
        return await self._of_number("get_queue_item", number)

    async def _of_number(self, name: str, number: int) -> Item:
        unknown = JobUnknown(f"Job #{number} isn't in InvokeAI's queue; it may have been removed.")
        bare = hides_the_unknown(await self._connection.operations())
        try:
            return await self._ask(name, ITEM, Request({"item_id": number}, missing=unknown, bare=bare))
        except BareServerError:
            if await (await self._listing()).holds(number):
                raise
            raise unknown from None

    async def _newest(self, limit: int) -> tuple[Job, ...]:
        return (await self.jobs(limit=limit)).jobs

    async def ended_last(self) -> Job | None:
        number = await (await self._listing()).latest(None)
        return None if number is None else await self.read(number)

    async def running_of(self, counts: QueueStatus) -> list[Job]:
        if counts.in_progress > 1:
            page = await (await self._listing()).page(None, JobStatus.IN_PROGRESS, 100)
            return list(page.jobs)
        job = await self.current() if counts.in_progress else None
        return [replace(job, session_id=None, recipe=None, images=())] if job else []

    async def _listing(self) -> Listing:
        source = ListingSource(self._ask, self.status, self.server, self.queue_id)
        return listing_for(await self._connection.operations(), source, self._hint)

    async def _bulk(self) -> BulkCancel:
        async def unfinished() -> list[Job]:
            return (await self.baseline())[1]

        return BulkCancel(await self._connection.operations(), self._ask, self.cancel, unfinished)

    def _whole(self, item: Item | None) -> Job | None:
        return None if item is None else item.to_job(self.server)
