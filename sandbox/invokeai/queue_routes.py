"""The operations under /api/v1/queue/{queue_id}."""

from typing import Any

from aiohttp import web

from sandbox.invokeai.item import Item, without_nulls
from sandbox.invokeai.operations import Refused, answer, read_body, read_id_list, read_path, read_query
from sandbox.invokeai.parameters import (
    BatchIdsBody,
    DestinationQuery,
    EnqueueBody,
    ItemIdPath,
    ItemIdsBody,
    OrderQuery,
)
from sandbox.invokeai.processor import Processor
from sandbox.invokeai.queue import SessionQueue
from sandbox.invokeai.queue_state import ItemNotFound


class QueueRoutes:
    """One method per operation."""

    def __init__(self, queue: SessionQueue, processor: Processor) -> None:
        self._queue = queue
        self._processor = processor

    async def enqueue_batch(self, request: web.Request) -> web.Response:
        body = await read_body(EnqueueBody, request)
        return answer(self._queue.enqueue(_queue_id(request), body.batch, prepend=body.prepend))

    async def list_all(self, request: web.Request) -> web.Response:
        destination = request.query.get("destination")
        items = [
            item
            for item in self._queue.select(_queue_id(request))
            if destination is None or item.destination == destination
        ]
        items.sort(key=lambda item: (-item.priority, item.item_id))
        return answer([item.as_json() for item in items])

    async def item_ids(self, request: web.Request) -> web.Response:
        order = read_query(OrderQuery, request).order_dir.value
        ids = self._queue.ids(_queue_id(request), order)
        return answer({"item_ids": ids, "total_count": len(ids)})

    async def items_by_ids(self, request: web.Request) -> web.Response:
        return answer([item.as_json() for item in await self._asked_for(request)])

    async def summaries_by_ids(self, request: web.Request) -> web.Response:
        return answer([item.as_summary() for item in await self._asked_for(request)])

    async def _asked_for(self, request: web.Request) -> list[Item]:
        body = await read_body(ItemIdsBody, request)
        known = {item.item_id: item for item in self._queue.select(_queue_id(request))}
        return [known[item_id] for item_id in body.item_ids if item_id in known]

    async def resume(self, _request: web.Request) -> web.Response:
        return answer(self._processor.resume())

    async def pause(self, _request: web.Request) -> web.Response:
        return answer(self._processor.pause())

    async def cancel_all_except_current(self, request: web.Request) -> web.Response:
        return answer({"canceled": self._queue.cancel_all_except_current(_queue_id(request))})

    async def delete_all_except_current(self, request: web.Request) -> web.Response:
        return answer({"deleted": self._queue.delete_all_except_current(_queue_id(request))})

    async def cancel_by_batch_ids(self, request: web.Request) -> web.Response:
        wanted = (await read_body(BatchIdsBody, request)).batch_ids
        canceled = self._queue.cancel_where(_queue_id(request), lambda item: item.batch_id in wanted)
        return answer({"canceled": canceled})

    async def cancel_by_destination(self, request: web.Request) -> web.Response:
        wanted = read_query(DestinationQuery, request).destination
        canceled = self._queue.cancel_where(_queue_id(request), lambda item: item.destination == wanted)
        return answer({"canceled": canceled})

    async def retry(self, request: web.Request) -> web.Response:
        queue_id = _queue_id(request)
        retried = self._queue.retry(queue_id, await read_id_list(request))
        return answer({"queue_id": queue_id, "retried_item_ids": retried})

    async def clear(self, request: web.Request) -> web.Response:
        return answer({"deleted": self._queue.clear(_queue_id(request))})

    async def prune(self, request: web.Request) -> web.Response:
        return answer({"deleted": self._queue.prune(_queue_id(request))})

    async def current(self, request: web.Request) -> web.Response:
        return answer(_or_null(self._queue.current(_queue_id(request))))

    async def next(self, request: web.Request) -> web.Response:
        return answer(_or_null(self._queue.next(_queue_id(request))))

    async def status(self, request: web.Request) -> web.Response:
        return answer({"queue": self._queue.status(_queue_id(request)), "processor": self._processor.status})

    async def batch_status(self, request: web.Request) -> web.Response:
        return answer(self._queue.batch_status(_queue_id(request), request.match_info["batch_id"]))

    async def item(self, request: web.Request) -> web.Response:
        """Without the nulls. In the wrong queue its 404 is swallowed into a 500, as in 6.14.2."""
        item_id = read_path(ItemIdPath, request).item_id
        if self._queue.items.get(item_id) is None:
            raise _not_found(item_id, _queue_id(request))
        try:
            return answer(without_nulls(self._item(request).as_json()))
        except Refused as refused:
            detail = f"Unexpected error while fetching queue item: 404: {refused.detail}"
            raise Refused(500, detail) from refused

    async def delete_item(self, request: web.Request) -> web.Response:
        self._queue.delete(self._item(request))
        return answer(None)

    async def cancel_item(self, request: web.Request) -> web.Response:
        """A job that has ended comes back unchanged."""
        item = self._item(request)
        self._queue.cancel(item)
        return answer(item.as_json())

    async def counts_by_destination(self, request: web.Request) -> web.Response:
        destination = read_query(DestinationQuery, request).destination
        return answer(self._queue.destination_counts(_queue_id(request), destination))

    async def delete_by_destination(self, request: web.Request) -> web.Response:
        deleted = self._queue.delete_by_destination(_queue_id(request), request.match_info["destination"])
        return answer({"deleted": deleted})

    def _item(self, request: web.Request) -> Item:
        item_id = read_path(ItemIdPath, request).item_id
        try:
            item = self._queue.find(item_id)
        except ItemNotFound as error:
            raise _not_found(item_id, _queue_id(request)) from error
        if item.queue_id != _queue_id(request):
            raise _not_found(item_id, _queue_id(request))
        return item


def _queue_id(request: web.Request) -> str:
    return request.match_info["queue_id"]


def _or_null(item: Item | None) -> Any:
    return None if item is None else item.as_json()


def _not_found(item_id: int, queue_id: str) -> Refused:
    return Refused(404, f"Queue item with id {item_id} not found in queue {queue_id}")
