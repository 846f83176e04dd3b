"""What becomes of the jobs that are there, and the events that each change sends (session_queue_sqlite)."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.item import TERMINAL, Item, Status, stamp
from sandbox.invokeai.queue_state import QueueState
from sandbox.invokeai.versions import Version

Json = dict[str, Any]
DEFAULT_QUEUE = "default"


class QueueChanges(QueueState):
    """`wake` is called when there is something to run."""

    def __init__(
        self, *, events: Events, clock: Callable[[], datetime], wake: Callable[[], None], version: Version
    ) -> None:
        super().__init__(version)
        self._events = events
        self._clock = clock
        self._wake = wake

    def change_status(self, item: Item, status: Status, error: tuple[str, str, str] | None = None) -> bool:
        """False, and nothing happens, once an item has ended. `error`: type, message, traceback."""
        if item.is_terminal:
            return False
        self._change(item, status, error)
        return True

    def _change(self, item: Item, status: Status, error: tuple[str, str, str] | None = None) -> None:
        self._set_status(item, status)
        item.error_type, item.error_message, item.error_traceback = error or (None, None, None)
        self._tell_status(item)
        if status == "pending":
            self._wake()

    def _tell_status(self, item: Item) -> None:
        batch_status = self.batch_status(item.queue_id, item.batch_id)
        owner = replace(item.user, is_admin=False)  # an event shows its owner's running job only
        self._events.status_changed(item, batch_status, self.status(item.queue_id, owner, event=True))

    def _set_status(self, item: Item, status: Status) -> None:
        now = stamp(self._clock())
        self._shelves.move(item, status)
        item.status_sequence += 1
        item.updated_at = now
        if status == "in_progress":
            item.started_at = now
        if item.is_terminal:
            item.completed_at = now

    def save_session(self, item: Item, session: Json) -> bool:
        """False when the item was deleted meanwhile."""
        if self.items.get(item.item_id) is not item:
            return False
        item.session = copy.deepcopy(session)
        item.updated_at = stamp(self._clock())
        return True

    def come_up(self, max_history: int | None) -> None:
        """What a start does, and nobody is told: what the last end interrupted is canceled, with its calls;
        up to 5.15 the finished are pruned, and those just canceled with them; later ones may keep
        `max_history` finished.
        """
        for status in ("in_progress", "waiting"):
            for interrupted in self._shelves.everywhere(status):
                for item in self.chain(interrupted):
                    if not item.is_terminal:
                        self._set_status(item, "canceled")
        finished = self.select(DEFAULT_QUEUE, *TERMINAL)
        if self.version.prunes_at_start:
            self._remove(finished)
        elif self.version.limits_history and max_history is not None:
            finished.sort(key=lambda item: (item.completed_at or item.updated_at, item.item_id), reverse=True)
            self._remove(finished[max_history:])

    def vanish(self, item_ids: Iterable[int]) -> None:
        """As if they had never been; nobody is told."""
        self._remove([self.items[item_id] for item_id in item_ids])

    def cancel(self, item: Item) -> None:
        """With the calls above and below it."""
        for one in self.chain(item):
            if self.version.cancels_finished or not one.is_terminal:
                self._change(one, "canceled")

    def cancel_where(self, queue_id: str, wanted: Callable[[Item], bool], owner: str | None) -> int:
        """The pending at once and under one event, then the running ones, each under its own."""
        waiting = [item for item in self.select(queue_id, "pending", "waiting", owner=owner) if wanted(item)]
        for item in waiting:
            self._set_status(item, "canceled")
        running = [item for item in self.select(queue_id, "in_progress", owner=owner) if wanted(item)]
        for item in running:
            self.change_status(item, "canceled")
        self._say_canceled(queue_id, waiting)
        return len(waiting) + (len(running) if self.version.counts_running_canceled else 0)

    def cancel_all_except_current(self, queue_id: str, owner: str | None) -> int:
        """The running jobs stay, and the calls that they are part of."""
        spared = self._spared(queue_id)
        return self.cancel_where(queue_id, lambda item: item.item_id not in spared, owner)

    def delete(self, item: Item) -> None:
        self.cancel(item)
        self._remove(self.chain(item))

    def delete_all_except_current(self, queue_id: str, owner: str | None) -> int:
        spared = self._spared(queue_id)
        waiting = self.select(queue_id, "pending", "waiting", owner=owner)
        doomed = [item for item in waiting if item.item_id not in spared]
        self._remove(doomed)
        self._say_canceled(queue_id, doomed)
        return len(doomed)

    def _spared(self, queue_id: str) -> set[int]:
        return {one.item_id for item in self.select(queue_id, "in_progress") for one in self.chain(item)}

    def delete_by_destination(self, queue_id: str, destination: str, owner: str | None) -> int:
        doomed = [item for item in self.select(queue_id, owner=owner) if item.destination == destination]
        running = [item for item in doomed if item.status == "in_progress"]
        for item in running:
            self.change_status(item, "canceled")
        self._remove(doomed)
        self._say_canceled(queue_id, [item for item in doomed if item not in running])
        return len(doomed)

    def clear(self, queue_id: str, owner: str | None) -> int:
        for item in self.select(queue_id, "in_progress", owner=owner):
            self.change_status(item, "canceled")
        doomed = self.select(queue_id, owner=owner)
        self._remove(doomed)
        self._events.queue_cleared(queue_id, owner)
        return len(doomed)

    def prune(self, queue_id: str, owner: str | None) -> int:
        """No event."""
        doomed = self.select(queue_id, *TERMINAL, owner=owner)
        self._remove(doomed)
        return len(doomed)

    def _say_canceled(self, queue_id: str, items: list[Item]) -> None:
        if items:
            self._events.items_canceled(queue_id, items)
