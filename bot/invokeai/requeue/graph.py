"""A session's `graph` to look through: its nodes, and what feeds which field. Foreign JSON; never raises."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

from bot.invokeai.session_results import safe_image_name

K = TypeVar("K")

METADATA = "core_metadata"


class Spot(NamedTuple):
    """A field of a node."""

    node_id: str
    field: str


@dataclass(frozen=True)
class Graph:
    """`nodes` by id, in the graph's order; `wires` as (from, to). A question costs as much as its answer."""

    nodes: Mapping[str, Mapping[str, Any]] = field(repr=False)
    wires: tuple[tuple[Spot, Spot], ...] = field(repr=False)

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
        return iter(self._feeding.get(spot, ()))

    def above(self, node_id: str) -> Iterator[Spot]:
        """The outputs that are wired to any field of this node."""
        return iter(self._above.get(node_id, ()))

    def below(self, node_id: str) -> Iterator[Spot]:
        """The fields that this node is wired to."""
        return iter(self._below.get(node_id, ()))

    def of_type(self, kind: str) -> Iterator[str]:
        return (node_id for node_id in self.nodes if self.type_of(node_id) == kind)

    @cached_property
    def _feeding(self) -> Mapping[Spot, list[Spot]]:
        return _grouped((target, source) for source, target in self.wires)

    @cached_property
    def _above(self) -> Mapping[str, list[Spot]]:
        return _grouped((target.node_id, source) for source, target in self.wires)

    @cached_property
    def _below(self) -> Mapping[str, list[Spot]]:
        return _grouped((source.node_id, target) for source, target in self.wires)


def _grouped(pairs: Iterable[tuple[K, Spot]]) -> dict[K, list[Spot]]:
    found: dict[K, list[Spot]] = {}
    for key, spot in pairs:
        found.setdefault(key, []).append(spot)
    return found


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
        for name in node:
            found.update(dict.fromkeys(_names(graph.literal(Spot(node_id, name)))))
    return tuple(found)


def _names(value: object) -> Iterator[str]:
    return (mention[_NAME] for mention in mentions(value))


def mentions(value: object) -> Iterator[dict[str, Any]]:
    """The parts of a value that name an image, in the order of their depth; to be changed in place."""
    waiting = deque([value])
    while waiting:
        each = waiting.popleft()
        if isinstance(each, dict):
            named = cast("dict[str, Any]", each)
            name = named.get(_NAME)
            if isinstance(name, str) and safe_image_name(name):
                yield named
            waiting.extend(named.values())
        elif isinstance(each, list):
            waiting.extend(cast("list[Any]", each))
