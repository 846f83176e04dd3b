"""The slice of the socket's payloads that we read. Every field here stands in InvokeAI's OpenAPI document."""

from typing import Annotated

from pydantic import Field

from bot.events import JobStatus
from bot.invokeai.models import Number, Slice


class PendingCount(Slice):
    pending: int = 0


class StatusChanged(Slice):
    """queue_item_status_changed."""

    queue_id: str
    item_id: Number
    status: JobStatus
    queue_status: PendingCount = PendingCount()


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
