"""A style's graph with another prompt, seed, size or image, as a batch of ours. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from bot.domain.styles import StyleChanges
from bot.domain.workflows import InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.graph import METADATA, Graph, Spot
from bot.invokeai.model_references import relinked
from bot.invokeai.requeue.batch import SEEDS, BatchBody, batch_of
from bot.invokeai.requeue.inputs import mentions
from bot.invokeai.requeue.prompts import following, following_negative
from bot.invokeai.requeue.seeds import Seeds, seed_spots, seeds_of, whole
from bot.invokeai.requeue.sizes import HEIGHT, RESIZE, WIDTH, Size, SizePlace, encoders
from bot.invokeai.requeue.writing import Written, copied, hold_numbers, make_final, write
from bot.invokeai.styles.check import places_in

T = TypeVar("T")

MIN_SIDE, MAX_SIDE = 64, 4096
_LAYERS = "canvas_v2_metadata"
_IMAGE, _NAME = "image", "image_name"


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
    spots = seed_spots(view, seeds_of(view))
    written = relinked(apply(graph, changes, seeds[0] if spots else None), installed)
    return batch_of(written, spots, [_in_range(seed) for seed in seeds])


def apply(graph: Mapping[str, Any], changes: StyleChanges, seed: int | None = None) -> Written:
    """The graph with what is asked, set wherever it stands; the one that is given stays as it is.

    Its pictures are final, also if they were to be staged on the canvas. RequestRefused: the style has no
    one place for what is asked.
    """
    view = Graph.read(graph)
    places = places_in(view)
    written = copied(graph)
    if changes.prompt is not None:
        spot = _told(places.prompt, "prompt")
        write(written, (spot, *following(view, spot)), changes.prompt)
    if changes.negative is not None:
        spot = _told(places.negative, "negative prompt")
        write(written, (spot, *following_negative(view, spot)), changes.negative)
    if seed is not None:
        _write_seed(written, view, places.seeds, _in_range(seed))
    made = places.size.made if places.size is not None else None
    if changes.size is not None:
        made = _write_size(written, _told(places.size, "size"), Size(*changes.size))
    if changes.image is not None:
        _replace_image(written, view, _told(places.image, "input image"), changes.image)
    if made is not None and (changes.size is not None or changes.image is not None):
        _fit_inputs(written, view, made)
    make_final(written, view)
    return written


def _told(place: T | None, what: str) -> T:
    if place is None:
        raise RequestRefused(f"This style has no {what} that could be changed.")
    return place


def _in_range(seed: int) -> int:
    if not whole(seed) or not 0 <= seed < SEEDS:
        raise ValueError("seeds are whole numbers from 0 to 4294967295")
    return seed


def _write_seed(written: Written, view: Graph, seeds: Seeds, seed: int) -> None:
    spots = seed_spots(view, seeds)
    if not spots:
        raise RequestRefused("This style has no seed that could be changed.")
    hold_numbers(written, seeds.dice)
    write(written, spots, seed)


def _write_size(written: Written, place: SizePlace, size: Size) -> Size:
    fits = all(MIN_SIDE <= side <= MAX_SIDE and side % place.grid == 0 for side in size)
    if not fits:
        steps = f", in steps of {place.grid}" if place.grid > 1 else ""
        raise RequestRefused(f"Width and height go from {MIN_SIDE} to {MAX_SIDE} in this style{steps}.")
    for name in place.nodes:
        written["nodes"][name] |= {WIDTH: size.width, HEIGHT: size.height}
    return size


def _replace_image(written: Written, view: Graph, old: str, new: str) -> None:
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


def _fit_inputs(written: Written, view: Graph, size: Size) -> None:
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
