"""Styles: what can be told of each builder's graph, and what stands where after a change."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builder_graphs import (
    BASES,
    NEGATIVE,
    PROMPT,
    SIZE,
    Graph,
    built,
    external,
    image_to_image,
    model,
    upscaling,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import JSON, damaged

from bot.domain.styles import StyleChanges, StyleCheck, StylePart
from bot.domain.workflows import InstalledModel
from bot.errors import RequestRefused
from bot.invokeai.model_references import models_in, relinked
from bot.invokeai.styles.apply import apply, style_batch
from bot.invokeai.styles.check import check

FOLDER = Path(__file__).parents[2] / "fixtures" / "queued_graphs"
NEW = StyleChanges(prompt="a hen", negative="foggy", size=(640, 768), image="new.png")
GRAPHS = [
    pytest.param(name, plain, scaled, id=f"{name}{' v7' * plain}{' scaled' * scaled}")
    for name in BASES
    for plain in (False, True)
    for scaled in (False, True)
]


def installed(graph: Graph) -> list[InstalledModel]:
    return models_in(graph)


def played(graph: Graph, node_type: str, field: str) -> list[Any]:
    """The field's value in each node of that type as a run sees it, through wires from literal nodes."""
    nodes = graph["nodes"]
    fed = {
        (edge["destination"]["node_id"], edge["destination"]["field"]): edge["source"]["node_id"]
        for edge in graph["edges"]
    }
    found: list[Any] = []
    for node_id, node in nodes.items():
        if node["type"] == node_type:
            source = fed.get((node_id, field))
            found.append(node.get(field) if source is None else nodes[source].get("value"))
    return found


@pytest.mark.parametrize(("name", "plain", "scaled"), GRAPHS)
def test_of_each_builder_s_graph_everything_is_told(name: str, plain: bool, scaled: bool) -> None:
    told, base = check(built(name, plain=plain, scaled=scaled)), BASES[name]
    known = {StylePart.NEGATIVE: base.negative, StylePart.STEPS: base.steps, StylePart.IMAGE: ""}
    assert told == StyleCheck(
        prompt=PROMPT,
        negative=NEGATIVE if base.negative else None,
        seed=True,
        size=SIZE,
        steps=30 if base.steps else None,
        pictures=1,
        image=None,
        images=(),
        models=(f"The {name}",),
        unknown=tuple(part for part, there in known.items() if not there),
    )


@pytest.mark.parametrize(("name", "plain", "scaled"), GRAPHS)
def test_what_is_asked_is_what_each_builder_s_graph_executes(name: str, plain: bool, scaled: bool) -> None:
    graph, base = built(name, plain=plain, scaled=scaled), BASES[name]
    before = deepcopy(graph)
    changes = replace(NEW, image=None, negative=NEW.negative if base.negative else None)
    made = apply(graph, changes, seed=77)
    assert graph == before
    encoders = played(made, base.encoder, "prompt")
    first = {
        "ideogram4_denoise": "ideogram4_caption_builder",
        "ernie_image_denoise": "ernie_image_prompt_enhancer",
    }.get(base.denoise, base.encoder)
    assert played(made, first, "prompt")[0] == "a hen"
    assert played(made, "core_metadata", "positive_prompt") == ["a hen"]
    assert played(made, "core_metadata", "seed") == [77]
    maker = "noise" if base.noise else base.denoise
    assert played(made, maker, "seed") == [77]
    for kind in (maker, "core_metadata", *(["img_resize"] if scaled else [])):
        assert (played(made, kind, "width"), played(made, kind, "height")) == ([640], [768])
    if base.negative:
        assert (encoders[-1], played(made, "core_metadata", "negative_prompt")) == ("foggy", ["foggy"])
    if base.styled:
        assert played(made, base.encoder, "style") == ["a hen", "foggy"]
    if base.denoise == "ernie_image_denoise":
        assert played(made, "ernie_image_prompt_enhancer", "width") == [640]


def test_a_batch_is_ours_and_has_a_job_for_each_seed() -> None:
    graph = built("sdxl")
    body = style_batch(graph, StyleChanges(prompt="a hen"), [5, 6, 7], installed(graph))
    batch = body.batch
    assert (batch["origin"], batch["destination"]) == ("invokeai-discord", "gallery")
    assert batch["data"] == [[{"node_path": "seed:aB3dE6gH9k", "field_name": "value", "items": [5, 6, 7]}]]
    assert (body.jobs, body.seeds, batch["runs"]) == (3, (5, 6, 7), 1)


def test_a_model_without_a_seed_runs_as_often_as_asked() -> None:
    graph = external(seeded=False)
    assert StylePart.SEED in check(graph).unknown
    body = style_batch(graph, StyleChanges(prompt="a hen", size=(1001, 1000)), [1, 2], installed(graph))
    assert (body.batch["runs"], body.seeds, "data" in body.batch) == (2, (), False)
    assert played(body.batch["graph"], "openai_image_generation", "width") == [1001]
    with pytest.raises(RequestRefused, match="no seed that could be changed"):
        apply(graph, StyleChanges(), seed=1)
    assert apply(external(), StyleChanges(), seed=4)["nodes"]["seed:aB3dE6gH9k"]["value"] == 4


