"""New batches from the graph of an old job. Above this file nobody sees a graph."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.errors import InvokeAIRefused
from bot.images.picture import is_video
from bot.invokeai.connection import Connection
from bot.invokeai.foreign_json import mapping
from bot.invokeai.gallery import image_exists
from bot.invokeai.graph import Graph
from bot.invokeai.models import Item
from bot.invokeai.requeue.batch import BatchBody, CannotReseed, batch_from, unchanged
from bot.invokeai.requeue.inputs import images_into, videos_into
from bot.invokeai.requeue.prompts import prompt_spot
from bot.invokeai.requeue.smaller import SmallerBody, smaller_batch

_MAX_INPUTS = 20
"""So many input images are looked for before a job is queued again."""


@dataclass(frozen=True, slots=True)
class SessionSource:
    """What a job was made from: to be queued again, not to be read."""

    _graph: Mapping[str, Any] = field(repr=False)
    _workflow: Mapping[str, Any] | None = field(repr=False)

    @property
    def prompt(self) -> str | None:
        """The positive prompt, if exactly one place holds it."""
        graph = Graph.read(self._graph)
        spot = prompt_spot(graph)
        text = graph.literal(spot) if spot else None
        return text if isinstance(text, str) else None

    @property
    def images(self) -> tuple[str, ...]:
        """The names of the images and videos that it starts from."""
        graph = Graph.read(self._graph)
        return (*images_into(graph), *videos_into(graph))

    def body(self, seeds: Sequence[int], prompt: str | None, *, chosen: bool) -> BatchBody | CannotReseed:
        return batch_from(self._graph, seeds=seeds, chosen=chosen, prompt=prompt, workflow=self._workflow)

    def smaller(self) -> SmallerBody | str:
        return smaller_batch(self._graph, self._workflow)


class Requeuer:
    """Makes batches, and queues none. `item` reads a queue item whole, or raises JobUnknown."""

    def __init__(self, connection: Connection, item: Callable[[int], Awaitable[Item]]) -> None:
        self._connection = connection
        self._item = item

    async def graph_of(self, number: int) -> SessionSource:
        """Of a job in any state. JobUnknown if there is none of that number."""
        item = await self._item(number)
        graph = mapping(mapping(item.session).get("graph"))
        workflow = mapping(item.workflow)
        return SessionSource(graph, workflow or None)

    async def again(
        self, number: int, seeds: Sequence[int], prompt: str | None = None, *, chosen: bool = False
    ) -> BatchBody:
        """One job for each seed; a `prompt` replaces the old one. InvokeAIRefused if that can't be done.

        `chosen`: a person named the seed.
        """
        source = await self.graph_of(number)
        body = source.body(seeds, prompt, chosen=chosen)
        if isinstance(body, CannotReseed):
            raise InvokeAIRefused(body.sentence)
        await self._require_inputs(number, source)
        return body

    async def same(self, number: int) -> BatchBody:
        """The job as it is, once more: seed, board, workflow, origin and destination included."""
        item = await self._item(number)
        graph = mapping(mapping(item.session).get("graph"))
        if not mapping(graph.get("nodes")):
            raise InvokeAIRefused(f"InvokeAI does not tell how #{number} is made.")
        return unchanged(graph, item.origin, item.destination, mapping(item.workflow) or None)

    async def smaller(self, number: int) -> SmallerBody:
        """One job with fewer pixels, else the same. InvokeAIRefused if that can't be done."""
        source = await self.graph_of(number)
        found = source.smaller()
        if isinstance(found, str):
            raise InvokeAIRefused(found)
        await self._require_inputs(number, source)
        return found

    async def check_inputs(self, number: int) -> None:
        """InvokeAIRefused if an image or video that the job starts from is gone."""
        await self._require_inputs(number, await self.graph_of(number))

    async def _require_inputs(self, number: int, source: SessionSource) -> None:
        for name in source.images[:_MAX_INPUTS]:
            if not await image_exists(self._connection, name):
                what = "a video" if is_video(name) else "an image"
                raise InvokeAIRefused(
                    f"#{number} starts from {what} that is gone from InvokeAI. It would only fail again."
                )
