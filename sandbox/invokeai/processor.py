"""The session processor: one worker that takes jobs, runs their nodes and tells of it."""

import asyncio
import copy
import json
from collections import OrderedDict
from typing import Any

from sandbox.invokeai.events import Events
from sandbox.invokeai.failures import NodeFailed, unexpected
from sandbox.invokeai.invoking import Canceled, Invoker
from sandbox.invokeai.item import Item
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.session import Prepared, Session

Json = dict[str, Any]
NODE_CACHE_SIZE = 512
DEVICE = "cpu"


class Processor:
    def __init__(self, *, queue: SessionQueue, events: Events, invoker: Invoker, wake: asyncio.Event) -> None:
        self._queue = queue
        self._events = events
        self._invoker = invoker
        self._wake = wake
        self._cache: OrderedDict[str, Json] = OrderedDict()
        self._running: Item | None = None
        self.is_started = True

    @property
    def status(self) -> Json:
        """`is_started` false means paused."""
        return {"is_started": self.is_started, "is_processing": self._running is not None}

    def pause(self) -> Json:
        """The running job goes on to its end."""
        self.is_started = False
        return self.status

    def resume(self) -> Json:
        self.is_started = True
        self._wake.set()
        return self.status

    def forget(self) -> None:
        """What a new process does not know: the pause, the node cache, the running job."""
        self.is_started = True
        self._running = None
        self._cache.clear()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._wake.clear()
            item = self._queue.take_next(DEVICE) if self.is_started else None
            if item is None:
                await self._wake.wait()
                continue
            self._running = item
            try:
                await self._run_item(item)
            finally:
                self._running = None

    async def _run_item(self, item: Item) -> None:
        stored = item.session
        session = Session(
            id=stored["id"],
            graph=stored["graph"],
            execution_graph_id=stored["execution_graph"]["id"],
            new_id=self._queue.new_id,
        )
        while not item.is_terminal and (prepared := session.next()) is not None:
            await self._run_node(item, session, prepared)
        if self._queue.save_session(item, session.as_json()) and session.is_complete:
            self._queue.change_status(item, "completed")

    async def _run_node(self, item: Item, session: Session, prepared: Prepared) -> None:
        self._tell("invocation_started", item, prepared)
        try:
            result = await self._invoke(item, session, prepared)
        except Canceled:
            return
        except NodeFailed as failure:
            self._fail(item, session, prepared, failure)
            return
        except Exception as error:  # noqa: BLE001 - InvokeAI fails the job for whatever its node raises
            self._fail(item, session, prepared, unexpected(error))
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
            extra: Json = {"message": message, "percentage": percentage, "image": image, "device": None}
            self._tell("invocation_progress", item, prepared, extra)

        result = await self._invoker.run(
            item, session, prepared, progress=progress, is_canceled=lambda: item.is_terminal
        )
        if prepared.node["use_cache"]:
            self._cache[key] = copy.deepcopy(result)
            if len(self._cache) > NODE_CACHE_SIZE:
                self._cache.popitem(last=False)
        return result

    def _fail(self, item: Item, session: Session, prepared: Prepared, failure: NodeFailed) -> None:
        session.errors[prepared.id] = f"{failure.error_type}: {failure.message}"
        if not self._queue.save_session(item, session.as_json()):
            return
        error = (failure.error_type, failure.message, failure.traceback(prepared.node))
        self._queue.change_status(item, "failed", error)
        error_type, error_message, error_traceback = error
        extra = {
            "error_type": error_type,
            "error_message": error_message,
            "error_traceback": error_traceback,
        }
        self._tell("invocation_error", item, prepared, extra)

    def _tell(self, event: str, item: Item, prepared: Prepared, extra: Json | None = None) -> None:
        self._events.invocation(event, item, prepared.node, prepared.source_id, extra or {})
