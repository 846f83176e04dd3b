"""Where the prompts of a graph stand, if that can be told. Pure, and never raises."""

from collections.abc import Collection, Iterator

from bot.invokeai.graph import METADATA, Graph, Spot

_POSITIVE = "positive_prompt"
_NEGATIVE = "negative_prompt"
_CONDITIONING = ("positive_conditioning", "positive_text_conditioning")
_NEGATIVE_CONDITIONING = ("negative_conditioning", "negative_text_conditioning")
_STRING = "string"


def prompt_spot(graph: Graph) -> Spot | None:
    """The one field that holds the positive prompt; None if there is none, or more than one could be it.

    The metadata names it first; without metadata it is what the conditioning of the image is made from.
    """
    named = [name for name in graph.of_type(METADATA) if _told_by(graph, name, _POSITIVE)]
    if named:
        found = {spot for name in named for spot in _named(graph, name, _POSITIVE)}
    else:
        found = set(_conditioning(graph, _CONDITIONING)) or set(_any_prompt(graph))
    return _only_text(graph, found)


def negative_spot(graph: Graph) -> Spot | None:
    """The one field that holds the negative prompt; None if the image is made from none, or from several.

    What it is made from comes first: metadata tells a negative prompt also where it has no effect.
    """
    found = set(_conditioning(graph, _NEGATIVE_CONDITIONING))
    if len(found) > 1:
        names = [name for name in graph.of_type(METADATA) if _told_by(graph, name, _NEGATIVE)]
        found &= {spot for name in names for spot in _named(graph, name, _NEGATIVE)}
    if not found:
        own = [Spot(name, _NEGATIVE) for name in graph.nodes if graph.type_of(name) != METADATA]
        found = {spot for spot in own if isinstance(graph.literal(spot), str)}
    return _only_text(graph, found)


def following_negative(graph: Graph, spot: Spot) -> tuple[Spot, ...]:
    """The fields that repeat the negative prompt of `spot`."""
    text = graph.literal(spot)
    told = [Spot(name, _NEGATIVE) for name in graph.of_type(METADATA)]
    same = [Spot(name, "negative_style_prompt") for name in graph.of_type(METADATA)]
    same.append(Spot(spot.node_id, "style"))
    return (
        *(each for each in told if isinstance(graph.literal(each), str)),
        *(each for each in same if text and graph.literal(each) == text),
    )


def following(graph: Graph, spot: Spot) -> tuple[Spot, ...]:
    """The fields that repeat the prompt of `spot`: the metadata's, and the style of the same node."""
    text = graph.literal(spot)
    fields = (_POSITIVE, "positive_style_prompt")
    same = [Spot(name, field) for name in graph.of_type(METADATA) for field in fields]
    same.append(Spot(spot.node_id, "style"))
    return tuple(each for each in same if text and graph.literal(each) == text)


def _only_text(graph: Graph, found: set[Spot]) -> Spot | None:
    told = len(found) == 1 and all(isinstance(graph.literal(spot), str) for spot in found)
    return found.pop() if told else None


def _told_by(graph: Graph, name: str, field: str) -> bool:
    spot = Spot(name, field)
    return isinstance(graph.literal(spot), str) or any(graph.feeding(spot))


def _named(graph: Graph, name: str, field: str) -> Iterator[Spot]:
    """The places whose text the metadata has in this field, and that something else reads too."""
    spot = Spot(name, field)
    text = graph.literal(spot)
    if not isinstance(text, str):
        yield from [each for each in _texts(graph, spot) if _read_elsewhere(graph, each.node_id)] or [spot]
        return
    strings = [Spot(each, "value") for each in graph.of_type(_STRING) if _read_elsewhere(graph, each)]
    own = [Spot(each, "prompt") for each in graph.nodes if graph.type_of(each) != METADATA]
    yield from (each for each in (*strings, *own) if graph.literal(each) == text)


def _texts(graph: Graph, spot: Spot) -> Iterator[Spot]:
    """The string nodes that are wired to this field, at once or through further string nodes."""
    seen: set[Spot] = set()
    waiting = [spot]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if isinstance(graph.literal(each), str) and each != spot:
            yield each
        waiting.extend(
            Spot(source.node_id, "value")
            for source in graph.feeding(each)
            if graph.type_of(source.node_id) == _STRING
        )


def _read_elsewhere(graph: Graph, node_id: str) -> bool:
    return any(graph.type_of(target.node_id) != METADATA for target in graph.below(node_id))


def _conditioning(graph: Graph, fields: Collection[str]) -> Iterator[Spot]:
    """The prompts of the nodes that the conditioning in these fields is made from."""
    seen: set[str] = set()
    waiting = [source.node_id for source, target in graph.wires if target.field in fields]
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        writers = _writers(graph, each)
        if writers:
            waiting.extend(writers)
        elif _has_prompt(graph, each):
            yield from _prompts(graph, each)
        else:
            waiting.extend(source.node_id for source in graph.above(each))


def _writers(graph: Graph, name: str) -> list[str]:
    """The nodes that write this node's prompt out of a prompt of their own."""
    return [
        source.node_id for source in graph.feeding(Spot(name, "prompt")) if _has_prompt(graph, source.node_id)
    ]


def _any_prompt(graph: Graph) -> Iterator[Spot]:
    for name in graph.nodes:
        if _has_prompt(graph, name):
            yield from _prompts(graph, name)


def _has_prompt(graph: Graph, name: str) -> bool:
    spot = Spot(name, "prompt")
    return isinstance(graph.literal(spot), str) or any(graph.feeding(spot))


def _prompts(graph: Graph, name: str) -> Iterator[Spot]:
    """The node's own prompt, or the string it is wired to; if that can not be told, the wired field."""
    spot = Spot(name, "prompt")
    yield from list(_texts(graph, spot)) or [spot]
