"""From a session to what a person wants: the final images and how they were made. Pure, and never raises."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from bot.domain.jobs import Lora, Recipe

IMAGE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")

# Nodes that hand on images which were there before.
# A tuple, since what comes as a type need not be hashable.
PASSED_ON = ("load_image", "image", "image_collection", "video", "load_video", "video_collection")

NO_BOARD = "none"
"""InvokeAI's own word for images that lie on no board."""

MAX_DEPTH = 8  # dicts and lists inside what a called workflow returns
MAX_LORAS = 50


def safe_image_name(name: str) -> bool:
    """Whether this may become part of a URL."""
    return IMAGE_NAME.fullmatch(name) is not None


def images_of(session: object) -> tuple[str, ...]:
    """The names of the final images, each once, in the order in which their nodes ran.

    Final is what a node that is not intermediate made. InvokeAI's `results` keep the order of execution
    (`executed` is a set). Names that could not stand in a URL are left out.
    """
    nodes = _mapping(_mapping(_mapping(session).get("execution_graph")).get("nodes"))
    names: dict[str, None] = {}
    for node_id, result in _mapping(_mapping(session).get("results")).items():
        node = _mapping(nodes.get(node_id))
        if node and node.get("is_intermediate") is not True and node.get("type") not in PASSED_ON:
            names.update(dict.fromkeys(_image_names(_mapping(result))))
    return tuple(names)


def boards_of(session: object) -> tuple[str, ...]:
    """The ids of the boards that final images go to, each once; `none` if no node names one.

    A node names it by `{"board_id"}`, or by InvokeAI's words `auto` and `none`. Empty: nothing is known.
    """
    nodes = _mapping(_mapping(_mapping(session).get("graph")).get("nodes"))
    boards: dict[str, None] = {}
    for node in map(_mapping, nodes.values()):
        board = node.get("board")
        named = board if isinstance(board, str) else _mapping(board).get("board_id")
        if node.get("is_intermediate") is not True and isinstance(named, str):
            boards[named] = None
    return tuple(boards) or ((NO_BOARD,) if nodes else ())


def never_saved(session: object) -> bool:
    """Whether no part of a session has been saved since it was enqueued: InvokeAI writes it only at its end.

    False for what is no session, and for a redacted one.
    """
    read = _mapping(session)
    nodes = _mapping(read.get("execution_graph")).get("nodes")
    return (
        nodes == {}
        and bool(_mapping(_mapping(read.get("graph")).get("nodes")))
        and not read.get("results")
        and not read.get("executed")
        and not read.get("errors")
    )


def recipe_of(session: object) -> Recipe | None:
    """How the images were made: a node's metadata_output, else the core_metadata node of a job to come."""
    read = _mapping(session)
    for result in _mapping(read.get("results")).values():
        if _mapping(result).get("type") == "metadata_output":
            recipe = recipe_from_metadata(_mapping(result).get("metadata"))
            if recipe is not None:
                return recipe
    graph = _mapping(read.get("graph"))
    for node_id, node in _mapping(graph.get("nodes")).items():
        if _mapping(node).get("type") == "core_metadata":
            return recipe_from_metadata({**_mapping(node), **_fed(graph, node_id)})
    return None


def recipe_from_metadata(metadata: object) -> Recipe | None:
    """Reads an image's metadata (`GET …/images/i/{name}/metadata`). None if it tells nothing that we know."""
    read = _mapping(metadata)
    recipe = Recipe(
        prompt=_text(read.get("positive_prompt")),
        negative_prompt=_text(read.get("negative_prompt")),
        model=_text(_mapping(read.get("model")).get("name") or _mapping(read.get("model")).get("model_name")),
        seed=_whole(read.get("seed")),
        width=_whole(read.get("width")),
        height=_whole(read.get("height")),
        steps=_whole(read.get("steps")),
        cfg_scale=_real(read.get("cfg_scale")),
        scheduler=_text(read.get("scheduler")),
        loras=tuple(_loras(read.get("loras"))),
    )
    return None if recipe == Recipe() else recipe


def _loras(value: object) -> Iterator[Lora]:
    """`{"model": {"name"}, "weight"}`; InvokeAI 3 wrote `{"lora": {"model_name"}, "weight"}`."""
    for each in cast("list[Any]", value)[:MAX_LORAS] if isinstance(value, list) else []:
        read = _mapping(each)
        model = _mapping(read.get("model") or read.get("lora"))
        name = _text(model.get("name") or model.get("model_name"))
        if name:
            yield Lora(name, _real(read.get("weight")))


def _image_names(result: Mapping[str, Any]) -> Iterator[str]:
    fields: list[Any] = []
    if result.get("type") == "image_output":
        fields = [result.get("image")]
    elif result.get("type") == "image_collection_output" and isinstance(result.get("collection"), list):
        fields = cast("list[Any]", result["collection"])
    elif result.get("type") == "workflow_return_output":
        fields = list(_leaves(result.get("values"), MAX_DEPTH))
    for field in fields:
        name = _mapping(field).get("image_name")
        if isinstance(name, str) and safe_image_name(name):
            yield name


def _leaves(value: object, depth: int) -> Iterator[object]:
    """The mappings with an image's name inside dicts and lists."""
    if isinstance(value, dict) and "image_name" in value:
        yield cast("object", value)
    elif depth and isinstance(value, dict | list):
        held = cast("dict[str, object] | list[object]", value)
        for item in held.values() if isinstance(held, dict) else held:
            yield from _leaves(item, depth - 1)


def _fed(graph: Mapping[str, Any], node_id: str) -> dict[str, Any]:
    """The fields of a node that literal nodes (string, integer) feed: a job that has not run yet."""
    nodes, fed = _mapping(graph.get("nodes")), dict[str, Any]()
    edges = graph.get("edges")
    for edge in cast("list[Any]", edges) if isinstance(edges, list) else []:
        source, destination = (
            _mapping(_mapping(edge).get("source")),
            _mapping(_mapping(edge).get("destination")),
        )
        field, feeder = destination.get("field"), source.get("node_id")
        if destination.get("node_id") == node_id and isinstance(field, str) and isinstance(feeder, str):
            fed[field] = _mapping(nodes.get(feeder)).get("value")
    return fed


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**64 else None


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
