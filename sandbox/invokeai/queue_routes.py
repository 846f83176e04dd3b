"""The operations under /api/v1/queue/{queue_id}."""

from typing import Any

from aiohttp import web

from sandbox.invokeai.auth_routes import Gate
from sandbox.invokeai.faces import Faces
from sandbox.invokeai.item import Item
from sandbox.invokeai.operations import (
    Broken,
    Refused,
    answer,
    read_body,
    read_id_list,
    read_path,
    read_query,
)
from sandbox.invokeai.parameters import (
    BatchIdsBody,
    DestinationQuery,
    EnqueueBody,
    ItemIdPath,
    ItemIdsBody,
    ListQuery,
    OrderQuery,
)
from sandbox.invokeai.processor import Processor
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.queue_state import ItemNotFound


class QueueRoutes:
    """One method per operation."""

    def __init__(self, queue: SessionQueue, processor: Processor, faces: Faces, gate: Gate) -> None:
        self._queue = queue
        self._processor = processor
        self._faces = faces
        self._gate = gate

    async def enqueue_batch(self, request: web.Request) -> web.Response:
        body = await read_body(EnqueueBody, request)
        if not self._queue.version.has_workflow_calls:
            body.batch.graph.refuse_newer()
        user = self._gate.viewer(request)
        return answer(self._queue.enqueue(_queue_id(request), body.batch, prepend=body.prepend, user=user))

    async def listed(self, request: web.Request) -> web.Response:
        """A page of at most `limit`; `has_more` says that the next one is not empty."""
        query = read_query(ListQuery, request)
        if query.limit < 0:
            raise self._broken_list()
        if self._queue.version.list_by_priority:
            found = self._queue.page(
                _queue_id(request),
                status=query.status,
                limit=query.limit,
                cursor=query.cursor,
                priority=query.priority,
            )
        else:
            found = self._queue.documented_page(
                _queue_id(request),
                status=query.status,
                limit=query.limit,
                cursor=query.cursor,
                offset=query.offset,
            )
        items = [self._faces.listed(item, self._gate.viewer(request)) for item in found[: query.limit]]
        return answer({"limit": query.limit, "has_more": len(found) > query.limit, "items": items})

    async def list_all(self, request: web.Request) -> web.Response:
        destination = request.query.get("destination")
        items = [
            item
            for item in self._queue.select(_queue_id(request))
            if destination is None or item.destination == destination
        ]
        items.sort(key=lambda item: (-item.priority, item.item_id))
        return answer([self._faces.whole(item, self._gate.viewer(request)) for item in items])

    async def item_ids(self, request: web.Request) -> web.Response:
        order = read_query(OrderQuery, request).order_dir.value
        ids = self._queue.ids(_queue_id(request), order)
        return answer({"item_ids": ids, "total_count": len(ids)})

    async def items_by_ids(self, request: web.Request) -> web.Response:
        user = self._gate.viewer(request)
        return answer([self._faces.whole(item, user) for item in await self._asked_for(request)])

    async def summaries_by_ids(self, request: web.Request) -> web.Response:
        user = self._gate.viewer(request)
        return answer([self._faces.summary(item, user) for item in await self._asked_for(request)])

    async def _asked_for(self, request: web.Request) -> list[Item]:
        body = await read_body(ItemIdsBody, request)
        found = [self._queue.items.get(item_id) for item_id in body.item_ids]
        return [item for item in found if item is not None and item.queue_id == _queue_id(request)]

    async def resume(self, request: web.Request) -> web.Response:
        self._gate.require_admin(request)
        return answer(self._processor.resume())

    async def pause(self, request: web.Request) -> web.Response:
        self._gate.require_admin(request)
        return answer(self._processor.pause())

    async def cancel_all_except_current(self, request: web.Request) -> web.Response:
        return answer(
            {"canceled": self._queue.cancel_all_except_current(_queue_id(request), self._owner(request))}
        )

    async def delete_all_except_current(self, request: web.Request) -> web.Response:
        return answer(
            {"deleted": self._queue.delete_all_except_current(_queue_id(request), self._owner(request))}
        )

    async def cancel_by_batch_ids(self, request: web.Request) -> web.Response:
        wanted = (await read_body(BatchIdsBody, request)).batch_ids
        canceled = self._queue.cancel_where(
            _queue_id(request), lambda item: item.batch_id in wanted, self._owner(request)
        )
        return answer({"canceled": canceled})

    async def cancel_by_destination(self, request: web.Request) -> web.Response:
        wanted = read_query(DestinationQuery, request).destination
        canceled = self._queue.cancel_where(
            _queue_id(request), lambda item: item.destination == wanted, self._owner(request)
        )
        return answer({"canceled": canceled})

    async def retry(self, request: web.Request) -> web.Response:
        queue_id = _queue_id(request)
        item_ids = await read_id_list(request)
        for item_id in item_ids:
            item = self._queue.items.get(item_id)
            if item is not None and item.queue_id != queue_id:
                raise _not_found(item_id, queue_id)
            if item is not None and not self._gate.viewer(request).may_see(item.user):
                raise Refused(403, f"You do not have permission to retry queue item {item_id}")
        retried = self._queue.retry(queue_id, item_ids)
        return answer({"queue_id": queue_id, "retried_item_ids": retried})

    async def clear(self, request: web.Request) -> web.Response:
        return answer({"deleted": self._queue.clear(_queue_id(request), self._owner(request))})

    async def prune(self, request: web.Request) -> web.Response:
        return answer({"deleted": self._queue.prune(_queue_id(request), self._owner(request))})

    async def current(self, request: web.Request) -> web.Response:
        return answer(self._or_null(self._queue.current(_queue_id(request)), request))

    async def next(self, request: web.Request) -> web.Response:
        return answer(self._or_null(self._queue.next(_queue_id(request)), request))

    async def status(self, request: web.Request) -> web.Response:
        status = self._queue.status(_queue_id(request), self._gate.viewer(request))
        return answer({"queue": status, "processor": self._processor.status})

    async def batch_status(self, request: web.Request) -> web.Response:
        return answer(
            self._queue.batch_status(_queue_id(request), request.match_info["batch_id"], self._owner(request))
        )

    async def item(self, request: web.Request) -> web.Response:
        """Without the nulls. In the wrong queue its 404 is swallowed into a 500, as in 6.14.2."""
        item_id = read_path(ItemIdPath, request).item_id
        if self._queue.items.get(item_id) is None:
            raise self._missing(item_id, _queue_id(request))
        try:
            return answer(self._faces.alone(self._item(request), self._gate.viewer(request)))
        except Refused as refused:
            detail = f"Unexpected error while fetching queue item: 404: {refused.detail}"
            raise Refused(500, detail) from refused

    async def delete_item(self, request: web.Request) -> web.Response:
        item = self._item(request)
        if not self._gate.viewer(request).may_see(item.user):
            raise Refused(403, "You do not have permission to delete this queue item")
        self._queue.delete(item)
        return answer(None)

    async def cancel_item(self, request: web.Request) -> web.Response:
        """A job that has ended comes back unchanged."""
        item = self._item(request)
        if not self._gate.viewer(request).may_see(item.user):
            raise Refused(403, "You do not have permission to cancel this queue item")
        self._queue.cancel(item)
        return answer(self._faces.whole(item, self._gate.viewer(request)))

    async def counts_by_destination(self, request: web.Request) -> web.Response:
        destination = read_query(DestinationQuery, request).destination
        return answer(self._queue.destination_counts(_queue_id(request), destination, self._owner(request)))

    async def delete_by_destination(self, request: web.Request) -> web.Response:
        destination = request.match_info["destination"]
        deleted = self._queue.delete_by_destination(_queue_id(request), destination, self._owner(request))
        return answer({"deleted": deleted})

    def _item(self, request: web.Request) -> Item:
        item_id = read_path(ItemIdPath, request).item_id
        queue_id = _queue_id(request)
        try:
            item = self._queue.find(item_id)
        except ItemNotFound as error:
            raise self._missing(item_id, queue_id) from error
        if self._queue.version.item_belongs_to_queue and item.queue_id != queue_id:
            raise _not_found(item_id, queue_id)
        return item

    def _broken_list(self) -> Exception:
        """It takes the last of no items."""
        detail = "Unexpected error while listing all items: pop from empty list"
        return Broken() if self._queue.version.unknown_item_breaks else Refused(500, detail)

    def _missing(self, item_id: int, queue_id: str) -> Exception:
        return Broken() if self._queue.version.unknown_item_breaks else _not_found(item_id, queue_id)

    def _owner(self, request: web.Request) -> str | None:
        """Whose jobs alone a bulk operation may touch."""
        return self._gate.viewer(request).own_only

    def _or_null(self, item: Item | None, request: web.Request) -> Any:
        return None if item is None else self._faces.whole(item, self._gate.viewer(request))


def _queue_id(request: web.Request) -> str:
    return request.match_info["queue_id"]


def _not_found(item_id: int, queue_id: str) -> Refused:
    return Refused(404, f"Queue item with id {item_id} not found in queue {queue_id}")
