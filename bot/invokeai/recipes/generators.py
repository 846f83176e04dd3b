"""Which nodes of a graph make its final pictures, videos and texts: what their recipe is read from."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from bot.invokeai.graph import Graph, Spot

POSITIVE = ("positive_conditioning", "positive_text_conditioning")
NEGATIVE = ("negative_conditioning", "negative_text_conditioning")
STAGED = "canvas_output"
"""The id of the node whose picture the canvas stages; before InvokeAI 7 with `:` and more behind it."""

# Nodes that hand on what was there before.
# A tuple, since what comes as a type need not be hashable.
PASSED_ON = ("load_image", "image", "image_collection", "video", "load_video", "video_collection")

MAX_GENERATORS = 20

Test = Callable[[Graph, str], bool]


def generators(graph: Graph) -> list[str]:
    """The nodes that denoise for the ends of the graph, nearest first; without one, those with a prompt.

    Of a denoising that goes on in another node (a refiner), it is the first that counts.
    """
    near = _nearest(graph, is_denoiser)
    if near:
        return list(dict.fromkeys(_first_pass(graph, each) for each in near))
    return _nearest(graph, has_prompt)


def is_denoiser(graph: Graph, node_id: str) -> bool:
    return any(graph.has(node_id, field) for field in POSITIVE)


def has_prompt(graph: Graph, node_id: str) -> bool:
    return graph.has(node_id, "prompt")


def is_staged(node_id: str) -> bool:
    return node_id.partition(":")[0] == STAGED


def encoders(graph: Graph, node_id: str, fields: Iterable[str]) -> list[str]:
    """The nodes whose prompts come in at these inputs; several where conditioning is collected."""
    starts = [source.node_id for field in fields for source in graph.feeding(Spot(node_id, field))]
    return list(_back(graph, starts, stop=_encodes))


def whole_image(graph: Graph, found: list[str]) -> list[str]:
    """Those that speak of the whole image; all, if each has a mask."""
    return [each for each in found if not graph.has(each, "mask")] or found


def _encodes(graph: Graph, node_id: str) -> bool:
    return graph.has(node_id, "prompt") or graph.has(node_id, "style")


def _nearest(graph: Graph, wanted: Test) -> list[str]:
    found: list[str] = []
    for each in _back(graph, _ends(graph), stop=wanted):
        found.append(each)
        if len(found) == MAX_GENERATORS:
            break
    return found


def _ends(graph: Graph) -> list[str]:
    """What the graph is run for: nodes that are not intermediate, else the canvas', else the last ones."""
    final = [
        name
        for name, node in graph.nodes.items()
        if node.get("is_intermediate") is not True and node.get("type") not in PASSED_ON
    ]
    return final or [name for name in graph.nodes if is_staged(name)] or graph.last() or list(graph.nodes)


def _back(graph: Graph, starts: Iterable[str], *, stop: Test) -> Iterator[str]:
    """Up the wires, nearest first: the nodes that pass the test. What is wired to those is not looked at."""
    waiting = deque(starts)
    seen: set[str] = set()
    while waiting:
        each = waiting.popleft()
        if each in seen:
            continue
        seen.add(each)
        if stop(graph, each):
            yield each
        else:
            waiting.extend(source.node_id for source in graph.above(each))


def _first_pass(graph: Graph, node_id: str) -> str:
    """The denoiser that began the latents which this one goes on with."""
    first = node_id
    waiting = [node_id]
    seen: set[str] = set()
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if is_denoiser(graph, each):
            first = each
        waiting.extend(source.node_id for source in graph.feeding(Spot(each, "latents")))
    return first
