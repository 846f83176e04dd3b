"""InvokeAI's saved and shipped workflows, and what must be asked to run one."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from bot.domain.workflows import WorkflowSummary
from bot.errors import InvokeAIRefused, RequestRefused
from bot.invokeai.connection import Connection, Known
from bot.invokeai.http import Request
from bot.invokeai.known_operations import released
from bot.invokeai.workflows.batches import Generated
from bot.invokeai.workflows.editor import EditorNode, EditorWorkflow
from bot.invokeai.workflows.generators import (
    BoardImages,
    DynamicPrompts,
    generators_in,
    items_of,
    limited,
)
from bot.invokeai.workflows.models import ExpandedPrompts, WorkflowPage, WorkflowRecord
from bot.invokeai.workflows.node_types import NodeTypes, released_nodes

PAGE = TypeAdapter(WorkflowPage)
RECORD = TypeAdapter(WorkflowRecord)
PROMPTS = TypeAdapter(ExpandedPrompts)
NAMES = TypeAdapter(list[str])

SHIPPED = "default"
_MADE = ("general",)
_ASSETS = ("control", "mask", "user", "other")


class WorkflowLibrary:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._types: tuple[Known, NodeTypes | None] | None = None

    async def find(
        self, query: str = "", *, shipped: bool | None = None, limit: int = 25
    ) -> list[WorkflowSummary]:
        """The last opened first. `query` stands in the name or the description; `shipped` None finds both
        kinds.
        """
        order = {"order_by": "opened_at", "direction": "DESC"}
        asked: dict[str, str | int] = {"page": 0, "per_page": limit, **order}
        if query:
            asked["query"] = query
        if shipped is not None:
            asked["categories"] = SHIPPED if shipped else "user"
        told = await self._connection.ask("list_workflows", PAGE, Request(query=asked))
        return [
            WorkflowSummary(
                one.workflow_id, one.name, one.description, one.category == SHIPPED, bool(one.opened_at)
            )
            for one in told.items
        ]

    async def get(self, workflow_id: str) -> EditorWorkflow:
        """InvokeAIRefused if it is gone; RequestRefused if nothing in it could run."""
        gone = InvokeAIRefused("That workflow is gone from InvokeAI.")
        request = Request({"workflow_id": workflow_id}, missing=gone)
        return EditorWorkflow.read((await self._connection.ask("get_workflow", RECORD, request)).workflow)

    async def node_types(self) -> NodeTypes | None:
        """What the server's nodes take; read once for each connect.

        A released version is not asked, which would stop it for seconds: the package tells it, or nobody
        (None).
        """
        known = await self._connection.ready()
        if self._types is None or self._types[0] is not known:
            self._types = (known, await self._read_types(known.info.version))
        return self._types[1]

    async def _read_types(self, version: str) -> NodeTypes | None:
        if released(version) is None:
            return NodeTypes(await self._connection.document())
        return await asyncio.to_thread(released_nodes, version)

    async def generated(self, workflow: EditorWorkflow, rng: random.Random) -> Generated:
        """The items of the workflow's generator nodes. RequestRefused names the one that can't be had."""
        return {node.id: await self._items(node, rng) for node in generators_in(workflow)}

    async def _items(self, node: EditorNode, rng: random.Random) -> Sequence[Any]:
        items = items_of(node, rng)
        if isinstance(items, DynamicPrompts):
            return await self._prompts(node, items)
        if isinstance(items, BoardImages):
            return await self._images(node, items)
        return items

    async def _prompts(self, node: EditorNode, asked: DynamicPrompts) -> Sequence[str]:
        body: dict[str, Any] = {"prompt": asked.template, "max_prompts": asked.most}
        body |= {"combinatorial": asked.combinatorial, "seed": asked.seed}
        request = Request(body=body, repeatable=True)
        told = await self._connection.ask("parse_dynamicprompts", PROMPTS, request)
        if told.error:
            raise RequestRefused(f"InvokeAI can't read the dynamic prompt of the node {node.title}.")
        return limited(node, told.prompts)

    async def _images(self, node: EditorNode, asked: BoardImages) -> Sequence[dict[str, str]]:
        request = Request(
            {"board_id": asked.board_id},
            query={"categories": _ASSETS if asked.assets else _MADE, "is_intermediate": "false"},
            missing=InvokeAIRefused(f"The board of the node {node.title} is gone from InvokeAI."),
        )
        names = await self._connection.ask("list_all_board_image_names", NAMES, request)
        return limited(node, [{"image_name": name} for name in names])
