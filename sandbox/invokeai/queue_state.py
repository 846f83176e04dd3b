"""The job queue as one may read it: items, their order, counts and statuses."""

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.invokeai.item import Item, Status
from sandbox.invokeai.shelves import STATUSES, Shelves
from sandbox.invokeai.users import User
from sandbox.invokeai.versions import Version

Json = dict[str, Any]


class ItemNotFound(Exception):
    """No such item in this InvokeAI."""


class QueueState:
    """`items` by id, oldest first; none is put in or taken out past the methods here."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.items: dict[int, Item] = {}
        self._shelves = Shelves()
        self._batches: dict[tuple[str, str], Item] = {}

    def _put(self, item: Item) -> None:
        self.items[item.item_id] = item
        self._shelves.put(item)
        self._batches.setdefault((item.queue_id, item.batch_id), item)

    def _remove(self, items: list[Item]) -> None:
        for item in items:
            del self.items[item.item_id]
            self._shelves.take(item)

    def _forget(self) -> None:
        self.items.clear()
        self._shelves = Shelves()
        self._batches.clear()

    def find(self, item_id: int) -> Item:
        try:
            return self.items[item_id]
        except KeyError:
            raise ItemNotFound(f"No queue item with id {item_id}") from None

    def select(self, queue_id: str, *statuses: Status, owner: str | None = None) -> list[Item]:
        """Oldest id first; every status when none is named; `owner`: of this user only."""
        return [
            item
            for item in self._shelves.of(queue_id, *(statuses or STATUSES))
            if owner is None or item.user.user_id == owner
        ]

    def ids(self, queue_id: str, order: str) -> list[int]:
        """By created_at; jobs of the same millisecond stay in rising order in both directions."""
        ordered = sorted(self.select(queue_id), key=lambda item: item.created_at, reverse=order == "DESC")
        return [item.item_id for item in ordered]

    def page(
        self, queue_id: str, *, status: Status | None, limit: int, cursor: int | None, priority: int
    ) -> list[Item]:
        """One item more than `limit`, where there is one. Up to 6.6 the SQL reads `(queue and status and
        priority < ?) or (priority = ? and item_id > ?)`: with a cursor, items of other queues and statuses.
        """

        def wanted(item: Item) -> bool:
            narrow = item.queue_id == queue_id and (status is None or item.status == status)
            if cursor is None:
                return narrow
            return (narrow and item.priority < priority) or (
                item.priority == priority and item.item_id > cursor
            )

        found = sorted(filter(wanted, self.items.values()), key=lambda item: (-item.priority, item.item_id))
        return found[: limit + 1]

    def documented_page(
        self, queue_id: str, *, status: Status | None, limit: int, cursor: int | None, offset: int
    ) -> list[Item]:
        """One item more than `limit`, where there is one; oldest first."""
        statuses = (status,) if status is not None else ()
        found = [item for item in self.select(queue_id, *statuses) if cursor is None or item.item_id > cursor]
        return found[offset : offset + limit + 1]

    def current(self, queue_id: str) -> Item | None:
        """One of those in progress."""
        return next(iter(self.select(queue_id, "in_progress")), None)

    def next(self, queue_id: str) -> Item | None:
        pending = self.select(queue_id, "pending")
        return min(pending, key=lambda item: (-item.priority, item.created_at), default=None)

    def chain(self, item: Item) -> list[Item]:
        """The item with the calls above and below it: parents first, then itself, then the rest."""
        above: list[Item] = []
        top = item
        while top.parent_item_id is not None and (parent := self.items.get(top.parent_item_id)) is not None:
            above.append(parent)
            top = parent
        found = {one.item_id: one for one in (*above, item, *self._below(top))}
        return list(found.values())

    def _below(self, item: Item) -> Iterator[Item]:
        for item_id in self._shelves.children(item.item_id):
            yield self.items[item_id]
            yield from self._below(self.items[item_id])

    def status(self, queue_id: str, viewer: User, *, event: bool = False) -> Json:
        """`event`: as the status events carry it, for the owner and with the owner's own counts."""
        current = self.current(queue_id)
        if current is not None and not viewer.may_see(current.user):
            current = None
        status: Json = {
            "queue_id": queue_id,
            "item_id": current.item_id if current else None,
            "batch_id": current.batch_id if current else None,
            "session_id": current.session_id if current else None,
            **self._counts(lambda status: self._shelves.count(queue_id, status)),
        }
        if self.version.user_counts == "absent":
            return status
        hidden = self.version.user_counts == "of non-admins" and (event or viewer.is_admin)
        for name in ("pending", "in_progress"):
            own = self._shelves.count_of_owner(queue_id, viewer.user_id, name)
            status[f"user_{name}"] = None if hidden else own
        return status

    def batch_status(self, queue_id: str, batch_id: str, owner: str | None = None) -> Json:
        counts = self._counts(lambda status: self._shelves.count_of_batch(queue_id, batch_id, status))
        first = self._batches.get((queue_id, batch_id)) if counts["total"] else None
        if first is not None and owner is not None and first.user.user_id != owner:
            first, counts = None, dict.fromkeys(counts, 0)
        return {
            "queue_id": queue_id,
            "batch_id": batch_id,
            "origin": first.origin if first else None,
            "destination": first.destination if first else None,
            **counts,
        }

    def destination_counts(self, queue_id: str, destination: str, owner: str | None) -> Json:
        items = [item for item in self.select(queue_id, owner=owner) if item.destination == destination]
        counts = self._counts(lambda status: sum(item.status == status for item in items))
        return {"queue_id": queue_id, "destination": destination, **counts}

    def _counts(self, count: Callable[[Status], int]) -> Json:
        counts: Json = {
            status: count(status) for status in STATUSES if self.version.counts_waiting or status != "waiting"
        }
        return {**counts, "total": sum(counts.values())}