def test_a_graph_that_draws_its_own_seed_gets_the_asked_one() -> None:
    graph = built("sd-1")
    graph["nodes"]["seed:aB3dE6gH9k"] = {
        "id": "seed:aB3dE6gH9k",
        "type": "rand_int",
        "low": 0,
        "use_cache": False,
    }
    graph["edges"] = [
        edge
        for edge in graph["edges"]
        if edge["destination"]["field"] != "seed" or "noise" in edge["destination"]["node_id"]
    ]
    graph["nodes"]["core_metadata:aB3dE6gH9k"]["seed"] = 9
    assert check(graph).seed
    made = apply(graph, StyleChanges(), seed=77)
    assert (played(made, "noise", "seed"), played(made, "core_metadata", "seed")) == ([77], [77])
    assert made["nodes"]["seed:aB3dE6gH9k"]["type"] == "integer"
    data = style_batch(graph, StyleChanges(), [1, 2], installed(graph)).batch["data"]
    assert {(one["node_path"], one["field_name"]) for one in data[0]} == {
        ("seed:aB3dE6gH9k", "value"),
        ("core_metadata:aB3dE6gH9k", "seed"),
    }


@pytest.mark.parametrize("resized", [False, True])
def test_a_new_image_takes_the_old_one_s_place_in_the_picture_s_size(resized: bool) -> None:
    graph = image_to_image(resized=resized)
    assert (check(graph).image, check(graph).images) == ("layers.png", ("layers.png",))
    made = apply(graph, StyleChanges(image="new.png", size=(640, 768)))
    [resize, *_] = [node for node in made["nodes"].values() if node.get("image") == {"image_name": "new.png"}]
    assert (resize["type"], resize["width"], resize["height"]) == ("img_resize", 640, 768)
    feeding = {
        "source": {"node_id": resize["id"], "field": "image"},
        "destination": {"node_id": "i2l:aB3dE6gH9k", "field": "image"},
    }
    assert made["edges"].count(feeding) == 1
    assert "layers.png" not in str(made)
    assert "canvas_v2_metadata" not in made["nodes"]["core_metadata:aB3dE6gH9k"]


def test_the_same_image_in_several_places_and_in_a_list_is_one_image() -> None:
    graph = external()
    graph["nodes"]["canvas_output:aB3dE6gH9k"]["reference_images"] = [{"image_name": "a.png"}]
    graph["nodes"]["ref"] = {"id": "ref", "type": "image", "image": {"image_name": "a.png"}}
    made = apply(graph, StyleChanges(image="b.png"))
    assert made["nodes"]["canvas_output:aB3dE6gH9k"]["reference_images"] == [{"image_name": "b.png"}]
    assert made["nodes"]["ref"]["image"] == {"image_name": "b.png"}
    graph["nodes"]["ref"]["image"] = {"image_name": "c.png"}
    assert (check(graph).image, check(graph).images) == (None, ("a.png", "c.png"))


def test_what_was_to_be_staged_becomes_final() -> None:
    assert (
        apply(image_to_image(resized=True), StyleChanges())["nodes"]["canvas_output:aB3dE6gH9k"][
            "is_intermediate"
        ]
        is False
    )
    assert (
        apply(built("flux", plain=True, canvas=True), StyleChanges())["nodes"]["canvas_output"][
            "is_intermediate"
        ]
        is False
    )


def test_where_nothing_is_final_the_last_node_becomes_so() -> None:
    nodes = {name: {"id": name, "type": "img_blur", "is_intermediate": True} for name in ("first", "last")}
    edges = [
        {
            "source": {"node_id": "first", "field": "image"},
            "destination": {"node_id": "last", "field": "image"},
        }
    ]
    made = apply({"nodes": nodes, "edges": edges}, StyleChanges())
    assert [node["is_intermediate"] for node in made["nodes"].values()] == [True, False]


def test_a_size_that_an_image_gives_and_one_under_a_mask_can_not_be_told() -> None:
    assert StylePart.SIZE in check(upscaling()).unknown
    masked = image_to_image(resized=False)
    mask = {"node_id": "i2l:aB3dE6gH9k", "field": "mask"}
    masked["edges"].append(
        {"source": mask, "destination": {"node_id": "denoise_latents:aB3dE6gH9k", "field": "denoise_mask"}}
    )
    assert StylePart.SIZE in check(masked).unknown


def test_two_sizes_and_two_numbers_of_steps_can_not_be_told() -> None:
    graph = built("flux")
    graph["nodes"]["second"] = {"id": "second", "type": "flux_denoise", "width": 64, "height": 64, "steps": 4}
    assert {StylePart.SIZE, StylePart.STEPS} <= set(check(graph).unknown)


