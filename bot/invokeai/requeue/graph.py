"""A session's `graph` to look through: its nodes, and what feeds which field. Foreign JSON; never raises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from bot.invokeai.session_results import safe_image_name

METADATA = "core_metadata"


class Spot(NamedTuple):
    """A field of a node."""

    node_id: str
    field: str


@dataclass(frozen=True, slots=True)
class Graph:
    """`nodes` by id, in the graph's order; `wires` as (from, to)."""

    nodes: Mapping[str, Mapping[str, Any]]
    wires: tuple[tuple[Spot, Spot], ...]

    @classmethod
    def read(cls, graph: object) -> "Graph":
        """What is no node and no edge is left out."""
        nodes = {name: _mapping(node) for name, node in _mapping(_mapping(graph).get("nodes")).items()}
        edges = _mapping(graph).get("edges")
        wires: list[tuple[Spot, Spot]] = []
        for edge in cast("list[Any]", edges) if isinstance(edges, list) else []:
            source, target = _spot(_mapping(edge).get("source")), _spot(_mapping(edge).get("destination"))
            if source and target and source.node_id in nodes and target.node_id in nodes:
                wires.append((source, target))
        return cls(nodes, tuple(wires))

    def type_of(self, node_id: str) -> str:
        kind = self.nodes[node_id].get("type")
        return kind if isinstance(kind, str) else ""

    def literal(self, spot: Spot) -> object:
        """The value that stands in the node itself; None if there is none or a wire brings it."""
        return None if any(self.feeding(spot)) else self.nodes[spot.node_id].get(spot.field)

    def feeding(self, spot: Spot) -> Iterator[Spot]:
        """The outputs that are wired to this field."""
        return (source for source, target in self.wires if target == spot)

    def above(self, node_id: str) -> Iterator[Spot]:
        """The outputs that are wired to any field of this node."""
        return (source for source, target in self.wires if target.node_id == node_id)

    def below(self, node_id: str) -> Iterator[Spot]:
        """The fields that this node is wired to."""
        return (target for source, target in self.wires if source.node_id == node_id)

    def of_type(self, kind: str) -> Iterator[str]:
        return (node_id for node_id in self.nodes if self.type_of(node_id) == kind)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _spot(end: object) -> Spot | None:
    node_id, field = _mapping(end).get("node_id"), _mapping(end).get("field")
    return Spot(node_id, field) if isinstance(node_id, str) and isinstance(field, str) else None


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
