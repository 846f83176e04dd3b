"""A style's graph with another prompt, seed, size or image, as a batch of ours. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from bot.domain.styles import StyleChanges
from bot.domain.workflows import InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.foreign_json import mapping, sequence
from bot.invokeai.model_references import relinked
from bot.invokeai.requeue.batch import SEEDS, BatchBody
from bot.invokeai.requeue.graph import METADATA, Graph, Spot, mentions
from bot.invokeai.requeue.prompts import following, following_negative
from bot.invokeai.requeue.seeds import SEED, Seeds, seeds_of, whole
from bot.invokeai.requeue.sizes import HEIGHT, RESIZE, WIDTH, Size, SizePlace, encoders
from bot.invokeai.styles.check import places_in

T = TypeVar("T")

ORIGIN = "invokeai-discord"
DESTINATION = "gallery"
MIN_SIDE, MAX_SIDE = 64, 4096
_OUTPUT = "canvas_output"
_LAYERS = "canvas_v2_metadata"
_IMAGE, _NAME = "image", "image_name"

Graphic = dict[str, Any]


def style_batch(
    graph: Mapping[str, Any],
    changes: StyleChanges,
    seeds: Sequence[int],
    installed: Sequence[InstalledModel],
) -> BatchBody:
    """One job for each seed (at least one, each 0 to 2**32-1, or ValueError), with the models of today.

    Without a place for a seed it runs as often as there are seeds. RequestRefused says what can't be done.
    """
    if not seeds:
        raise ValueError("at least one seed")
    view = Graph.read(graph)
    spots = _seed_spots(view, seeds_of(view))
    written = relinked(apply(graph, changes, seeds[0] if spots else None), installed)
    batch: Graphic = {"graph": written, "runs": 1 if spots else len(seeds)}
    batch |= {"origin": ORIGIN, "destination": DESTINATION}
    if spots:
        items = [_in_range(seed) for seed in seeds]
        batch["data"] = [
            [{"node_path": spot.node_id, "field_name": spot.field, "items": items} for spot in spots]
        ]
    return BatchBody(batch, len(seeds), tuple(seeds) if spots else ())


def apply(graph: Mapping[str, Any], changes: StyleChanges, seed: int | None = None) -> Graphic:
    """The graph with what is asked, set wherever it stands; the one that is given stays as it is.

    Its pictures are final, also if they were to be staged on the canvas. RequestRefused: the style has no
    one place for what is asked.
    """
    view = Graph.read(graph)
    places = places_in(view)
    written = _copy(graph)
    if changes.prompt is not None:
        spot = _told(places.prompt, "prompt")
        _write(written, (spot, *following(view, spot)), changes.prompt)
    if changes.negative is not None:
        spot = _told(places.negative, "negative prompt")
        _write(written, (spot, *following_negative(view, spot)), changes.negative)
    if seed is not None:
        _write_seed(written, view, places.seeds, _in_range(seed))
    made = places.size.made if places.size is not None else None
    if changes.size is not None:
        made = _write_size(written, _told(places.size, "size"), Size(*changes.size))
    if changes.image is not None:
        _replace_image(written, view, _told(places.image, "input image"), changes.image)
    if made is not None and (changes.size is not None or changes.image is not None):
        _fit_inputs(written, view, made)
    _make_final(written, view)
    return written


def _copy(graph: Mapping[str, Any]) -> Graphic:
    nodes, edges = mapping(graph.get("nodes")), sequence(graph.get("edges"))
    kept = {name: dict(mapping(node)) for name, node in nodes.items()}
    return deepcopy({**graph, "nodes": kept, "edges": list(edges)})


def _told(place: T | None, what: str) -> T:
    if place is None:
        raise RequestRefused(f"This style has no {what} that could be changed.")
    return place


def _in_range(seed: int) -> int:
    if not whole(seed) or not 0 <= seed < SEEDS:
        raise ValueError("seeds are whole numbers from 0 to 4294967295")
    return seed


def _write(written: Graphic, spots: Iterable[Spot], value: object) -> None:
    for spot in spots:
        written["nodes"][spot.node_id][spot.field] = value


def _seed_spots(view: Graph, seeds: Seeds) -> list[Spot]:
    """Those of the numbers, of the nodes that would draw one, and what metadata tells of it."""
    found = [*seeds.spots, *(Spot(name, "value") for name in seeds.dice)]
    told = [Spot(name, SEED) for name in view.of_type(METADATA)] if found else []
    return list(dict.fromkeys([*found, *(spot for spot in told if whole(view.literal(spot)))]))


def _write_seed(written: Graphic, view: Graph, seeds: Seeds, seed: int) -> None:
    """A node that draws the seed becomes one that holds it; both hand it on as `value`."""
    spots = _seed_spots(view, seeds)
    if not spots:
        raise RequestRefused("This style has no seed that could be changed.")
    for name in seeds.dice:
        kept = {"id": name, "type": "integer", "use_cache": True, "is_intermediate": True}
        written["nodes"][name] = {**kept, "value": seed}
    _write(written, spots, seed)


def _write_size(written: Graphic, place: SizePlace, size: Size) -> Size:
    fits = all(MIN_SIDE <= side <= MAX_SIDE and side % place.grid == 0 for side in size)
    if not fits:
        steps = f", in steps of {place.grid}" if place.grid > 1 else ""
        raise RequestRefused(f"Width and height go from {MIN_SIDE} to {MAX_SIDE} in this style{steps}.")
    for name in place.nodes:
        written["nodes"][name] |= {WIDTH: size.width, HEIGHT: size.height}
    return size


def _replace_image(written: Graphic, view: Graph, old: str, new: str) -> None:
    for name in view.nodes:
        node = written["nodes"][name]
        if view.type_of(name) == METADATA:
            node.pop(_LAYERS, None)  # tells of layers that the picture is no longer made from
            continue
        for field in view.nodes[name]:
            if view.literal(Spot(name, field)) is not None:
                for mention in mentions(node[field]):
                    if mention[_NAME] == old:
                        mention[_NAME] = new


def _fit_inputs(written: Graphic, view: Graph, size: Size) -> None:
    """An image that goes straight into the latents is stretched to the picture's size before."""
    for name in encoders(view):
        image = written["nodes"][name].get(_IMAGE)
        if view.literal(Spot(name, _IMAGE)) is None or not isinstance(image, dict):
            continue
        fitted = f"{name}:fitted"
        written["nodes"][fitted] = {
            "id": fitted,
            "type": RESIZE,
            "image": written["nodes"][name].pop(_IMAGE),
            WIDTH: size.width,
            HEIGHT: size.height,
            "use_cache": True,
            "is_intermediate": True,
        }
        source = {"node_id": fitted, "field": _IMAGE}
        written["edges"].append({"source": source, "destination": {"node_id": name, "field": _IMAGE}})


def _make_final(written: Graphic, view: Graph) -> None:
    """What the editor's page would only stage; else, where nothing is final, what nothing else reads."""
    staged = [name for name in view.nodes if name == _OUTPUT or name.startswith(f"{_OUTPUT}:")]
    final = any(node.get("is_intermediate") is not True for node in view.nodes.values())
    if not staged and not final:
        staged = [name for name in view.nodes if not any(view.below(name))]
    for name in staged:
        written["nodes"][name]["is_intermediate"] = False
