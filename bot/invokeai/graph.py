"""A graph as InvokeAI queues it: its nodes, what feeds which field, and what came out when it ran.

Foreign JSON; never raises.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

from bot.invokeai.foreign_json import mapping, sequence

K = TypeVar("K")

METADATA = "core_metadata"
MAX_RESULTS = 200
"""So many runs of one node (an iteration makes many) are looked at."""

Results = Mapping[str, tuple[Mapping[str, Any], ...]]


class Spot(NamedTuple):
    """A field of a node: an input, or an output."""

    node_id: str
    field: str


@dataclass(frozen=True)
class Graph:
    """`nodes` by id, as they were queued; `wires` as (from, to), each once. A question costs as much as its
    answer.

    `results`: what a node gave out, once for each time that it ran.
    """

    nodes: Mapping[str, Mapping[str, Any]] = field(repr=False)
    wires: tuple[tuple[Spot, Spot], ...] = field(repr=False)
    results: Results = field(default_factory=dict[str, tuple[Mapping[str, Any], ...]], repr=False)

    @classmethod
    def read(cls, graph: object) -> "Graph":
        """What is no node and no edge is left out."""
        nodes = {name: mapping(node) for name, node in mapping(mapping(graph).get("nodes")).items()}
        wires: dict[tuple[Spot, Spot], None] = {}
        for edge in map(mapping, sequence(mapping(graph).get("edges"))):
            source, target = _spot(edge.get("source")), _spot(edge.get("destination"))
            if source and target and source.node_id in nodes and target.node_id in nodes:
                wires[source, target] = None
        return cls(nodes, tuple(wires))

    @classmethod
    def of_session(cls, session: object) -> "Graph":
        """A session's `graph`, with the results of its run."""
        queued = cls.read(mapping(session).get("graph"))
        return cls(queued.nodes, queued.wires, _results(session, queued.nodes))

    def type_of(self, node_id: str) -> str:
        kind = self.nodes[node_id].get("type")
        return kind if isinstance(kind, str) else ""

    def literal(self, spot: Spot) -> object:
        """The value that stands in the node itself; None if there is none or a wire brings it."""
        return None if self.feeding(spot) else self.nodes[spot.node_id].get(spot.field)

    def has(self, node_id: str, name: str) -> bool:
        """Whether the node has a value of its own in that field, or one is wired to it."""
        return self.nodes[node_id].get(name) is not None or bool(self.feeding(Spot(node_id, name)))

    def feeding(self, spot: Spot) -> tuple[Spot, ...]:
        """The outputs that are wired to this field."""
        return tuple(self._feeding.get(spot, ()))

    def above(self, node_id: str) -> Iterator[Spot]:
        """The outputs that are wired to any field of this node."""
        return iter(self._above.get(node_id, ()))

    def below(self, node_id: str) -> Iterator[Spot]:
        """The fields that this node is wired to."""
        return iter(self._below.get(node_id, ()))

    def of_type(self, kind: str) -> Iterator[str]:
        return (node_id for node_id in self.nodes if self.type_of(node_id) == kind)

    def last(self) -> list[str]:
        """The nodes that nothing is wired to."""
        return [name for name in self.nodes if name not in self._below]

    @cached_property
    def _feeding(self) -> Mapping[Spot, list[Spot]]:
        return _grouped((target, source) for source, target in self.wires)

    @cached_property
    def _above(self) -> Mapping[str, list[Spot]]:
        return _grouped((target.node_id, source) for source, target in self.wires)

    @cached_property
    def _below(self) -> Mapping[str, list[Spot]]:
        return _grouped((source.node_id, target) for source, target in self.wires)


def each_of(value: object) -> list[Any]:
    """The items of a list; what is no list, is one item."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def source_ids(session: object) -> Mapping[str, Any]:
    """Of each node that was prepared to run, the node of the graph that it is a copy of."""
    return mapping(mapping(session).get("prepared_source_mapping"))


def _grouped(pairs: Iterable[tuple[K, Spot]]) -> dict[K, list[Spot]]:
    found: dict[K, list[Spot]] = {}
    for key, spot in pairs:
        found.setdefault(key, []).append(spot)
    return found


def _spot(end: object) -> Spot | None:
    node_id, name = mapping(end).get("node_id"), mapping(end).get("field")
    return Spot(node_id, name) if isinstance(node_id, str) and isinstance(name, str) else None


def _results(session: object, nodes: Mapping[str, Mapping[str, Any]]) -> Results:
    sources = source_ids(session)
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for prepared, result in mapping(mapping(session).get("results")).items():
        source = sources.get(prepared, prepared)
        if isinstance(source, str) and source in nodes and len(found[source]) < MAX_RESULTS:
            found[source].append(mapping(result))
    return {source: tuple(results) for source, results in found.items()}
