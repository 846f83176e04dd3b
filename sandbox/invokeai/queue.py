"""The job queue: how jobs come into it, and which is taken next (session_queue_sqlite)."""

import copy
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.item import Item, stamp
from sandbox.invokeai.queue_changes import QueueChanges
from sandbox.invokeai.session import Session
from sandbox.invokeai.users import SYSTEM, User
from sandbox.invokeai.versions import Version

Json = dict[str, Any]


class SessionQueue(QueueChanges):
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
        super().__init__(events=events, clock=clock, wake=wake, version=version)
        self._ids = itertools.count(1)
        self.new_id = new_id
        self.max_queue_size = max_queue_size

    def enqueue(self, queue_id: str, batch: Batch, *, prepend: bool, user: User = SYSTEM) -> Json:
        """As many jobs as still fit. The answer's item_ids are those of all jobs that the batch has by then;
        from 6.0 to 6.14 they come newest first.
        """
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
            max(0, self.max_queue_size - len(pending)),
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
            ids = [item.item_id for item in self.items.values() if item.batch_id == batch.batch_id]
            result["item_ids"] = ids if self.version.names_items_oldest_first else ids[::-1]
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
        return len(self.select(queue_id, "pending")) < self.max_queue_size

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

    def begin_anew(self) -> None:
        """A new database file: nothing in it, and the ids start at 1."""
        self._forget()
        self._ids = itertools.count(1)

    def retry(self, queue_id: str, item_ids: Iterable[int]) -> list[int]:
        """The ids, old ones, of which a copy is now pending; only failed and canceled jobs are taken."""
        room = self.max_queue_size - len(self.select(queue_id, "pending"))
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
