"""Graphs written from each builder's rules, held to another reader: the recipe then tells what was asked."""

import json
from dataclasses import replace
from typing import Any

import graph_fixtures
import pytest

from bot.domain.jobs import Recipe
from bot.domain.styles import StyleChanges, StylePart
from bot.invokeai.model_references import models_in
from bot.invokeai.session_results import recipe_of
from bot.invokeai.styles.apply import apply, style_batch
from bot.invokeai.styles.check import check

PROMPT, NEGATIVE, SEED, STEPS = StylePart.PROMPT, StylePart.NEGATIVE, StylePart.SEED, StylePart.STEPS
UNKNOWN = {
    "ernie-image": {NEGATIVE},
    "external": {NEGATIVE, STEPS},
    "flux-kontext": {NEGATIVE},
    "flux2-dev": {NEGATIVE},
    "flux2-klein": {NEGATIVE},
    "ideogram4": {NEGATIVE, STEPS},  # it chooses the steps itself
    "prompts-from-file": {PROMPT, StylePart.PICTURES},
    "sdxl-refiner": {STEPS},  # the refiner has its own
    "sdxl-regions": {PROMPT, NEGATIVE},  # without metadata no one says which of three texts it is
    "text-llm": {NEGATIVE, STEPS, StylePart.SIZE},
    "upscale": {StylePart.SIZE},  # the image's
    "v7-external": {NEGATIVE, STEPS},
    "wired-inputs": {PROMPT, SEED, STEPS},  # worked out by other nodes
}
"""What can't be told of these graphs. The others have one place for everything."""
IMAGES = {
    "flux-kontext": "reference.png",
    "qwen-image-edit": "reference.png",
    "real-canvas-img2img": "9a7531de-1c51-46b3-956f-3e4ca17f8407.png",
    "sdxl-regions": "mask.png",
    "upscale": "small.png",
}


def recipe(graph: Any) -> Recipe:
    return recipe_of({"graph": graph}) or Recipe()


@pytest.mark.parametrize("name", graph_fixtures.NAMES)
def test_what_is_asked_is_what_the_graph_s_recipe_tells(name: str) -> None:
    graph = graph_fixtures.session(name)["graph"]
    told, before = check(graph), recipe(graph)
    unknown = frozenset(UNKNOWN.get(name, ())) | frozenset(() if name in IMAGES else (StylePart.IMAGE,))
    assert set(told.unknown) == unknown
    assert (told.steps or before.steps, told.image) == (before.steps, IMAGES.get(name))
    asked = {
        "prompt": ("a hen", PROMPT),
        "negative": ("foggy", NEGATIVE),
        "size": ((640, 768), StylePart.SIZE),
        "image": ("new.png", StylePart.IMAGE),
    }
    possible: dict[str, Any] = {field: value for field, (value, part) in asked.items() if part not in unknown}
    made = apply(graph, StyleChanges(**possible), None if SEED in unknown else 77)
    width, height = possible.get("size", (before.width, before.height))
    assert recipe(made) == replace(
        before,
        prompt=possible.get("prompt", before.prompt),
        negative_prompt=possible.get("negative", before.negative_prompt),
        seed=before.seed if SEED in unknown else 77,
        width=width,
        height=height,
    )
    if name in IMAGES:
        assert (IMAGES[name] in json.dumps(made), "new.png" in json.dumps(made)) == (False, True)


@pytest.mark.parametrize("name", [name for name in graph_fixtures.NAMES if SEED not in UNKNOWN.get(name, ())])
def test_each_job_of_a_batch_has_its_own_seed_in_the_graph(name: str) -> None:
    graph = graph_fixtures.session(name)["graph"]
    batch = style_batch(graph, StyleChanges(), [5, 6], models_in(graph)).batch
    for job, seed in enumerate((5, 6)):
        queued = json.loads(json.dumps(batch["graph"]))
        for each in batch["data"][0]:
            queued["nodes"][each["node_path"]][each["field_name"]] = each["items"][job]
        assert recipe(queued).seed == seed
