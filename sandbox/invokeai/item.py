"""A queue item, as the database holds it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from sandbox.invokeai.users import SYSTEM, User

Json = dict[str, Any]
Status = Literal["pending", "in_progress", "waiting", "completed", "failed", "canceled"]
TERMINAL: tuple[Status, ...] = ("completed", "failed", "canceled")


def stamp(moment: datetime) -> str:
    """Naive UTC with milliseconds, as InvokeAI's SQLite writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@dataclass
class Item:
    """`session` is what the database holds: while the job runs, still the empty one."""

    item_id: int
    queue_id: str
    batch_id: str
    session_id: str
    session: Json
    created_at: str
    updated_at: str
    priority: int = 0
    origin: str | None = None
    destination: str | None = None
    field_values: list[Json] | None = field(default_factory=list[Json])
    workflow: Json | None = None
    retried_from_item_id: int | None = None
    status: Status = "pending"
    status_sequence: int = 0
    error_type: str | None = None
    error_message: str | None = None
    error_traceback: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    device: str | None = None
    user: User = SYSTEM
    workflow_call_id: str | None = None
    parent_item_id: int | None = None
    parent_session_id: str | None = None
    root_item_id: int | None = None
    workflow_call_depth: int | None = None

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL


def without_nulls(value: Any) -> Any:
    """What pydantic's exclude_none leaves of a queue item; the free dict `metadata` keeps its nulls."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {
            key: item if key in {"metadata", "field_values", "workflow"} else without_nulls(item)
            for key, item in fields.items()
            if item is not None
        }
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value
