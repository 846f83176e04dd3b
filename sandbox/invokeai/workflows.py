"""Workflows as InvokeAI's editor saves them, and the operations under /api/v1/workflows."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from sandbox.invokeai.item import stamp
from sandbox.invokeai.operations import Refused, answer, read_body, read_query
from sandbox.invokeai.parameters import OrderDir
from sandbox.invokeai.versions import Version

Json = dict[str, Any]


class WorkflowsQuery(BaseModel):
    """`categories` comes several times, and is read apart."""

    page: int = 0
    per_page: int | None = None
    order_by: Literal["created_at", "updated_at", "opened_at", "name"] = "name"
    direction: OrderDir = OrderDir.ASC
    query: str | None = None


class WorkflowBody(BaseModel):
    workflow: Json


@dataclass
class SavedWorkflow:
    """`opened_at` is empty until somebody opens it."""

    workflow_id: str
    workflow: Json
    created_at: str
    opened_at: str = ""

    @property
    def category(self) -> str:
        return self.workflow.get("meta", {}).get("category", "user")

    def finds(self, query: str) -> bool:
        words = f"{self.workflow['name']}\n{self.workflow.get('description', '')}"
        return query.casefold() in words.casefold()


class SavedWorkflows:
    """They outlive a start."""

    def __init__(self, *, clock: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._new_id = new_id
        self._saved: dict[str, SavedWorkflow] = {}

    def save(self, workflow: Json, *, shipped: bool = False) -> str:
        """Its id. `shipped`: it came with InvokeAI."""
        new_id = f"default_{self._new_id()}" if shipped else self._new_id()
        own: Json = copy.deepcopy(workflow) | {"id": new_id}
        if shipped:
            own["meta"] = {"version": "3.0.0", "category": "default"}
        self._saved[new_id] = SavedWorkflow(new_id, own, stamp(self._clock()))
        return new_id

    def opened(self, workflow_id: str) -> None:
        """Somebody opened it in InvokeAI's editor."""
        self._saved[workflow_id].opened_at = stamp(self._clock())

    def delete(self, workflow_id: str) -> None:
        del self._saved[workflow_id]

    def of(self, workflow_id: str) -> SavedWorkflow | None:
        return self._saved.get(workflow_id)

    def all(self) -> list[SavedWorkflow]:
        return list(self._saved.values())


class WorkflowRoutes:
    """One method per operation."""

    def __init__(self, saved: SavedWorkflows, version: Version) -> None:
        self._saved = saved
        self._version = version

    async def listed(self, request: web.Request) -> web.Response:
        query, categories = read_query(WorkflowsQuery, request), request.query.getall("categories", [])
        found = [
            one
            for one in self._saved.all()
            if (not categories or one.category in categories) and (not query.query or one.finds(query.query))
        ]
        found.sort(key=lambda one: _order(one, query.order_by), reverse=query.direction is OrderDir.DESC)
        size = query.per_page or len(found) or 1
        page = found[query.page * size : (query.page + 1) * size]
        return answer(
            {
                "page": query.page,
                "pages": -(-len(found) // size),
                "per_page": size,
                "total": len(found),
                "items": [self._item(one) for one in page],
            }
        )

    async def one(self, request: web.Request) -> web.Response:
        found = self._saved.of(request.match_info["workflow_id"])
        if found is None:
            raise Refused(404, "Workflow not found")
        return answer(self._record(found) | {"thumbnail_url": None} | self._calls())

    async def create(self, request: web.Request) -> web.Response:
        new_id = self._saved.save((await read_body(WorkflowBody, request)).workflow)
        found = self._saved.of(new_id)
        return answer(None if found is None else self._record(found))

    def _head(self, one: SavedWorkflow) -> Json:
        owner = {"user_id": "system", "is_public": False} if self._version.has_workflow_calls else {}
        return {
            "workflow_id": one.workflow_id,
            "name": one.workflow["name"],
            "created_at": one.created_at,
            "updated_at": one.created_at,
            "opened_at": one.opened_at or None,
            **owner,
        }

    def _record(self, one: SavedWorkflow) -> Json:
        return self._head(one) | {"workflow": one.workflow}

    def _item(self, one: SavedWorkflow) -> Json:
        told: Json = {"description": one.workflow.get("description", ""), "category": one.category}
        tags = one.workflow.get("tags", "")
        return self._head(one) | told | {"tags": tags, "thumbnail_url": None} | self._calls()

    def _calls(self) -> Json:
        return {"call_saved_workflow_compatibility": None} if self._version.has_workflow_calls else {}


def _order(one: SavedWorkflow, by: str) -> str:
    told: dict[str, str] = {"name": one.workflow["name"], "opened_at": one.opened_at}
    return told.get(by, one.created_at)
