"""The same job once more with about three quarters of the pixels, where the VRAM was too small. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from bot.invokeai.graph import Graph
from bot.invokeai.requeue.batch import BatchBody, batch_of
from bot.invokeai.requeue.sizes import HEIGHT, WIDTH, Size, SizePlace, literal_size, size_place
from bot.invokeai.requeue.writing import copied, make_final

SHARE = 0.75
"""So much of the area is left."""
MIN_SIDE = 256
"""A shorter side would hardly need less memory, and would make a poor picture."""
MIN_GRID = 8


@dataclass(frozen=True, slots=True)
class SmallerBody:
    body: BatchBody
    before: Size
    now: Size


def smaller_batch(graph: Mapping[str, Any], workflow: Mapping[str, Any] | None = None) -> SmallerBody | str:
    """With the seed and everything else as it was; why it can't be had, in one plain sentence.

    A picture that is brought to another size after it was made is still brought to that one.
    """
    view = Graph.read(graph)
    place = size_place(view)
    if place is None:
        return "It can't be told where the size of this job stands. Make it smaller in InvokeAI."
    now = _scaled(place)
    if now == place.made or min(now) < MIN_SIDE:
        return "This job's picture is small already. Use a smaller model, or free the graphics card."
    written = copied(graph)
    for name in place.nodes:
        if literal_size(view, name) == place.made:
            written["nodes"][name] |= {WIDTH: now.width, HEIGHT: now.height}
    make_final(written, view)
    return SmallerBody(batch_of(written, (), (0,), workflow), place.made, now)


def _scaled(place: SizePlace) -> Size:
    grid = max(place.grid, MIN_GRID)
    width, height = (int(side * sqrt(SHARE)) // grid * grid for side in place.made)
    return Size(width, height)
