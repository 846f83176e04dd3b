"""From a session to what a person wants: the final images and how they were made. Pure, and never raises."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from bot.domain.jobs import Recipe
from bot.invokeai.recipes.from_graph import recipe_from_graph
from bot.invokeai.recipes.metadata import completed, recipe_of_metadata_nodes
from bot.invokeai.recipes.session_graph import SessionGraph
from bot.invokeai.recipes.values import Values

IMAGE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")

# Nodes that hand on images which were there before.
# A tuple, since what comes as a type need not be hashable.
PASSED_ON = ("load_image", "image", "image_collection", "video", "load_video", "video_collection")

NO_BOARD = "none"
"""InvokeAI's own word for images that lie on no board."""

MAX_DEPTH = 8  # dicts and lists inside what a called workflow returns


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
    """How the images were made, or will be: as the metadata has it, and where that is silent, the graph."""
    values = Values(SessionGraph.read(session))
    return completed(recipe_of_metadata_nodes(values), recipe_from_graph(values))


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


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