def test_how_many_pictures_an_iteration_makes_only_the_run_tells() -> None:
    graph = built("flux")
    graph["nodes"]["each"] = {"id": "each", "type": "iterate"}
    assert check(graph).pictures is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (StyleChanges(negative="x"), "This style has no negative prompt that could be changed."),
        (StyleChanges(image="x.png"), "This style has no input image that could be changed."),
        (StyleChanges(size=(100, 640)), "Width and height go from 64 to 4096 in this style, in steps of 16."),
        (StyleChanges(size=(32, 32)), "Width and height go from 64 to 4096"),
    ],
)
def test_what_a_style_has_no_place_for_is_refused(changes: StyleChanges, said: str) -> None:
    with pytest.raises(RequestRefused, match=said):
        apply(built("flux"), changes)


@pytest.mark.parametrize("seeds", [[], [-1], [1, 2**32], [True]])
def test_a_seed_out_of_range_is_no_seed(seeds: list[int]) -> None:
    with pytest.raises(ValueError, match="seed"):
        style_batch(built("flux"), StyleChanges(), seeds, installed(built("flux")))


def captured_graph(name: str) -> Graph:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "texts", "size", "steps", "image"),
    [
        ("ui-generate-txt2img", ("a lighthouse at dusk, UI single", ""), (256, 256), 30, None),
        (
            "canvas-img2img",
            ("a harbour, UI canvas img2img", "lowres, bad hands"),
            (256, 256),
            4,
            "9a7531de-1c51-46b3-956f-3e4ca17f8407.png",
        ),
        ("workflow-default-sd15", ("a tiger cub in the workflow editor", ""), (128, 128), 30, None),
    ],
)
def test_of_graphs_that_ran_everything_is_told_and_set(
    name: str, texts: tuple[str, str], size: tuple[int, int], steps: int, image: str | None
) -> None:
    graph = captured_graph(name)
    told = check(graph)
    assert ((told.prompt, told.negative), told.size, told.steps, told.image) == (texts, size, steps, image)
    assert (told.seed, told.pictures, told.models) == (True, 1, ("tiny-sd15",))
    made = apply(graph, replace(NEW, image=NEW.image if image else None), seed=77)
    assert played(made, "compel", "prompt") == ["a hen", "foggy"]
    assert (played(made, "noise", "seed"), played(made, "noise", "width")) == ([77], [640])
    assert set(played(made, "core_metadata", "seed")) <= {77}
    if image:
        assert [played(made, "img_resize", side) for side in ("width", "height")] == [[640, 640], [768, 768]]
        assert made["nodes"]["canvas_output:zAQTYsjkQF"]["is_intermediate"] is False


@pytest.mark.parametrize(
    "today",
    [
        InstalledModel("new", "renamed", "flux", "main", "blake3:flux"),
        InstalledModel("new", "The flux", "flux", "main", "blake3:other"),
    ],
    ids=["same hash", "same name"],
)
def test_a_model_that_was_installed_anew_is_found_also_for_the_metadata(today: InstalledModel) -> None:
    graph = built("flux")
    others = [
        InstalledModel("x", "The flux", "sdxl", "main"),
        InstalledModel("y", "The flux", "flux", "lora"),
    ]
    made = relinked(graph, [*others, today])
    for node in ("model_loader:aB3dE6gH9k", "core_metadata:aB3dE6gH9k"):
        assert (made["nodes"][node]["model"]["key"], made["nodes"][node]["model"]["name"]) == (
            "new",
            today.name,
        )
    assert graph == built("flux")


TWINS = [InstalledModel(f"k{place}", "The flux", "flux", "main") for place in range(2)]


@pytest.mark.parametrize(
    "today",
    [[], TWINS, [InstalledModel("new", "The flux", "flux", "lora", "blake3:flux")]],
    ids=["none", "two", "of another type"],
)
def test_a_model_that_is_gone_for_good_is_named(today: list[InstalledModel]) -> None:
    with pytest.raises(RequestRefused, match="no longer has the model “The flux”"):
        style_batch(built("flux"), StyleChanges(), [1], today)


def test_a_model_that_only_metadata_mentions_may_be_gone() -> None:
    graph = built("flux")
    graph["nodes"]["core_metadata:aB3dE6gH9k"]["loras"] = [
        {"model": {**model("lora"), "key": "lost"}, "weight": 1}
    ]
    assert relinked(graph, installed(built("flux")))["nodes"] == graph["nodes"]


def tried(graph: Any) -> None:
    check(graph)
    for changes in (StyleChanges(), NEW, StyleChanges(prompt="a"), StyleChanges(size=(640, 640))):
        try:
            style_batch(graph, changes, [1], installed(graph))
        except RequestRefused as refused:
            assert str(refused)  # noqa: PT017 - any other error fails the test


@given(JSON, JSON)
def test_foreign_json_raises_only_our_error(nodes: Any, edges: Any) -> None:
    tried({"nodes": nodes, "edges": edges})
    tried({"nodes": {"canvas_output:a": nodes}, "edges": edges})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([*BASES, "image"]))
def test_a_damaged_graph_raises_only_our_error(data: st.DataObject, name: str) -> None:
    tried(damaged(data, image_to_image(resized=True) if name == "image" else built(name)))
