"""A recipe from what InvokeAI calls metadata: what it writes into an image."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from bot.domain.jobs import Recipe
from bot.invokeai.foreign_json import mapping, sequence
from bot.invokeai.graph import METADATA
from bot.invokeai.recipes.models import MAX_LORAS, read_loras
from bot.invokeai.recipes.values import Values, name_of, real, text, whole

_FIELDS = (
    *("positive_prompt", "negative_prompt", "model", "seed", "width", "height", "steps", "cfg_scale"),
    *("scheduler", "loras"),
)


def recipe_from_metadata(metadata: object) -> Recipe | None:
    """Reads an image's metadata (`GET …/images/i/{name}/metadata`). None if it tells nothing that we know."""
    read = mapping(metadata)
    recipe = Recipe(
        prompt=text(read.get("positive_prompt")),
        negative_prompt=text(read.get("negative_prompt")),
        model=name_of(read.get("model")),
        seed=whole(read.get("seed")),
        width=whole(read.get("width")),
        height=whole(read.get("height")),
        steps=whole(read.get("steps")),
        cfg_scale=real(read.get("cfg_scale")),
        scheduler=text(read.get("scheduler")),
        loras=tuple(read_loras(sequence(read.get("loras"))))[:MAX_LORAS],
    )
    return None if recipe == Recipe() else recipe


def recipe_of_metadata_nodes(values: Values) -> Recipe | None:
    """What a node gave out as metadata; of a job that has not run, what it will."""
    graph = values.graph
    for results in graph.results.values():
        for result in results:
            if result.get("type") == "metadata_output":
                recipe = recipe_from_metadata(result.get("metadata"))
                if recipe is not None:
                    return recipe
    for node_id in graph.of_type(METADATA):
        recipe = recipe_from_metadata(_written(values, node_id))
        if recipe is not None:
            return recipe
    return None


def completed(recipe: Recipe | None, graph: Recipe) -> Recipe | None:
    """The metadata's recipe with what only the graph tells. The size is the graph's, if that tells one."""
    told = recipe or Recipe()
    empty = [each.name for each in fields(Recipe) if getattr(told, each.name) in (None, ())]
    full = replace(told, **{name: getattr(graph, name) for name in empty})
    if graph.width and graph.height:
        full = replace(full, width=graph.width, height=graph.height)
    prompts = (full.prompt, full.negative_prompt)
    full = replace(full, texts=tuple(each for each in full.texts if each not in prompts))
    return None if full == Recipe() else full


def _written(values: Values, node_id: str) -> Mapping[str, Any]:
    """The fields of a metadata node, own or wired; one that several values go into is left out."""
    found = {name: values.at(node_id, name) for name in _FIELDS}
    return {name: each[0] for name, each in found.items() if len(each) == 1}
