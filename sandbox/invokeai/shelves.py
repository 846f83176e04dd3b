"""Where each item stands: by queue and status, and counted by batch and by owner, so that no count walks."""

from collections import Counter

from sandbox.invokeai.item import Item, Status

STATUSES: tuple[Status, ...] = ("pending", "in_progress", "waiting", "completed", "failed", "canceled")


class Shelves:
    """Kept in step with the items' statuses by `put`, `move` and `take`."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, Status], dict[int, Item]] = {}
        self._batches: Counter[tuple[str, str, Status]] = Counter()
        self._owners: Counter[tuple[str, str, Status]] = Counter()
        self._children: dict[int, list[int]] = {}

    def put(self, item: Item) -> None:
        self._shelves.setdefault((item.queue_id, item.status), {})[item.item_id] = item
        self._count(item, 1)
        if item.parent_item_id is not None:
            self._children.setdefault(item.parent_item_id, []).append(item.item_id)

    def take(self, item: Item) -> None:
        del self._shelves[item.queue_id, item.status][item.item_id]
        self._count(item, -1)
        if item.parent_item_id is not None:
            self._children[item.parent_item_id].remove(item.item_id)

    def move(self, item: Item, status: Status) -> None:
        """Sets the item's status too."""
        del self._shelves[item.queue_id, item.status][item.item_id]
        self._count(item, -1)
        item.status = status
        self._shelves.setdefault((item.queue_id, status), {})[item.item_id] = item
        self._count(item, 1)

    def _count(self, item: Item, step: int) -> None:
        self._batches[item.queue_id, item.batch_id, item.status] += step
        self._owners[item.queue_id, item.user.user_id, item.status] += step

    def of(self, queue_id: str, *statuses: Status) -> list[Item]:
        """Oldest id first."""
        items = [item for status in statuses for item in self._shelves.get((queue_id, status), {}).values()]
        items.sort(key=lambda item: item.item_id)
        return items

    def everywhere(self, status: Status) -> list[Item]:
        """In every queue."""
        return [
            item for (_, kept), shelf in self._shelves.items() if kept == status for item in shelf.values()
        ]

    def children(self, item_id: int) -> list[int]:
        return list(self._children.get(item_id, ()))

    def count(self, queue_id: str, status: Status) -> int:
        return len(self._shelves.get((queue_id, status), ()))

    def count_of_batch(self, queue_id: str, batch_id: str, status: Status) -> int:
        return self._batches[queue_id, batch_id, status]

    def count_of_owner(self, queue_id: str, user_id: str, status: Status) -> int:
        return self._owners[queue_id, user_id, status]
