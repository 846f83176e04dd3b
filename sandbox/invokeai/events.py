"""The payloads of the socket events, field by field as this version sends them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.invokeai.item import Item
from sandbox.invokeai.routing import Router
from sandbox.invokeai.versions import Version

Json = dict[str, Any]
REDACTED_BATCH: Json = {"batch_id": "redacted", "origin": None, "destination": None}
REDACTED_QUEUE: Json = {
    "item_id": None,
    "session_id": None,
    "batch_id": None,
    "user_pending": None,
    "user_in_progress": None,
}
REDACTED_ITEM: Json = {
    "user_id": "redacted",
    "session_id": "redacted",
    **REDACTED_BATCH,
    "error_type": None,
    "error_message": None,
    "error_traceback": None,
}


class Events:
    """Builds each payload and hands it to the router."""

    def __init__(self, router: Router, clock: Callable[[], datetime], version: Version) -> None:
        self._router = router
        self._clock = clock
        self._version = version

    def _payload(self, event: str, queue_id: str, fields: Json) -> Json:
        absent = self._version.event_fields_absent
        return {
            "timestamp": int(self._clock().timestamp()),
            "queue_id": queue_id,
            **{name: value for name, value in fields.items() if (event, name) not in absent},
            **{name: None for named, name in self._version.event_nulls if named == event},
        }

    def batch_enqueued(self, result: Json, user_id: str) -> None:
        event = "batch_enqueued"
        fields: Json = {
            "batch_id": result["batch"]["batch_id"],
            "enqueued": result["enqueued"],
            "requested": result["requested"],
            "priority": result["priority"],
            "origin": result["batch"]["origin"],
            "user_id": user_id,
        }
        redacted = {"user_id": "redacted", "batch_id": "redacted", "origin": None}
        self._router.private(event, self._payload(event, result["queue_id"], fields), user_id, redacted)

    def status_changed(self, item: Item, batch_status: Json, queue_status: Json) -> None:
        event = "queue_item_status_changed"
        fields: Json = {
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
        }
        redacted = REDACTED_ITEM | {
            "batch_status": batch_status | REDACTED_BATCH,
            "queue_status": queue_status | REDACTED_QUEUE,
        }
        payload = self._payload(event, item.queue_id, fields)
        self._router.private(event, payload, item.user.user_id, redacted)

    def invocation(self, event: str, item: Item, node: Json, source_id: str, extra: Json) -> None:
        """`event`: invocation_started, invocation_progress, invocation_complete or invocation_error."""
        fields: Json = {
            **_head(item),
            "session_id": item.session_id,
            "invocation": node,
            "invocation_source_id": source_id,
            **extra,
        }
        tell = self._router.progress if event == "invocation_progress" else self._router.private
        tell(event, self._payload(event, item.queue_id, fields), item.user.user_id)

    def items_canceled(self, queue_id: str, items: Iterable[Item]) -> None:
        """Up to 6.13 nobody is told."""
        if self._version.tells_bulk_cancels:
            self._bulk("queue_items_canceled", queue_id, "canceled_item_ids", items)

    def items_retried(self, queue_id: str, items: Iterable[Item]) -> None:
        """Carries the old ids; the new ones show first with their in_progress. Up to 6.13 nobody is told."""
        if self._version.tells_retries:
            self._bulk("queue_items_retried", queue_id, "retried_item_ids", items)

    def _bulk(self, event: str, queue_id: str, ids: str, items: Iterable[Item]) -> None:
        by_user: dict[str, list[int]] = {}
        for item in items:
            by_user.setdefault(item.user.user_id, []).append(item.item_id)
        fields: Json = {
            ids: [item_id for own in by_user.values() for item_id in own],
            "user_ids": list(by_user),
            f"{ids}_by_user": by_user,
        }
        self._router.bulk(event, self._payload(event, queue_id, fields), ids, by_user)

    def queue_cleared(self, queue_id: str, owner: str | None) -> None:
        """`owner`: whose jobs alone were cleared; where the event does not say so, everyone hears it."""
        event = "queue_cleared"
        payload = self._payload(event, queue_id, {"user_id": owner})
        if owner is None or payload.get("user_id") is None:
            self._router.public(event, payload)
        else:
            self._router.private(event, payload, owner, {"user_id": "redacted"})


def _head(item: Item) -> Json:
    return {
        "item_id": item.item_id,
        "batch_id": item.batch_id,
        "origin": item.origin,
        "destination": item.destination,
        "user_id": item.user.user_id,
    }
