"""`call_saved_workflow`: the caller waits while an item of its own runs the saved graph (from 6.14 on)."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.invokeai.item import Item
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.session import MAX_CALL_DEPTH, Prepared, Session

Json = dict[str, Any]
INPUT = "saved_workflow_input::"


class Tell(Protocol):
    def __call__(self, event: str, item: Item, prepared: Prepared, extra: Json | None = None) -> None: ...


class Fail(Protocol):
    """`error`: type, message, traceback."""

    def __call__(
        self, item: Item, session: Session, prepared: Prepared, error: tuple[str, str, str]
    ) -> None: ...


@dataclass
class _Waiting:
    session: Session
    prepared: Prepared


class WorkflowCalls:
    """`workflows`: the graphs that may be called, by workflow id; each has one workflow_return node."""

    def __init__(self, *, queue: SessionQueue, workflows: Mapping[str, Json], tell: Tell, fail: Fail) -> None:
        self._queue = queue
        self._workflows = workflows
        self._tell = tell
        self._fail = fail
        self._waiting: dict[int, _Waiting] = {}
        self._resumed: dict[int, Session] = {}

    def forget(self) -> None:
        self._waiting.clear()
        self._resumed.clear()

    def resumed(self, item: Item) -> Session | None:
        """The session of a caller that goes on after its call."""
        return self._resumed.pop(item.item_id, None)

    def begin(self, item: Item, session: Session, prepared: Prepared) -> None:
        """Puts the child into the queue and the caller to wait. Raises ValueError in InvokeAI's words."""
        workflow_id: str = prepared.node["workflow_id"]
        if not workflow_id:
            raise ValueError("A saved workflow must be selected before executing call_saved_workflow.")
        if workflow_id not in self._workflows:
            raise ValueError(f"The selected saved workflow '{workflow_id}' could not be found.")
        if not self._queue.has_room(item.queue_id):
            raise ValueError(
                "call_saved_workflow exceeds remaining queue capacity for child workflow executions"
            )
        depth = len(session.call_stack) + 1
        if depth > MAX_CALL_DEPTH:
            raise ValueError(
                f"Maximum workflow call depth exceeded ({MAX_CALL_DEPTH}) for workflow '{workflow_id}'"
            )
        frame: Json = {
            "prepared_call_node_id": prepared.id,
            "source_call_node_id": prepared.source_id,
            "workflow_id": workflow_id,
            "depth": depth,
        }
        new_id = self._queue.new_id
        graph = _with_inputs(self._workflows[workflow_id], prepared.node["workflow_inputs"])
        graph["id"] = new_id()
        child = Session(new_id(), graph, new_id(), new_id)
        call: Json = {
            "id": new_id(),
            "parent_session_id": session.id,
            "child_session_id": child.id,
            **frame,
            "status": "running_child",
            "error_message": None,
            "child_session_ids": [child.id],
            "child_item_ids": [],
            "expected_child_count": 1,
            "completed_child_item_ids": [],
            "aggregated_values": {},
            "child_outputs": {},
        }
        child.call_stack = [*session.call_stack, frame]
        child.call_parent = {"workflow_call_id": call["id"], "parent_session_id": session.id, **frame}
        session.waiting_frame, session.waiting_call, session.waiting_child = frame, call, child.as_json()
        self._waiting[item.item_id] = _Waiting(session, prepared)
        added = self._queue.add_child(item, child.as_json(), call)
        call["child_item_ids"] = [added.item_id]
        self._queue.save_session(item, session.as_json())
        self._queue.change_status(item, "waiting")

    def end(self, child: Item) -> None:
        """What a child's end means for its caller, and for the caller's caller."""
        parent = self._queue.items.get(child.parent_item_id or 0)
        waiting = self._waiting.pop(child.parent_item_id or 0, None)
        if parent is None or waiting is None or parent.is_terminal:
            return
        if child.status == "completed":
            self._resume(parent, child, waiting)
        elif child.status == "failed":
            message = child.error_message or ""
            _end_call(waiting.session, "failed", message)
            self._fail(parent, waiting.session, waiting.prepared, ("ValueError", message, message))
        else:
            self._queue.cancel(parent)
        if parent.is_terminal and parent.parent_item_id is not None:
            self.end(parent)

    def _resume(self, parent: Item, child: Item, waiting: _Waiting) -> None:
        session, prepared = waiting.session, waiting.prepared
        values = _returned(child.session)
        if session.waiting_call is not None:
            session.waiting_call |= {
                "completed_child_item_ids": [child.item_id],
                "aggregated_values": {key: [value] for key, value in values.items()},
                "child_outputs": {str(child.item_id): values},
            }
        _end_call(session, "completed", None)
        result: Json = {"output_meta": None, "values": values, "type": "workflow_return_output"}
        session.complete(prepared, result)
        self._tell("invocation_complete", parent, prepared, {"result": result})
        self._queue.save_session(parent, session.as_json())
        if session.is_complete:
            self._queue.change_status(parent, "completed")
        else:
            self._resumed[parent.item_id] = session
            self._queue.change_status(parent, "pending")


def _end_call(session: Session, status: str, error_message: str | None) -> None:
    if session.waiting_call is not None:
        ended = session.waiting_call | {"status": status, "error_message": error_message}
        session.call_history.append(ended)
    session.waiting_frame = session.waiting_call = session.waiting_child = None


def _returned(session: Json) -> Json:
    return next(
        result["values"]
        for result in session["results"].values()
        if result["type"] == "workflow_return_output"
    )


def _with_inputs(graph: Json, inputs: Json) -> Json:
    """`inputs`: "saved_workflow_input::<node id>::<field name>" and the value."""
    own = copy.deepcopy(graph)
    for name, value in inputs.items():
        node_id, _, field = name.removeprefix(INPUT).rpartition("::")
        if not name.startswith(INPUT) or node_id not in own["nodes"]:
            raise ValueError(f"Invalid call_saved_workflow dynamic input field '{name}'")
        own["nodes"][node_id][field] = value
    return own
