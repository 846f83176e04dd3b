"""New pictures from a style: what its graph holds, and the batch that it becomes. Graphs leave as text.
Beside them stand the saved workflows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from json import JSONDecodeError, dumps, loads
from random import SystemRandom
from typing import Any

from bot.domain.styles import StyleChanges, StyleCheck
from bot.domain.workflows import InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.connection import Connection
from bot.invokeai.foreign_json import mapping
from bot.invokeai.gallery import InvokeAIGallery, image_exists, kind_of
from bot.invokeai.ingredients import installed_models, upload_image
from bot.invokeai.model_references import models_in
from bot.invokeai.models import Item
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.styles.apply import style_batch
from bot.invokeai.styles.check import check
from bot.invokeai.workflows.runs import WorkflowRuns

MAX_INPUTS = 20
"""So many input images are looked for before a job is queued."""


class Creation:
    """`item` reads a queue item whole, or raises JobUnknown. Errors are InvokeAIError and RequestRefused."""

    def __init__(self, connection: Connection, item: Callable[[int], Awaitable[Item]]) -> None:
        self._connection = connection
        self._item = item
        self.workflows = WorkflowRuns(connection, InvokeAIGallery(connection).boards, SystemRandom())

    async def graph_of(self, number: int) -> str:
        """Of a job in any state. RequestRefused where its account may not look into it."""
        graph = mapping(mapping((await self._item(number)).session).get("graph"))
        if not mapping(graph.get("nodes")):
            raise RequestRefused(f"InvokeAI does not tell how #{number} is made.")
        return dumps(graph)

    @staticmethod
    def check(graph: str) -> StyleCheck:
        """What can be changed in it, and what it needs."""
        return check(_read(graph))

    async def missing(self, graph: str, *, but: str | None = None) -> str | None:
        """What the graph needs and this InvokeAI has no more, in words; None: all is there.

        `but`: the image that is replaced anyway.
        """
        found = _read(graph)
        try:
            style_batch(found, StyleChanges(), [0], await self._models(found))
        except RequestRefused as error:
            return str(error)
        lost = await self._lost_image(found, but)
        return _without(lost) if lost is not None else None

    async def batch(self, graph: str, changes: StyleChanges, seeds: Sequence[int]) -> BatchBody:
        """One job for each seed, with today's models. RequestRefused says what can't be done."""
        found = _read(graph)
        body = style_batch(found, changes, seeds, await self._models(found))
        lost = await self._lost_image(found, check(found).image if changes.image is not None else None)
        if lost is not None:
            raise RequestRefused(_without(lost))
        return body

    async def _lost_image(self, graph: Mapping[str, Any], replaced: str | None) -> str | None:
        for name in check(graph).images[:MAX_INPUTS]:
            if name != replaced and not await image_exists(self._connection, name):
                return name
        return None

    async def _models(self, graph: Mapping[str, Any]) -> Sequence[InstalledModel]:
        """None where the graph needs none."""
        return await installed_models(self._connection) if models_in(graph) else ()

    async def upload(self, data: bytes, content_type: str) -> str:
        """The name of an image that jobs may start from. InvokeAIRefused if InvokeAI can't read it."""
        return await upload_image(self._connection, data, content_type)


def _without(name: str) -> str:
    return f"This style starts from the {kind_of(name)} {name}, which InvokeAI no longer has."


def _read(graph: str) -> Mapping[str, Any]:
    try:
        return mapping(loads(graph))
    except JSONDecodeError as error:
        raise RequestRefused("This style can't be read any more. Save it again.") from error
