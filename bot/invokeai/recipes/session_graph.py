"""A session's graph to read back from its outputs, with what its nodes gave out when it ran."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

MAX_RESULTS = 200
"""So many runs of one node (an iteration makes many) are looked at."""


class Spot(NamedTuple):
    """A field of a node: an input, or an output."""

    node_id: str
    field: str


@dataclass(frozen=True, slots=True)
class SessionGraph:
    """`nodes` by id, as they were queued. `feeds`: the outputs that are wired to an input.

    `inputs`: the wired inputs of a node. `results`: what a node gave out, once for each time that it ran.
    """

    nodes: Mapping[str, Mapping[str, Any]]
    feeds: Mapping[Spot, tuple[Spot, ...]]
    inputs: Mapping[str, tuple[str, ...]]
    results: Mapping[str, tuple[Mapping[str, Any], ...]]

    @classmethod
    def read(cls, session: object) -> "SessionGraph":
        """What is no node, no edge or no result is left out."""
        graph = mapping(mapping(session).get("graph"))
        nodes = {name: mapping(node) for name, node in mapping(graph.get("nodes")).items()}
        feeds: defaultdict[Spot, dict[Spot, None]] = defaultdict(dict)
        for source, target in _edges(graph.get("edges")):
            if source.node_id in nodes and target.node_id in nodes:
                feeds[target][source] = None
        inputs: defaultdict[str, list[str]] = defaultdict(list)
        for target in feeds:
            inputs[target.node_id].append(target.field)
        return cls(
            nodes,
            {target: tuple(sources) for target, sources in feeds.items()},
            {name: tuple(fields) for name, fields in inputs.items()},
            _results(session, nodes),
        )

    def type_of(self, node_id: str) -> str:
        kind = self.nodes[node_id].get("type")
        return kind if isinstance(kind, str) else ""

    def fed(self, node_id: str, field: str) -> tuple[Spot, ...]:
        return self.feeds.get(Spot(node_id, field), ())

    def has(self, node_id: str, field: str) -> bool:
        """Whether the node has a value of its own there, or one is wired to it."""
        return self.nodes[node_id].get(field) is not None or Spot(node_id, field) in self.feeds

    def above(self, node_id: str) -> Iterator[str]:
        """The nodes that are wired to it."""
        for field in self.inputs.get(node_id, ()):
            for source in self.feeds[Spot(node_id, field)]:
                yield source.node_id

    def of_type(self, kind: str) -> Iterator[str]:
        return (name for name in self.nodes if self.type_of(name) == kind)

    def last(self) -> list[str]:
        """The nodes that nothing is wired to."""
        used = {source.node_id for sources in self.feeds.values() for source in sources}
        return [name for name in self.nodes if name not in used]


def mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def each_of(value: object) -> list[Any]:
    """The items of a list; what is no list, is one item."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def source_ids(session: object) -> Mapping[str, Any]:
    """Of each node that was prepared to run, the node of the graph that it is a copy of."""
    return mapping(mapping(session).get("prepared_source_mapping"))


def _edges(edges: object) -> Iterator[tuple[Spot, Spot]]:
    for edge in map(mapping, items(edges)):
        source, target = _spot(edge.get("source")), _spot(edge.get("destination"))
        if source and target:
            yield source, target


def _spot(end: object) -> Spot | None:
    node_id, field = mapping(end).get("node_id"), mapping(end).get("field")
    return Spot(node_id, field) if isinstance(node_id, str) and isinstance(field, str) else None


def _results(
    session: object, nodes: Mapping[str, Mapping[str, Any]]
) -> dict[str, tuple[Mapping[str, Any], ...]]:
    sources = source_ids(session)
    found: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for prepared, result in mapping(mapping(session).get("results")).items():
        source = sources.get(prepared, prepared)
        if isinstance(source, str) and source in nodes and len(found[source]) < MAX_RESULTS:
            found[source].append(mapping(result))
    return {source: tuple(results) for source, results in found.items()}
