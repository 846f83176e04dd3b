"""The payloads of InvokeAI's socket events, read into signals. What can't be read is logged and left out."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import structlog
from pydantic import Field, TypeAdapter, ValidationError

from bot.domain.events import BatchCounts, Left, Tally
from bot.domain.jobs import JobStatus, Progress
from bot.invokeai.models import Number, Slice
from bot.invokeai.socket.events import JobChanged, JobsQueued, QueueChanged, SocketEvent

log = structlog.stdlib.get_logger()

MAX_PREVIEW_BYTES = 2 * 1024 * 1024  # characters of a data URL


class Unfinished(Slice):
    """The counts of the queue or of a batch. Those of a batch that belongs to another user are all 0."""

    pending: int = 0
    in_progress: int = 0
    waiting: int = 0  # from 6.14
    total: int = 0

    @property
    def left(self) -> int | None:
        """How many have not ended; None if that is not told."""
        return self.pending + self.in_progress + self.waiting if self.total else None


class BatchStatus(Unfinished):
    """A batch's counts."""

    completed: int = 0
    failed: int = 0
    canceled: int = 0

    @property
    def counts(self) -> BatchCounts | None:
        """None if they are not told."""
        ended = Tally(self.completed, self.failed, self.canceled)
        return BatchCounts(self.total, ended) if self.total else None


class StatusChanged(Slice):
    """queue_item_status_changed."""

    queue_id: str
    item_id: Number
    status: JobStatus
    queue_status: Unfinished = Unfinished()
    batch_status: BatchStatus = BatchStatus()


class ProgressImage(Slice):
    data_url: str = Field(alias="dataURL")


class InvocationProgress(Slice):
    """invocation_progress."""

    queue_id: str
    item_id: Number
    message: str
    percentage: Annotated[float, Field(ge=0, le=1)] | None = None
    image: ProgressImage | None = None


class QueueEvent(Slice):
    """Every event of a queue."""

    queue_id: str


QUEUE_EVENT = TypeAdapter(QueueEvent)
STATUS_CHANGED = TypeAdapter(StatusChanged)
PROGRESS = TypeAdapter(InvocationProgress)


def read_payload(name: str, payload: tuple[Any, ...], server: str, queue_id: str) -> SocketEvent | None:
    """The signal in one event; None for another queue's event and for what can't be read."""
    data = payload[0] if payload else None
    try:
        if QUEUE_EVENT.validate_python(data).queue_id != queue_id:
            return None
        return READERS[name](data, server)
    except ValidationError as error:
        faults = [fault["type"] for fault in error.errors(include_url=False, include_input=False)[:3]]
        log.warning("socket_payload_read_failed", server=server, socket_event=name, faults=faults)
        return None


def _job_changed(data: Any, _server: str) -> JobChanged:
    read = STATUS_CHANGED.validate_python(data)
    queue, batch = read.queue_status, read.batch_status
    return JobChanged(read.item_id, read.status, queue.pending, Left(queue.left, batch.left, batch.counts))


def _progress(data: Any, server: str) -> Progress:
    read = PROGRESS.validate_python(data)
    preview = read.image.data_url if read.image else None
    usable = preview is not None and preview.startswith("data:image/") and len(preview) <= MAX_PREVIEW_BYTES
    return Progress(server, read.item_id, read.message, read.percentage, preview if usable else None)


def _jobs_queued(_data: Any, _server: str) -> JobsQueued:
    return JobsQueued()


def _queue_changed(_data: Any, _server: str) -> QueueChanged:
    return QueueChanged()


READERS: Mapping[str, Callable[[Any, str], SocketEvent]] = {
    "queue_item_status_changed": _job_changed,
    "invocation_progress": _progress,
    "batch_enqueued": _jobs_queued,
    "queue_items_canceled": _queue_changed,
    "queue_items_retried": _jobs_queued,
    "queue_cleared": _queue_changed,
}
