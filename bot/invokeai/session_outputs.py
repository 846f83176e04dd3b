"""What a job made, by its session, and for whom: pictures, videos, texts, numbers. Pure, and never raises."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.domain.jobs import Output, OutputKind, Purpose
from bot.invokeai.foreign_json import mapping, sequence
from bot.invokeai.graph import each_of, source_ids
from bot.invokeai.recipes.generators import PASSED_ON, is_staged
from bot.invokeai.recipes.values import real, whole
from bot.invokeai.session_results import safe_image_name

MAX_TEXTS = 20
MAX_TEXT = 20_000
MAX_DEPTH = 8
"""So many dicts and lists inside what a called workflow returns are looked into."""

_UTILITY_ORIGIN = "webv2:util:"
_CANVAS = "canvas"
# Nodes whose text or number was put into the graph, or drawn: it is nobody's result.
_GIVEN = ("string", "integer", "float", "boolean", "rand_int", "rand_float", "string_collection")
_PICTURES = ("image", "normal_map", "roughness_map", "displacement_map")
_RETURNED = "workflow_return_output"


def outputs_of(session: object) -> tuple[Output, ...]:
    """What final nodes made, and what the canvas staged: each file once, in the order in which it was made.

    A node is final that is not intermediate; for texts and numbers, that nothing is wired to. Numbers count
    only where there is nothing else. An output without a name was due and is not there.
    """
    run = _Run(mapping(session))
    found: dict[Output, None] = {}
    for node_id, result in mapping(run.session.get("results")).items():
        found.update(dict.fromkeys(run.made_by(node_id, mapping(result))))
    texts = [each for each in found if each.kind is OutputKind.TEXT][:MAX_TEXTS]
    numbers = [each for each in found if each.kind is OutputKind.NUMBER][:MAX_TEXTS]
    files = [each for each in found if each.kind in (OutputKind.PICTURE, OutputKind.VIDEO)]
    return tuple([*_once(files), *run.deleted(), *texts] or numbers)


def images_of(outputs: Iterable[Output]) -> tuple[str, ...]:
    """The names of the final pictures and videos, each once, in the order in which they were made."""
    names = (each.name for each in outputs if not each.staged)
    return tuple(dict.fromkeys(name for name in names if name))


def purpose_of(session: object, origin: str | None, destination: str | None) -> Purpose:
    """A job with a final node is for people; what can't be told, too.

    The canvas stages what its output node makes. Its page runs filters, transformations and selections as
    graphs of their own: nothing in them is final, and their origin begins with the graph's own id.
    """
    if (origin or "").startswith(_UTILITY_ORIGIN):
        return Purpose.UTILITY
    graph = mapping(mapping(session).get("graph"))
    nodes, graph_id = mapping(graph.get("nodes")), graph.get("id")
    if not nodes or any(mapping(node).get("is_intermediate") is not True for node in nodes.values()):
        return Purpose.FINAL
    if any(is_staged(name) for name in nodes) or (destination or "").partition(":")[0] == _CANVAS:
        return Purpose.STAGING
    own = isinstance(graph_id, str) and bool(graph_id) and (origin or "").startswith(f"{graph_id}:")
    return Purpose.UTILITY if own else Purpose.FINAL


class _Run:
    """A session that may have run: its nodes as they were prepared, and which of them are final."""

    def __init__(self, session: Mapping[str, Any]) -> None:
        self.session = session
        self.nodes = {name: mapping(node) for name, node in _nodes(session, "execution_graph").items()}
        self._sources = source_ids(session)
        edges = map(mapping, sequence(mapping(session.get("graph")).get("edges")))
        used = (mapping(edge.get("source")).get("node_id") for edge in edges)
        self._used = {node_id for node_id in used if isinstance(node_id, str)}

    def made_by(self, node_id: str, result: Mapping[str, Any]) -> Iterator[Output]:
        node = self.nodes.get(node_id)
        if not node or node.get("type") in PASSED_ON:
            return
        source = str(self._sources.get(node_id, node_id))
        intermediate = node.get("is_intermediate") is True
        staged = intermediate and is_staged(source)
        if not intermediate or staged:
            yield from _files(result, staged=staged)
        if source not in self._used and node.get("type") not in _GIVEN:
            yield from _words(result)

    def deleted(self) -> list[Output]:
        """Final nodes that ran and whose result is gone: InvokeAI 7 leaves out what was deleted since.

        Where the graph has an `if`, a node without a result may have been skipped.
        """
        if any(node.get("type") == "if" for node in self.nodes.values()):
            return []
        results, ran = mapping(self.session.get("results")), sequence(self.session.get("executed"))
        gone = [name for name in ran if isinstance(name, str) and name in self.nodes and name not in results]
        final = (self.nodes[name] for name in dict.fromkeys(gone))
        return [
            Output(_kind_by(node), deleted=True)
            for node in final
            if node.get("is_intermediate") is not True and node.get("type") not in PASSED_ON
        ]


def _nodes(session: Mapping[str, Any], graph: str) -> Mapping[str, Any]:
    return mapping(mapping(session.get(graph)).get("nodes"))


def _kind_by(node: Mapping[str, Any]) -> OutputKind:
    kind = node.get("type")
    video = isinstance(kind, str) and ("video" in kind or kind.endswith("l2v"))
    return OutputKind.VIDEO if video else OutputKind.PICTURE


def _once(files: list[Output]) -> list[Output]:
    """Each name once; one that is missing counts only where there is nothing else."""
    named: dict[str, Output] = {}
    for each in files:
        if each.name:
            named.setdefault(each.name, each)
    return list(named.values()) or files[:1]


def _files(result: Mapping[str, Any], *, staged: bool) -> Iterator[Output]:
    size = _size(result)
    if result.get("type") == _RETURNED:
        for leaf in _leaves(result.get("values"), MAX_DEPTH):
            yield from _file(leaf, None, staged=staged)
        return
    if "video" in result:
        yield from _file(result["video"], size, staged=staged, kind=OutputKind.VIDEO)
        return
    for field in _PICTURES:
        if field in result:
            yield from _file(result[field], size if field == "image" else None, staged=staged)
    if result.get("type") == "image_collection_output":
        for each in sequence(result.get("collection")) or [None]:
            yield from _file(each, None, staged=staged)


def _file(
    value: object, size: tuple[int, int] | None, *, staged: bool, kind: OutputKind = OutputKind.PICTURE
) -> Iterator[Output]:
    """One that has no name that could stand in a URL was due all the same."""
    if isinstance(value, str | int | float):
        yield from _words({"value": value})
        return
    field = mapping(value)
    kind = OutputKind.VIDEO if "video_name" in field else kind
    name = field.get("video_name" if kind is OutputKind.VIDEO else "image_name")
    known = isinstance(name, str) and safe_image_name(name)
    yield Output(kind, name if known else None, size=size if known else None, staged=staged)


def _words(result: Mapping[str, Any]) -> Iterator[Output]:
    values = result.get("value", result.get("collection"))
    for value in each_of(values)[:MAX_TEXTS]:
        if isinstance(value, str) and value.strip():
            yield Output(OutputKind.TEXT, text=value[:MAX_TEXT])
        elif whole(value) is not None:
            yield Output(OutputKind.NUMBER, text=str(value))
        elif real(value) is not None:
            yield Output(OutputKind.NUMBER, text=f"{value:g}")


def _leaves(value: object, depth: int) -> Iterator[object]:
    """The files and the words inside dicts and lists."""
    held = mapping(value)
    if "image_name" in held or "video_name" in held or isinstance(value, str | int | float):
        yield value
    elif depth:
        for inner in held.values() or sequence(value):
            yield from _leaves(inner, depth - 1)


def _size(result: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = whole(result.get("width")), whole(result.get("height"))
    return (width, height) if width and height and width > 0 and height > 0 else None
