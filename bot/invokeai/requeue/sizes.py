"""Where the size of the picture stands in a graph, if that can be told. Pure, and never raises."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bot.invokeai.graph import METADATA, Graph, Spot
from bot.invokeai.requeue.seeds import has_seed, whole

WIDTH, HEIGHT = "width", "height"
RESIZE = "img_resize"
_MASK = "denoise_mask"
_LATENTS = "latents"
_NOISE_GRID = 8
_LATENT_GRID = 16
_GRIDS = {"cogview4_denoise": 32}


class Size(NamedTuple):
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SizePlace:
    """The nodes to write a new size into: those that make the picture, and those that repeat its size.

    `size` is that of the finished picture, which may be brought back from the size it is `made` in. Width and
    height must be multiples of `grid`.
    """

    size: Size
    made: Size
    nodes: tuple[str, ...]
    grid: int


def size_place(graph: Graph) -> SizePlace | None:
    """None if no node or several sizes make the picture, or if an image that is not resized fixes it."""
    makers = [name for name in graph.nodes if _makes(graph, name) and literal_size(graph, name)]
    sizes = {literal_size(graph, name) for name in makers}
    made = sizes.pop() if len(sizes) == 1 else None
    finished = {literal_size(graph, name) for name in _resized_later(graph, makers)}
    size = (finished or {made}).pop() if len(finished) <= 1 else None
    if made is None or size is None or _fixed(graph, made):
        return None
    own = set(makers)
    follow = [name for name in graph.nodes if name not in own and literal_size(graph, name) in {size, made}]
    return SizePlace(size, made, (*makers, *follow), max(_grid(graph, name) for name in makers))


def literal_size(graph: Graph, node_id: str) -> Size | None:
    width, height = graph.literal(Spot(node_id, WIDTH)), graph.literal(Spot(node_id, HEIGHT))
    return (
        Size(width, height)
        if isinstance(width, int) and isinstance(height, int) and whole(width) and whole(height)
        else None
    )


def encoders(graph: Graph) -> Iterator[str]:
    """The nodes that turn an image into the latents that the picture starts from."""
    found = {
        source.node_id: None
        for source, target in graph.wires
        if target.field == _LATENTS and "denoise" in graph.type_of(target.node_id)
    }
    return (name for name in found if "denoise" not in graph.type_of(name))


def _resized_later(graph: Graph, makers: Iterable[str]) -> Iterator[str]:
    """The nodes that bring what the makers made to another size."""
    waiting, seen = list(makers), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if graph.type_of(name) == RESIZE:
            yield name
        waiting.extend(target.node_id for target in graph.below(name))


def _makes(graph: Graph, name: str) -> bool:
    kind = graph.type_of(name)
    drawn = has_seed(graph, name) and kind != METADATA
    return drawn or kind == "noise" or "denoise" in kind or kind.endswith("_image_generation")


def _fixed(graph: Graph, size: Size) -> bool:
    """Whether an image of another size than asked for would meet the noise, or a mask would."""
    if any(target.field == _MASK for _, target in graph.wires):
        return True
    for name in encoders(graph):
        spot = Spot(name, "image")
        sources = list(graph.feeding(spot))
        resized = [
            graph.type_of(each.node_id) == RESIZE and literal_size(graph, each.node_id) == size
            for each in sources
        ]
        if not all(resized) or not (sources or isinstance(graph.literal(spot), dict)):
            return True
    return False


def _grid(graph: Graph, name: str) -> int:
    kind = graph.type_of(name)
    if kind.endswith("_image_generation"):
        return 1
    return _GRIDS.get(kind, _NOISE_GRID if kind in {"noise", "denoise_latents"} else _LATENT_GRID)
