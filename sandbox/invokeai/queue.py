"""The job queue: what changes it and the events that each change sends (session_queue_sqlite)."""

import copy
import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.item import TERMINAL, Item, Status, stamp
from sandbox.invokeai.queue_state import QueueState
from sandbox.invokeai.session import Session
from sandbox.invokeai.users import SYSTEM, User
from sandbox.invokeai.versions import Version

Json = dict[str, Any]
DEFAULT_QUEUE = "default"


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
        version: Version,
    ) -> None:
        super().__init__(version)
        self._ids = itertools.count(1)
        self._events = events
        self._clock = clock
        self.new_id = new_id
        self._wake = wake
        self._max_queue_size = max_queue_size

    def enqueue(self, queue_id: str, batch: Batch, *, prepend: bool, user: User = SYSTEM) -> Json:
        """As many jobs as still fit; the answer's item_ids, from 6.0 on, come newest first."""
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
            self._add(
                queue_id, batch, graph, execution_graph_id, field_values=values, priority=priority, user=user
            )
            for values in wanted
        ]
        result: Json = {
            "queue_id": queue_id,
            "enqueued": len(added),
            "requested": requested,
            "batch": batch.model_dump(mode="json"),
            "priority": priority,
        }
        if self.version.enqueue_names_items:
            result["item_ids"] = [item.item_id for item in reversed(added)]
        self._events.batch_enqueued(result, user.user_id)
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
        user: User,
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
            user=user,
        )

    def add_child(self, parent: Item, session: Json, call: Json) -> Item:
        """`call`: InvokeAI's WorkflowCallExecution, which the parent's session holds."""
        child = self._insert(
            queue_id=parent.queue_id,
            batch_id=parent.batch_id,
            session=session,
            priority=parent.priority,
            origin=parent.origin,
            destination=parent.destination,
            field_values=None,
            user=parent.user,
            workflow_call_id=call["id"],
            parent_item_id=parent.item_id,
            parent_session_id=parent.session_id,
            root_item_id=parent.root_item_id or parent.item_id,
            workflow_call_depth=call["depth"],
        )
        self._tell_status(child)
        self._wake()
        return child

    def has_room(self, queue_id: str) -> bool:
        return len(self.select(queue_id, "pending")) < self._max_queue_size

    def insert_finished(self, item: Item) -> None:
        """An item from before this test began; nobody is told."""
        self._put(item)

    def next_id(self) -> int:
        return next(self._ids)

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
        self._put(item)
        return item

    def take_next(self, device: str) -> Item | None:
        """The next pending job of any queue, now in progress."""
        pending = self._shelves.everywhere("pending")
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

    def begin_anew(self) -> None:
        """A new database file: nothing in it, and the ids start at 1."""
        self._forget()
        self._ids = itertools.count(1)

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

    def retry(self, queue_id: str, item_ids: Iterable[int]) -> list[int]:
        """The ids, old ones, of which a copy is now pending; only failed and canceled jobs are taken."""
        room = self._max_queue_size - len(self.select(queue_id, "pending"))
        if room <= 0:
            return []
        retried: list[Item] = []
        for old in self._retried(queue_id, item_ids):
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
                user=old.user,
            )
            retried.append(old)
            if len(retried) >= room:
                break
        self._events.items_retried(queue_id, retried)
        self._wake()
        return [item.item_id for item in retried]

    def _retried(self, queue_id: str, item_ids: Iterable[int]) -> list[Item]:
        """Of a called workflow's item, the one that called."""
        found = [self.items[item_id] for item_id in item_ids if item_id in self.items]
        roots = {item.root_item_id or item.item_id: item for item in found}
        tops = [self.items.get(root_id, item) for root_id, item in roots.items()]
        return [item for item in tops if item.queue_id == queue_id and item.status in {"failed", "canceled"}]

    def _say_canceled(self, queue_id: str, items: list[Item]) -> None:
        if items:
            self._events.items_canceled(queue_id, items)
