"""The job queue: what changes it and the events that each change sends (6.14.2's session_queue_sqlite)."""

import copy
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.item import Item, Status, stamp
from sandbox.invokeai.queue_state import QueueState
from sandbox.invokeai.session import Session

Json = dict[str, Any]


class SessionQueue(QueueState):
    """Ids are never given twice. `wake` is called when a batch has come in."""

    def __init__(
        self,
        *,
        events: Events,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        wake: Callable[[], None],
        max_queue_size: int,
    ) -> None:
        super().__init__()
        self._ids = itertools.count(1)
        self._events = events
        self._clock = clock
        self.new_id = new_id
        self._wake = wake
        self._max_queue_size = max_queue_size

    def enqueue(self, queue_id: str, batch: Batch, *, prepend: bool) -> Json:
        """As many jobs as still fit; the answer's item_ids come newest first."""
        pending = self.select(queue_id, "pending")
        priority = max((item.priority for item in pending), default=0) + 1 if prepend else 0
        batch = batch.model_copy(update={"batch_id": batch.batch_id or self.new_id()})
        batch.graph.id = batch.graph.id or self.new_id()
        graph = batch.graph.model_dump(mode="json")
        execution_graph_id = self.new_id()
        combinations = batch.combinations
        requested = len(combinations) * batch.runs
        wanted = itertools.islice(
            itertools.chain.from_iterable(itertools.repeat(combinations, batch.runs)),
            max(0, self._max_queue_size - len(pending)),
        )
        added = [
            self._add(queue_id, batch, graph, execution_graph_id, field_values=values, priority=priority)
            for values in wanted
        ]
        result: Json = {
            "queue_id": queue_id,
            "enqueued": len(added),
            "requested": requested,
            "batch": batch.model_dump(mode="json"),
            "priority": priority,
            "item_ids": [item.item_id for item in reversed(added)],
        }
        self._events.batch_enqueued(result)
        self._wake()
        return result

    def _add(
        self,
        queue_id: str,
        batch: Batch,
        graph: Json,
        execution_graph_id: str,
        *,
        field_values: list[Json],
        priority: int,
    ) -> Item:
        own_graph = copy.deepcopy(graph) if field_values else graph
        for value in field_values:
            own_graph["nodes"][value["node_path"]][value["field_name"]] = value["value"]
        return self._insert(
            queue_id=queue_id,
            batch_id=batch.batch_id,
            session=Session(self.new_id(), own_graph, execution_graph_id, self.new_id).as_json(),
            priority=priority,
            origin=batch.origin,
            destination=batch.destination,
            field_values=field_values,
            workflow=batch.workflow,
        )

    def _insert(self, *, session: Json, **fields: Any) -> Item:
        now = stamp(self._clock())
        item = Item(
            item_id=next(self._ids),
            session_id=session["id"],
            session=session,
            created_at=now,
            updated_at=now,
            **fields,
        )
        self.items[item.item_id] = item
        return item

    def take_next(self, device: str) -> Item | None:
        """The next pending job of any queue, now in progress."""
        pending = [item for item in self.items.values() if item.status == "pending"]
        if not pending:
            return None
        item = min(pending, key=lambda item: (-item.priority, item.item_id))
        item.device = device
        self.change_status(item, "in_progress")
        return item

    def change_status(self, item: Item, status: Status, error: tuple[str, str, str] | None = None) -> bool:
        """False, and nothing happens, once an item has ended. `error`: type, message, traceback."""
        if item.is_terminal:
            return False
        self._set_status(item, status)
        item.error_type, item.error_message, item.error_traceback = error or (None, None, None)
        self._events.status_changed(
            item, self.batch_status(item.queue_id, item.batch_id), self.status(item.queue_id)
        )
        return True

    def _set_status(self, item: Item, status: Status) -> None:
        now = stamp(self._clock())
        item.status = status
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

    def cancel_interrupted(self) -> None:
        """What a start does with the job that the last end interrupted: canceled, and nobody is told."""
        for item in self.items.values():
            if item.status == "in_progress":
                self._set_status(item, "canceled")

    def cancel(self, item: Item) -> None:
        self.change_status(item, "canceled")

    def cancel_where(self, queue_id: str, wanted: Callable[[Item], bool]) -> int:
        """The pending at once and under one event, then the running one under its own."""
        pending = [item for item in self.select(queue_id, "pending", "waiting") if wanted(item)]
        for item in pending:
            self._set_status(item, "canceled")
        running = [item for item in self.select(queue_id, "in_progress") if wanted(item)]
        for item in running:
            self.change_status(item, "canceled")
        self._say_canceled(queue_id, pending)
        return len(pending) + len(running)

    def cancel_all_except_current(self, queue_id: str) -> int:
        return self.cancel_where(queue_id, lambda item: item.status != "in_progress")

    def delete(self, item: Item) -> None:
        self.change_status(item, "canceled")
        self._remove([item])

    def delete_all_except_current(self, queue_id: str) -> int:
        doomed = self.select(queue_id, "pending", "waiting")
        self._remove(doomed)
        self._say_canceled(queue_id, doomed)
        return len(doomed)

    def delete_by_destination(self, queue_id: str, destination: str) -> int:
        doomed = [item for item in self.select(queue_id) if item.destination == destination]
        running = [item for item in doomed if item.status == "in_progress"]
        for item in running:
            self.change_status(item, "canceled")
        self._remove(doomed)
        self._say_canceled(queue_id, [item for item in doomed if item not in running])
        return len(doomed)

    def clear(self, queue_id: str) -> int:
        for item in self.select(queue_id, "in_progress"):
            self.change_status(item, "canceled")
        doomed = self.select(queue_id)
        self._remove(doomed)
        self._events.queue_cleared(queue_id)
        return len(doomed)

    def prune(self, queue_id: str) -> int:
        """No event."""
        doomed = self.select(queue_id, "completed", "failed", "canceled")
        self._remove(doomed)
        return len(doomed)

    def retry(self, queue_id: str, item_ids: Iterable[int]) -> list[int]:
        """The ids, old ones, of which a copy is now pending; only failed and canceled jobs are taken."""
        room = self._max_queue_size - len(self.select(queue_id, "pending"))
        if room <= 0:
            return []
        retried: list[int] = []
        for item_id in dict.fromkeys(item_ids):
            old = self.items.get(item_id)
            if old is None or old.queue_id != queue_id or old.status not in {"failed", "canceled"}:
                continue
            self._insert(
                queue_id=queue_id,
                batch_id=old.batch_id,
                session=Session(self.new_id(), old.session["graph"], self.new_id(), self.new_id).as_json(),
                priority=old.priority,
                origin=old.origin,
                destination=old.destination,
                field_values=old.field_values or None,
                workflow=old.workflow,
                retried_from_item_id=old.retried_from_item_id or old.item_id,
            )
            retried.append(item_id)
            if len(retried) >= room:
                break
        self._events.items_retried(queue_id, retried)
        self._wake()
        return retried

    def _remove(self, items: list[Item]) -> None:
        for item in items:
            del self.items[item.item_id]

    def _say_canceled(self, queue_id: str, items: list[Item]) -> None:
        if items:
            self._events.items_canceled(queue_id, [item.item_id for item in items])
