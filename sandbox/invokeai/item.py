"""A queue item and its three JSON faces."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

Json = dict[str, Any]
Status = Literal["pending", "in_progress", "waiting", "completed", "failed", "canceled"]
TERMINAL = ("completed", "failed", "canceled")

USER: Json = {
    "user_id": "system",
    "user_display_name": "System",
    "user_email": "system@system.invokeai",
}


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

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    def as_json(self) -> Json:
        """With the nulls, as current, next, items_by_ids and cancel answer; `i/{id}` leaves them out."""
        return {
            "item_id": self.item_id,
            "status": self.status,
            "status_sequence": self.status_sequence,
            "priority": self.priority,
            "batch_id": self.batch_id,
            "origin": self.origin,
            "destination": self.destination,
            "session_id": self.session_id,
            "error_type": self.error_type,
            "error_message": self.error_message,
            "error_traceback": self.error_traceback,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "queue_id": self.queue_id,
            **USER,
            "field_values": self.field_values,
            "retried_from_item_id": self.retried_from_item_id,
            "device": self.device,
            "workflow_call_id": None,
            "parent_item_id": None,
            "parent_session_id": None,
            "root_item_id": None,
            "workflow_call_depth": None,
            "session": self.session,
            "workflow": self.workflow,
        }

    def as_summary(self) -> Json:
        return {
            "item_id": self.item_id,
            "created_at": self.created_at,
            "status": self.status,
            "device": self.device,
            "started_at": self.started_at,
            "completed_at": self.completed_at,
            "origin": self.origin,
            "destination": self.destination,
            "batch_id": self.batch_id,
            **USER,
            "field_values": self.field_values,
            "parent_item_id": None,
        }


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
