"""The images that a graph starts from. Pure, and never raises."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from bot.invokeai.requeue.graph import Graph, Spot
from bot.invokeai.requeue.seeds import METADATA
from bot.invokeai.session_results import safe_image_name

_NAME = "image_name"


def images_into(graph: Graph) -> tuple[str, ...]:
    """The names of the images that stand in its nodes, each once; what metadata only mentions is left out."""
    found: dict[str, None] = {}
    for node_id, node in graph.nodes.items():
        if graph.type_of(node_id) == METADATA:
            continue
        for field in node:
            found.update(dict.fromkeys(_names(graph.literal(Spot(node_id, field)))))
    return tuple(found)


def _names(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, Mapping):
            named = cast("Mapping[str, Any]", each)
            name = named.get(_NAME)
            if isinstance(name, str) and safe_image_name(name):
                yield name
            waiting.extend(named.values())
        elif isinstance(each, list):
            waiting.extend(cast("list[Any]", each))
