"""Changes in a copy of a graph. Pure; each changes the copy that it is given."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from bot.invokeai.foreign_json import mapping, sequence
from bot.invokeai.graph import Graph, Spot
from bot.invokeai.recipes.generators import is_staged

Written = dict[str, Any]


def copied(graph: Mapping[str, Any]) -> Written:
    nodes = {name: dict(mapping(node)) for name, node in mapping(graph.get("nodes")).items()}
    return deepcopy({**graph, "nodes": nodes, "edges": list(sequence(graph.get("edges")))})


def write(written: Written, spots: Iterable[Spot], value: object) -> None:
    for spot in spots:
        written["nodes"][spot.node_id][spot.field] = value


def make_final(written: Written, view: Graph) -> None:
    """What InvokeAI's canvas would only stage; else, where nothing is final, what nothing else reads.

    `view` is of the same nodes.
    """
    staged = [name for name in view.nodes if is_staged(name)]
    final = any(node.get("is_intermediate") is not True for node in view.nodes.values())
    if not staged and not final:
        staged = view.last()
    for name in staged:
        written["nodes"][name]["is_intermediate"] = False


def hold_numbers(written: Written, dice: Iterable[str]) -> None:
    """A node that draws a number becomes one that holds it; both hand it on as `value`."""
    drawn = set(dice)
    for name in drawn:
        kept = {"id": name, "type": "integer", "use_cache": True, "is_intermediate": True}
        written["nodes"][name] = {**kept, "value": 0}
    if drawn:  # a number has no inputs, unlike the range that it was drawn from
        written["edges"] = [edge for edge in written["edges"] if _target(edge) not in drawn]


def _target(edge: object) -> object:
    name = mapping(mapping(edge).get("destination")).get("node_id")
    return name if isinstance(name, str) else None
