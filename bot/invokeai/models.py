"""The slice of InvokeAI's JSON that we read. Every field here stands in its OpenAPI document."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from bot.domain.events import BatchCounts, Tally
from bot.domain.jobs import Failure, Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.invokeai.foreign_json import one_line
from bot.invokeai.session_outputs import images_of, outputs_of, purpose_of
from bot.invokeai.session_results import boards_of, never_saved, recipe_of


def _written(value: object) -> object:
    if isinstance(value, str):
        return value
    raise ValueError("a time is text")


def _utc(value: datetime) -> datetime:
    """InvokeAI writes naive UTC."""
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time out of the calendar") from error


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_utc)]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=0)]

REDACTED = "redacted"
"""What stands in others' jobs where our account may not look."""
NOBODY = frozenset({"system", REDACTED})


class Slice(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AppVersion(Slice):
    version: Annotated[str, Field(max_length=100), AfterValidator(one_line)]


class SetupStatus(Slice):
    multiuser_enabled: bool


class Login(Slice):
    token: str = Field(repr=False)
    expires_in: Count


class Counts(Slice):
    pending: Count
    in_progress: Count
    waiting: Count = 0  # from 6.14
    completed: Count
    failed: Count
    canceled: Count


class ProcessorState(Slice):
    is_started: bool
    is_processing: bool


class Status(Slice):
    queue: Counts
    processor: ProcessorState

    def to_status(self, server: str) -> QueueStatus:
        queue, processor = self.queue, self.processor
        return QueueStatus(
            server=server,
            pending=queue.pending,
            in_progress=queue.in_progress,
            waiting=queue.waiting,
            completed=queue.completed,
            failed=queue.failed,
            canceled=queue.canceled,
            paused=not processor.is_started,
            processing=processor.is_processing,
        )


class ItemIds(Slice):
    item_ids: list[Number]


class Canceled(Slice):
    canceled: Count


class Deleted(Slice):
    deleted: Count


class Retried(Slice):
    retried_item_ids: list[Number]


class GroupCounts(Slice):
    """The jobs of one batch, or of one destination."""

    canceled: Count
    failed: Count
    completed: Count = 0
    total: Count = 0
    pending: Count = 0
    in_progress: Count = 0
    waiting: Count = 0

    @property
    def unfinished(self) -> int:
        return self.pending + self.in_progress + self.waiting

    @property
    def counts(self) -> BatchCounts | None:
        """None of a batch that is not there, or that belongs to another user."""
        ended = Tally(self.completed, self.failed, self.canceled)
        return BatchCounts(self.total, ended) if self.total else None


class Summary(Slice):
    """A queue item as every list has it."""

    item_id: Number
    status: JobStatus
    batch_id: str
    created_at: Moment
    started_at: Moment | None = None
    completed_at: Moment | None = None
    origin: str | None = None
    destination: str | None = None
    user_id: str | None = None
    user_display_name: str | None = None
    device: str | None = None
    parent_item_id: Number | None = None

    @property
    def user(self) -> str | None:
        """Who asked for it; None where InvokeAI has no accounts or does not tell."""
        return self.user_display_name or self.account if self.account is not None else None

    @property
    def account(self) -> str | None:
        """As `user`, by the id that no one else ever has."""
        return None if self.user_id is None or self.user_id in NOBODY else self.user_id

    @property
    def hidden(self) -> bool:
        """Whether our account may not look into it."""
        return REDACTED in (self.user_id, self.batch_id)

    def to_job(self, server: str) -> Job:
        return Job(
            server=server,
            number=self.item_id,
            status=self.status,
            batch_id="" if self.hidden else self.batch_id,
            hidden=self.hidden,
            session_id=None,
            created_at=self.created_at,
            started_at=self.started_at,
            completed_at=self.completed_at,
            origin=self.origin,
            destination=self.destination,
            user=self.user,
            account=self.account,
            device=self.device,
            parent=self.parent_item_id,
        )


class Item(Summary):
    """A queue item whole. `session` stays as it came: `session_results` reads it."""

    session_id: str
    priority: int = 0
    retried_from_item_id: Number | None = None
    error_type: str | None = None
    error_message: str | None = None
    error_traceback: str | None = None
    updated_at: Moment | None = None
    session: Any = Field(default=None, repr=False)
    workflow: Any = Field(default=None, repr=False)

    @property
    def hidden(self) -> bool:
        return super().hidden or self.session_id == REDACTED

    def to_job(self, server: str) -> Job:
        outputs = outputs_of(self.session)
        return replace(
            super().to_job(server),
            session_id=None if self.hidden else self.session_id,
            priority=self.priority,
            retried_from=self.retried_from_item_id,
            recipe=recipe_of(self.session),
            images=images_of(outputs),
            outputs=outputs,
            purpose=purpose_of(self.session, self.origin, self.destination),
            boards=boards_of(self.session),
            failure=self._failure(),
            interrupted=self._untouched(),
        )

    def _untouched(self) -> bool:
        """It ran and was canceled, but nobody saved its session since: see docs/decisions/0008."""
        return (
            self.status is JobStatus.CANCELED
            and self.started_at is not None
            and self.completed_at is not None
            and self.updated_at == self.completed_at
            and never_saved(self.session)
        )

    def _failure(self) -> Failure | None:
        if self.status is not JobStatus.FAILED or self.hidden:
            return None
        return Failure(self.error_type or "Error", self.error_message or "", self.error_traceback or "")


class NewBatch(Slice):
    batch_id: str


class EnqueueResult(Slice):
    """POST …/enqueue_batch. `item_ids` from 6.0."""

    enqueued: Count
    requested: Count
    batch: NewBatch
    item_ids: list[Number] = []


class Person(Slice):
    """GET auth/users."""

    user_id: str
    display_name: str | None = None


class Me(Slice):
    """GET auth/me."""

    is_admin: bool
