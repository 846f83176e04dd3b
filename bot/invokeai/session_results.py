"""From a session to what a person wants to know of a job: recipe, boards. Pure, and never raises."""

import re

from bot.domain.jobs import Recipe
from bot.domain.subscriptions import NO_BOARD
from bot.invokeai.foreign_json import mapping
from bot.invokeai.graph import Graph
from bot.invokeai.recipes.from_graph import recipe_from_graph
from bot.invokeai.recipes.metadata import completed, recipe_of_metadata_nodes
from bot.invokeai.recipes.values import Values

IMAGE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def safe_image_name(name: str) -> bool:
    """Whether this may become part of a URL."""
    return IMAGE_NAME.fullmatch(name) is not None


def boards_of(session: object) -> tuple[str, ...]:
    """The ids of the boards that final images go to, each once; `none` if no node names one.

    A node names it by `{"board_id"}`, or by InvokeAI's words `auto` and `none`. Empty: nothing is known.
    """
    nodes = mapping(mapping(mapping(session).get("graph")).get("nodes"))
    boards: dict[str, None] = {}
    for node in map(mapping, nodes.values()):
        board = node.get("board")
        named = board if isinstance(board, str) else mapping(board).get("board_id")
        if node.get("is_intermediate") is not True and isinstance(named, str):
            boards[named] = None
    return tuple(boards) or ((NO_BOARD,) if nodes else ())


def never_saved(session: object) -> bool:
    """Whether no part of a session has been saved since it was enqueued: InvokeAI writes it only at its end.

    False for what is no session, and for a redacted one.
    """
    read = mapping(session)
    nodes = mapping(read.get("execution_graph")).get("nodes")
    return (
        nodes == {}
        and bool(mapping(mapping(read.get("graph")).get("nodes")))
        and not read.get("results")
        and not read.get("executed")
        and not read.get("errors")
    )


def recipe_of(session: object) -> Recipe | None:
    """How the images were made, or will be: as the metadata has it, and where that is silent, the graph."""
    values = Values(Graph.of_session(session))
    return completed(recipe_of_metadata_nodes(values), recipe_from_graph(values))
