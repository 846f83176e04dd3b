"""A workflow as InvokeAI's editor saves it: its nodes, and what is wired to what. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.errors import RequestRefused
from bot.invokeai.foreign_json import mapping, one_line, sequence, text
from bot.invokeai.graph import Spot

OWN_PACK = "invokeai"
"""What InvokeAI calls the nodes that it brings itself."""
MAX_NODES = 2000
MAX_QUOTED = 80  # characters of a foreign name in a sentence

BATCHES = {
    "image_batch": ("images", "image"),
    "string_batch": ("strings", "value"),
    "integer_batch": ("integers", "value"),
    "float_batch": ("floats", "value"),
}
"""The field that holds the items, and the output that hands them on."""
GENERATORS = frozenset({"image_generator", "string_generator", "integer_generator", "float_generator"})

Wire = tuple[Spot, Spot]


@dataclass(frozen=True, slots=True)
class EditorNode:
    """`inputs` by field: mappings with `label`, `description` and, if it was set, `value`."""

    id: str
    type: str
    label: str
    inputs: Mapping[str, Mapping[str, Any]] = field(repr=False)
    use_cache: bool
    is_intermediate: bool
    pack: str = OWN_PACK
    """Which pack of nodes it comes from."""

    @property
    def title(self) -> str:
        """What a person calls it."""
        return quoted(self.label.strip() or self.type)

    def value(self, name: str) -> Any:
        """None if it was not set: the editor writes null for that too."""
        return self.inputs.get(name, {}).get("value")


@dataclass(frozen=True, slots=True)
class EditorWorkflow:
    """Nodes that run, by id, and the wires (from, to) between them, each once, with no connector between."""

    raw: Mapping[str, Any] = field(repr=False)
    nodes: Mapping[str, EditorNode] = field(repr=False)
    wires: Sequence[Wire] = field(repr=False)

    @classmethod
    def read(cls, raw: object) -> "EditorWorkflow":
        """RequestRefused if there is nothing in it that could run."""
        listed = sequence(mapping(raw).get("nodes"))
        if len(listed) > MAX_NODES:
            raise RequestRefused(f"This workflow has {len(listed)} nodes; the bot runs up to {MAX_NODES}.")
        nodes = {node.id: node for node in _nodes(listed)}
        if not nodes:
            raise RequestRefused("This workflow has no node that could run.")
        connectors = {
            text(mapping(node).get("id")) for node in listed if mapping(node).get("type") == "connector"
        }
        drawn = list(_edges(sequence(mapping(raw).get("edges"))))
        source_of = _Connectors(connectors - set(nodes), drawn)
        wires: dict[Wire, None] = {}
        for start, target in drawn:
            source = source_of(start)
            if source is not None and source.node_id in nodes and target.node_id in nodes:
                wires[source, target] = None
        return cls(mapping(raw), nodes, list(wires))

    @property
    def name(self) -> str:
        return text(self.raw.get("name")).strip()


def quoted(foreign: str) -> str:
    """A foreign name for a sentence: one line, not too long, in quotation marks."""
    line = one_line(foreign)
    return f"“{line if len(line) <= MAX_QUOTED else line[: MAX_QUOTED - 1] + '…'}”"


def _nodes(listed: Sequence[Any]) -> Iterator[EditorNode]:
    for node in map(mapping, listed):
        data = mapping(node.get("data"))
        node_id, kind = node.get("id"), data.get("type")
        if node.get("type") != "invocation" or not isinstance(node_id, str) or not isinstance(kind, str):
            continue
        inputs = mapping(data.get("inputs"))
        yield EditorNode(
            id=node_id,
            type=kind,
            label=text(data.get("label")),
            inputs={name: mapping(value) for name, value in inputs.items()},
            use_cache=data.get("useCache") is True,
            is_intermediate=data.get("isIntermediate") is True,
            pack=text(data.get("nodePack")) or OWN_PACK,
        )


def _edges(listed: Sequence[Any]) -> Iterator[Wire]:
    """Those that carry a value; the others only show where collapsed nodes hang together."""
    for edge in map(mapping, listed):
        ends = [edge.get(name) for name in ("source", "sourceHandle", "target", "targetHandle")]
        if edge.get("type") == "default" and all(isinstance(end, str) for end in ends):
            source, output, target, name = map(text, ends)
            yield Spot(source, output), Spot(target, name)


class _Connectors:
    """Connectors hand on what is wired to their one input, `in`."""

    def __init__(self, connectors: set[str], drawn: Sequence[Wire]) -> None:
        self._into: dict[str, Spot] = {}
        self._known: dict[str, Spot | None] = {}
        self._connectors = connectors
        for source, target in drawn:
            if target.node_id in connectors and target.field == "in":
                self._into.setdefault(target.node_id, source)

    def __call__(self, spot: Spot) -> Spot | None:
        """Where the value comes from; None if connectors only lead to each other, or to nothing."""
        passed: list[str] = []
        found: Spot | None = spot
        while found is not None and found.node_id in self._connectors:
            name = found.node_id
            if name in self._known:
                found = self._known[name]
                break
            self._known[name] = None  # what comes back to it is a circle
            passed.append(name)
            found = self._into.get(name)
        self._known.update(dict.fromkeys(passed, found))
        return found
