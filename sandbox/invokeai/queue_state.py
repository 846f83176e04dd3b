"""The job queue as one may read it: items, their order, counts and statuses."""

from typing import Any

from sandbox.invokeai.item import Item, Status

Json = dict[str, Any]
COUNTED: tuple[Status, ...] = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")


class ItemNotFound(Exception):
    """No such item in this InvokeAI."""


class QueueState:
    """`items` by id, oldest first."""

    def __init__(self) -> None:
        self.items: dict[int, Item] = {}

    def find(self, item_id: int) -> Item:
        try:
            return self.items[item_id]
        except KeyError:
            raise ItemNotFound(f"No queue item with id {item_id}") from None

    def select(self, queue_id: str, *statuses: Status) -> list[Item]:
        """Oldest id first; every status when none is named."""
        return [
            item
            for item in self.items.values()
            if item.queue_id == queue_id and (not statuses or item.status in statuses)
        ]

    def ids(self, queue_id: str, order: str) -> list[int]:
        """By created_at; jobs of the same millisecond stay in rising order in both directions."""
        ordered = sorted(self.select(queue_id), key=lambda item: item.created_at, reverse=order == "DESC")
        return [item.item_id for item in ordered]

    def current(self, queue_id: str) -> Item | None:
        return next(iter(self.select(queue_id, "in_progress")), None)

    def next(self, queue_id: str) -> Item | None:
        pending = self.select(queue_id, "pending")
        return min(pending, key=lambda item: (-item.priority, item.created_at), default=None)

    def status(self, queue_id: str) -> Json:
        current = self.current(queue_id)
        counts = _counts(self.select(queue_id))
        return {
            "queue_id": queue_id,
            "item_id": current.item_id if current else None,
            "batch_id": current.batch_id if current else None,
            "session_id": current.session_id if current else None,
            **counts,
            "user_pending": counts["pending"],
            "user_in_progress": counts["in_progress"],
        }

    def batch_status(self, queue_id: str, batch_id: str) -> Json:
        items = [item for item in self.select(queue_id) if item.batch_id == batch_id]
        return {
            "queue_id": queue_id,
            "batch_id": batch_id,
            "origin": items[0].origin if items else None,
            "destination": items[0].destination if items else None,
            **_counts(items),
        }

    def destination_counts(self, queue_id: str, destination: str) -> Json:
        items = [item for item in self.select(queue_id) if item.destination == destination]
        return {"queue_id": queue_id, "destination": destination, **_counts(items)}


def _counts(items: list[Item]) -> Json:
    counts: Json = dict.fromkeys(COUNTED, 0)
    for item in items:
        counts[item.status] += 1
    return {**counts, "total": len(items)}
