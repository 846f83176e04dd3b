"""The slice of the socket's payloads that we read. Every field here stands in InvokeAI's OpenAPI document."""

from typing import Annotated

from pydantic import Field

from bot.domain.jobs import JobStatus
from bot.invokeai.models import Number, Slice


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


class StatusChanged(Slice):
    """queue_item_status_changed."""

    queue_id: str
    item_id: Number
    status: JobStatus
    queue_status: Unfinished = Unfinished()
    batch_status: Unfinished = Unfinished()


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
