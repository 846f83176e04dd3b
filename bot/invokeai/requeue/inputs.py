"""The images and videos that a graph starts from. Pure, and never raises."""

from collections import deque
from collections.abc import Iterator
from typing import Any, cast

from bot.invokeai.graph import METADATA, Graph, Spot
from bot.invokeai.session_results import safe_image_name

_NAME = "image_name"


def images_into(graph: Graph) -> tuple[str, ...]:
    """The names of the images that stand in its nodes, each once; what metadata only mentions is left out."""
    return _named(graph, _NAME)


def videos_into(graph: Graph) -> tuple[str, ...]:
    """As `images_into`, of videos."""
    return _named(graph, "video_name")


def mentions(value: object, key: str = _NAME) -> Iterator[dict[str, Any]]:
    """The parts of a value that name an image, in the order of their depth; to be changed in place.

    `key`: what the name stands under.
    """
    waiting = deque([value])
    while waiting:
        each = waiting.popleft()
        if isinstance(each, dict):
            named = cast("dict[str, Any]", each)
            name = named.get(key)
            if isinstance(name, str) and safe_image_name(name):
                yield named
            waiting.extend(named.values())
        elif isinstance(each, list):
            waiting.extend(cast("list[Any]", each))


def _named(graph: Graph, key: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for node_id, node in graph.nodes.items():
        if graph.type_of(node_id) == METADATA:
            continue
        for name in node:
            value = graph.literal(Spot(node_id, name))
            found.update(dict.fromkeys(each[key] for each in mentions(value, key)))
    return tuple(found)
