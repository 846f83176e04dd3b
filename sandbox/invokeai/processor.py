"""The session processor: its workers take jobs, run their nodes and tell of it."""

import asyncio
import copy
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.failures import NodeFailed, unexpected
from sandbox.invokeai.invoking import Canceled, Invoker
from sandbox.invokeai.item import Item
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.session import Prepared, Session
from sandbox.invokeai.workflow_calls import WorkflowCalls

Json = dict[str, Any]
NODE_CACHE_SIZE = 512


class Processor:
    """Each worker runs one job at a time on its own device; the node cache is common to all."""

    def __init__(
        self,
        *,
        queue: SessionQueue,
        events: Events,
        invoker: Invoker,
        wake: asyncio.Event,
        workflows: Mapping[str, Json],
    ) -> None:
        self._queue = queue
        self._events = events
        self._invoker = invoker
        self._wake = wake
        self._cache: OrderedDict[str, Json] = OrderedDict()
        self._running: set[str] = set()
        self._calls = WorkflowCalls(queue=queue, workflows=workflows, tell=self._tell, fail=self._fail)
        self.is_started = True

    @property
    def status(self) -> Json:
        """`is_started` false means paused."""
        return {"is_started": self.is_started, "is_processing": bool(self._running)}

    def pause(self) -> Json:
        """The running job goes on to its end."""
        self.is_started = False
        return self.status

    def resume(self) -> Json:
        self.is_started = True
        self._wake.set()
        return self.status

    def forget(self) -> None:
        """What a new process does not know: the pause, the node cache, the running jobs."""
        self.is_started = True
        self._running.clear()
        self._cache.clear()
        self._calls.forget()

    async def run(self, device: str) -> None:
        """One worker, until it is cancelled. `device`: "cpu", "cuda:0"…"""
        while True:
            self._wake.clear()
            item = self._queue.take_next(device) if self.is_started else None
            if item is None:
                await self._wake.wait()
                continue
            self._running.add(device)
            try:
                await self._run_item(item)
            finally:
                self._running.discard(device)

    async def _run_item(self, item: Item) -> None:
        session = self._calls.resumed(item) or self._fresh(item.session)
        while item.status == "in_progress" and (prepared := session.next()) is not None:
            await self._run_node(item, session, prepared)
        if item.status == "waiting":
            return
        if self._queue.save_session(item, session.as_json()) and session.is_complete:
            self._queue.change_status(item, "completed")
        if item.parent_item_id is not None:
            self._calls.end(item)

    def _fresh(self, stored: Json) -> Session:
        return Session(
            id=stored["id"],
            graph=stored["graph"],
            execution_graph_id=stored["execution_graph"]["id"],
            new_id=self._queue.new_id,
            call_stack=stored["workflow_call_stack"],
            call_parent=stored["workflow_call_parent"],
        )

    async def _run_node(self, item: Item, session: Session, prepared: Prepared) -> None:
        self._tell("invocation_started", item, prepared)
        try:
            if prepared.node["type"] == "call_saved_workflow":
                self._calls.begin(item, session, prepared)
                return
            result = await self._invoke(item, session, prepared)
        except Canceled:
            return
        except NodeFailed as failure:
            self._fail(item, session, prepared, failure.told(prepared.node))
            return
        except Exception as error:  # noqa: BLE001 - InvokeAI fails the job for whatever its node raises
            self._fail(item, session, prepared, unexpected(error).told(prepared.node))
            return
        session.complete(prepared, result)
        self._tell("invocation_complete", item, prepared, {"result": result})

    async def _invoke(self, item: Item, session: Session, prepared: Prepared) -> Json:
        """A node met before with the same fields answers from the cache: the same image name, no progress."""
        key = json.dumps(prepared.node | {"id": ""}, sort_keys=True)
        if prepared.node["use_cache"] and key in self._cache:
            self._cache.move_to_end(key)
            return copy.deepcopy(self._cache[key])

        def progress(message: str, percentage: float | None, image: Json | None) -> None:
            on_gpu = item.device is not None and item.device.startswith("cuda")
            extra: Json = {"message": message, "percentage": percentage, "image": image}
            extra["device"] = item.device if on_gpu else None
            self._tell("invocation_progress", item, prepared, extra)

        result = await self._invoker.run(
            item, session, prepared, progress=progress, is_canceled=lambda: item.is_terminal
        )
        if prepared.node["use_cache"]:
            self._cache[key] = copy.deepcopy(result)
            if len(self._cache) > NODE_CACHE_SIZE:
                self._cache.popitem(last=False)
        return result

    def _fail(self, item: Item, session: Session, prepared: Prepared, error: tuple[str, str, str]) -> None:
        """`error`: type, message, traceback."""
        error_type, error_message, error_traceback = error
        session.errors[prepared.id] = f"{error_type}: {error_message}"
        if not self._queue.save_session(item, session.as_json()):
            return
        self._queue.change_status(item, "failed", error)
        extra = {
            "error_type": error_type,
            "error_message": error_message,
            "error_traceback": error_traceback,
        }
        self._tell("invocation_error", item, prepared, extra)

    def _tell(self, event: str, item: Item, prepared: Prepared, extra: Json | None = None) -> None:
        self._events.invocation(event, item, prepared.node, prepared.source_id, extra or {})
