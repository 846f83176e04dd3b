"""Each workflow that InvokeAI brings along tells what its graph holds."""

from typing import Any

import default_workflows as given
import pytest
from servers import REAL

from bot.domain.jobs import Recipe
from bot.invokeai.session_results import recipe_of

pytestmark = REAL

PROMPT_FROM_A_FILE = "Prompt from File"


@pytest.fixture(scope="module")
def recipes() -> dict[str, Recipe]:
    return {name: recipe_of({"graph": given.graph_of(name)}) or Recipe() for name in given.names()}


def test_there_are_the_workflows_that_we_know(recipes: dict[str, Recipe]) -> None:
    assert len(recipes) == 26


def test_each_tells_its_prompt(recipes: dict[str, Recipe]) -> None:
    told = {name: recipe.prompt for name, recipe in recipes.items()}
    assert told.pop(PROMPT_FROM_A_FILE) is None  # the file is read when it runs
    assert set(told.values()) == {given.PROMPT}


def test_each_tells_its_model(recipes: dict[str, Recipe]) -> None:
    assert {recipe.model for recipe in recipes.values()} == {"the planted model"}


def test_each_tells_its_steps_and_cfg(recipes: dict[str, Recipe]) -> None:
    assert all(recipe.steps for recipe in recipes.values())
    without = {name for name, recipe in recipes.items() if recipe.cfg_scale is None}
    assert without == {"FLUX Image to Image", "Flux Text to Image"}  # theirs is called guidance


def test_each_tells_the_size_that_stands_in_its_graph(recipes: dict[str, Recipe]) -> None:
    for name, recipe in recipes.items():
        assert (recipe.width, recipe.height) == _size(given.graph_of(name)), name


def _size(graph: dict[str, Any]) -> tuple[int | None, int | None]:
    """Where a node that denoises, or its noise, has a size of its own."""
    [denoiser] = {
        edge["destination"]["node_id"]
        for edge in graph["edges"]
        if edge["destination"]["field"] in given.POSITIVE
    }
    sized = denoiser if "width" in graph["nodes"][denoiser] else given.wired(graph, denoiser, "noise")
    if sized is None or given.wired(graph, sized, "width"):
        return None, None
    return graph["nodes"][sized]["width"], graph["nodes"][sized]["height"]
