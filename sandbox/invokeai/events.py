"""The payloads of the socket events, field by field as 6.14.2 sends them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from sandbox.invokeai.item import Item

Json = dict[str, Any]


class Emit(Protocol):
    """Takes an event's name and payload; keeps their order; never waits."""

    def __call__(self, event: str, payload: Json, /) -> None: ...


class Events:
    """Builds each payload and hands it on."""

    def __init__(self, emit: Emit, clock: Callable[[], datetime]) -> None:
        self._emit = emit
        self._clock = clock

    def _send(self, event: str, queue_id: str, payload: Json) -> None:
        self._emit(event, {"timestamp": int(self._clock().timestamp()), "queue_id": queue_id, **payload})

    def batch_enqueued(self, result: Json) -> None:
        self._send(
            "batch_enqueued",
            result["queue_id"],
            {
                "batch_id": result["batch"]["batch_id"],
                "enqueued": result["enqueued"],
                "requested": result["requested"],
                "priority": result["priority"],
                "origin": result["batch"]["origin"],
                "user_id": "system",
            },
        )

    def status_changed(self, item: Item, batch_status: Json, queue_status: Json) -> None:
        self._send(
            "queue_item_status_changed",
            item.queue_id,
            {
                **_head(item),
                "status": item.status,
                "status_sequence": item.status_sequence,
                "error_type": item.error_type,
                "error_message": item.error_message,
                "error_traceback": item.error_traceback,
                "created_at": item.created_at,
                "updated_at": item.updated_at,
                "started_at": item.started_at,
                "completed_at": item.completed_at,
                "batch_status": batch_status,
                "queue_status": queue_status,
                "session_id": item.session_id,
            },
        )

    def invocation(self, event: str, item: Item, node: Json, source_id: str, extra: Json) -> None:
        """`event`: invocation_started, invocation_progress, invocation_complete or invocation_error."""
        self._send(
            event,
            item.queue_id,
            {
                **_head(item),
                "session_id": item.session_id,
                "invocation": node,
                "invocation_source_id": source_id,
                **extra,
            },
        )

    def items_canceled(self, queue_id: str, item_ids: list[int]) -> None:
        self._send(
            "queue_items_canceled",
            queue_id,
            {
                "canceled_item_ids": item_ids,
                "user_ids": ["system"],
                "canceled_item_ids_by_user": {"system": item_ids},
            },
        )

    def items_retried(self, queue_id: str, item_ids: list[int]) -> None:
        """Carries the old ids; the new ones show first with their in_progress."""
        self._send(
            "queue_items_retried",
            queue_id,
            {
                "retried_item_ids": item_ids,
                "user_ids": ["system"] if item_ids else [],
                "retried_item_ids_by_user": {"system": item_ids} if item_ids else {},
            },
        )

    def queue_cleared(self, queue_id: str) -> None:
        self._send("queue_cleared", queue_id, {"user_id": None})


def _head(item: Item) -> Json:
    return {
        "item_id": item.item_id,
        "batch_id": item.batch_id,
        "origin": item.origin,
        "destination": item.destination,
        "user_id": "system",
    }
