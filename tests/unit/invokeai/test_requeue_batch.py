import json
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import FIXTURES, captured, damaged, openapi

from bot.invokeai.graph import Graph
from bot.invokeai.requeue.batch import BatchBody, CannotReseed, batch_from
from bot.invokeai.requeue.prompts import prompt_spot


def graph(nodes: dict[str, dict[str, Any]], *edges: str) -> dict[str, Any]:
    """Edges as `seed:1.value > noise.seed`."""
    wires: list[Any] = []
    for edge in edges:
        ends = [dict(zip(("node_id", "field"), end.split("."), strict=True)) for end in edge.split(" > ")]
        wires.append({"source": ends[0], "destination": ends[1]})
    return {"id": "g", "nodes": {name: {"id": name, **node} for name, node in nodes.items()}, "edges": wires}


def sdxl() -> dict[str, Any]:
    return json.loads((FIXTURES / "v6.14.2" / "graph_sdxl_txt2img.json").read_text("utf-8"))


def prompt_of(read: dict[str, Any]) -> tuple[str, str] | None:
    return prompt_spot(Graph.read(read))


def batch(read: dict[str, Any], *seeds: int, **more: Any) -> dict[str, Any]:
    body = batch_from(read, seeds=seeds or (5,), **more)
    assert isinstance(body, BatchBody), body
    return dict(body.batch)


def spots(read: dict[str, Any]) -> list[tuple[str, str]]:
    [zipped] = batch(read)["data"]
    return [(datum["node_path"], datum["field_name"]) for datum in zipped]


def played(body: dict[str, Any], place: int) -> dict[str, Any]:
    """The graph of one job of a batch, as InvokeAI fills it."""
    made = deepcopy(body["graph"])
    for datum in body["data"][0]:
        made["nodes"][datum["node_path"]][datum["field_name"]] = datum["items"][place]
    return made


def without(read: dict[str, Any], *fields: tuple[str, str]) -> dict[str, Any]:
    kept = deepcopy(read)
    for name, field in fields:
        kept["nodes"][name].pop(field)
    return kept


NOISE: dict[str, Any] = {"type": "noise", "width": 512}
DENOISE: dict[str, Any] = {"type": "flux_denoise", "seed": 3}
METADATA: dict[str, Any] = {"type": "core_metadata", "seed": 3, "positive_prompt": "fox"}


def test_a_captured_sdxl_job_is_equal_but_for_its_seed() -> None:
    read = sdxl()
    body = batch(read, 7, 8)
    seed = ("seed:abcDEF1234", "value")
    assert spots(read) == [seed]
    assert [played(body, place)["nodes"][seed[0]]["value"] for place in (0, 1)] == [7, 8]
    assert without(played(body, 1), seed) == without(read, seed)
    assert read == sdxl()


def test_a_captured_sdxl_job_takes_another_prompt_in_the_one_place_it_stands() -> None:
    read = sdxl()
    spot = ("positive_prompt:abcDEF1234", "value")
    assert prompt_of(read) == spot
    body = batch(read, prompt="a hen")
    assert body["graph"]["nodes"][spot[0]]["value"] == "a hen"
    assert without(body["graph"], spot) == without(read, spot)
    assert read == sdxl()


def test_the_body_is_that_of_the_captured_new_batch() -> None:
    item = captured("item_with_field_values")
    body = batch(item["session"]["graph"], 77, 78)
    assert body["data"] == [[{"node_path": "seed:1", "field_name": "value", "items": [77, 78]}]]
    assert captured("enqueue_rerun_batch_data")["batch"]["data"] == body["data"]


@pytest.mark.parametrize(
    "name", ["item_completed_with_workflow", "item_failed_raise", "item_with_field_values", "item_completed"]
)
def test_a_captured_job_with_a_seed_is_equal_but_for_it(name: str) -> None:
    read = captured(name)["session"]["graph"]
    made = batch_from(read, seeds=[5])
    if name == "item_completed":  # its only seed is the metadata's
        assert made == CannotReseed("This job has no seed that could be changed.")
        return
    assert isinstance(made, BatchBody)
    assert without(played(dict(made.batch), 0), *spots(read)) == without(read, *spots(read))


@pytest.mark.parametrize("name", ["item_completed_iterate", "item_failed_missing_image", "mu_item_redacted"])
def test_a_captured_job_without_a_seed_says_so(name: str) -> None:
    assert isinstance(batch_from(captured(name)["session"]["graph"], seeds=[5]), CannotReseed)


@pytest.mark.parametrize(
    "name", ["item_completed_with_workflow", "item_failed_raise", "item_with_field_values"]
)
def test_the_body_is_what_invokeai_s_own_schema_asks_for(name: str) -> None:
    document = openapi()
    own = document["components"]["schemas"]["Body_enqueue_batch"]
    schema: dict[str, Any] = {
        **own,
        "components": {"schemas": {**document["components"]["schemas"], "Graph": {}}},
    }
    made = batch_from(captured(name)["session"]["graph"], seeds=[5, 6])
    assert isinstance(made, BatchBody)
    jsonschema_rs.validator_for(schema).validate(made.to_json("b1"))


def test_the_workflow_is_kept_the_origin_is_ours_and_nothing_is_put_before_others() -> None:
    made = batch_from(graph({"a": DENOISE}), seeds=[1], workflow={"name": "w"})
    assert isinstance(made, BatchBody)
    read = made.to_json("b1")
    assert read["prepend"] is False
    told = {name: read["batch"][name] for name in ("workflow", "origin", "destination", "runs")}
    assert told == {
        "workflow": {"name": "w"},
        "origin": "invokeai-discord",
        "destination": "gallery",
        "runs": 1,
    }
    assert set(batch(graph({"a": DENOISE}))) == {"graph", "origin", "destination", "runs", "data"}


@pytest.mark.parametrize("output", ["canvas_output:aB3", "canvas_output"], ids=["v6", "v7"])
def test_what_the_canvas_staged_becomes_a_final_picture(output: str) -> None:
    staged: dict[str, Any] = {"is_intermediate": True}
    read = graph(
        {"a": {**DENOISE, **staged}, output: {"type": "l2i", **staged}}, f"a.latents > {output}.latents"
    )
    made = batch(read)["graph"]["nodes"]
    assert (made["a"]["is_intermediate"], made[output]["is_intermediate"]) == (True, False)


def test_the_job_of_a_real_canvas_becomes_final_and_is_equal_but_for_its_seed() -> None:
    path = FIXTURES.parent / "queued_graphs" / "canvas-img2img.json"
    read = json.loads(path.read_text("utf-8"))
    made = batch(read, 5)["graph"]
    [output] = [name for name in read["nodes"] if name.startswith("canvas_output:")]
    assert made["nodes"][output].pop("is_intermediate") is False
    assert read["nodes"][output].pop("is_intermediate") is True
    assert made == read
    assert [name for name, _ in spots(read)] == [name for name in read["nodes"] if name.startswith("seed:")]


@pytest.mark.parametrize("name", ["v7-sdxl", "v7-external"])
def test_the_plain_node_ids_of_invokeai_7_are_found(name: str) -> None:
    path = FIXTURES.parent / "graphs" / f"{name}.json"
    read = json.loads(path.read_text("utf-8"))["session"]["graph"]
    made = batch(read, 5, prompt="a hen")
    assert ("seed", "value") in spots(read)
    assert made["graph"]["nodes"]["positive_prompt"]["value"] == "a hen"


def test_several_nodes_with_a_seed_of_their_own_and_the_metadata_get_the_same_new_one() -> None:
    read = graph({"a": DENOISE, "b": DENOISE, "m": METADATA, "infill": {"type": "infill_tile", "seed": 0}})
    assert spots(read) == [("a", "seed"), ("b", "seed"), ("m", "seed")]
    assert all(datum["items"] == [5, 6] for datum in batch(read, 5, 6)["data"][0])


def test_a_seed_that_a_wire_brings_is_not_written_over() -> None:
    read = graph(
        {"n": {"type": "integer", "value": 9}, "a": DENOISE, "m": METADATA},
        "n.value > a.seed",
        "n.value > m.seed",
    )
    assert spots(read) == [("n", "value")]


def test_the_metadata_s_own_integer_follows() -> None:
    read = graph({"n": {"type": "integer", "value": 9}, "a": DENOISE, "m": METADATA}, "n.value > m.seed")
    assert spots(read) == [("n", "value"), ("a", "seed")]


def test_a_chain_of_integers_is_followed_to_its_start() -> None:
    one: dict[str, Any] = {"type": "integer", "value": 1}
    assert spots(graph({"a": one, "b": one, "n": NOISE}, "a.value > b.value", "b.value > n.seed")) == [
        ("a", "value")
    ]


def test_a_sum_takes_only_the_integer_that_is_named_a_seed() -> None:
    one: dict[str, Any] = {"type": "integer", "value": 1}
    nodes = {"seed:x": one, "offset": one, "sum": {"type": "add"}, "n": NOISE}
    assert spots(graph(nodes, "seed:x.value > sum.a", "offset.value > sum.b", "sum.value > n.seed")) == [
        ("seed:x", "value")
    ]


def test_a_range_of_random_seeds_is_drawn_anew() -> None:
    nodes = {"r": {"type": "random_range", "seed": 4}, "i": {"type": "iterate"}, "n": NOISE}
    assert spots(graph(nodes, "r.collection > i.collection", "i.item > n.seed")) == [("r", "seed")]


def test_a_seed_integer_that_feeds_a_field_of_another_name_is_found() -> None:
    nodes: dict[str, dict[str, Any]] = {"seed": {"type": "integer", "value": 4}, "x": {"type": "mine"}}
    assert spots(graph(nodes, "seed.value > x.noise_seed")) == [("seed", "value")]


@pytest.mark.parametrize("kept", [False, True], ids=["drawn at each run", "drawn once"])
def test_a_graph_that_draws_its_own_seed_gets_the_asked_one(kept: bool) -> None:
    nodes = {"low": {"type": "integer", "value": 4}, "d": {"type": "rand_int", "use_cache": kept}, "n": NOISE}
    read = graph(nodes, "low.value > d.low", "d.value > n.seed")
    made = batch(read, 1, 2)
    assert spots(read) == [("d", "value")]
    assert [played(made, place)["nodes"]["d"]["value"] for place in (0, 1)] == [1, 2]
    assert made["graph"]["nodes"]["d"]["type"] == "integer"
    assert made["graph"]["edges"] == read["edges"][1:]  # a number has no `low`


SERVICE: dict[str, Any] = {"type": "openai_image_generation", "prompt": "fox", "seed": None}


def test_a_service_without_a_seed_draws_as_often_as_asked() -> None:
    made = batch(graph({"a": SERVICE}), 1, 2, 3)
    assert (made["runs"], "data" in made) == (3, False)
    assert made["graph"]["nodes"]["a"]["use_cache"] is False


def test_a_chosen_seed_that_can_not_be_set_is_refused() -> None:
    refused = CannotReseed("This job has no seed that could be changed. Leave the seed out.")
    assert batch_from(graph({"a": SERVICE}), seeds=[7], chosen=True) == refused
    assert batch_from(graph({"a": SERVICE}), seeds=[7], chosen=True, prompt="hen") == refused


def test_another_prompt_is_enough_for_one_picture_without_a_seed() -> None:
    read = graph({"a": COMPEL})
    assert batch(read, 1, prompt="hen")["runs"] == 1
    assert batch_from(read, seeds=[1, 2], prompt="hen") == CannotReseed(
        "This job has no seed that could be changed, so its pictures would all be the same. Ask for one."
    )


def test_wires_in_a_circle_end() -> None:
    read = graph({"a": {"type": "integer"}, "b": {"type": "add"}}, "a.value > b.seed", "b.value > a.value")
    assert isinstance(batch_from(read, seeds=[1]), CannotReseed)


@pytest.mark.parametrize("seeds", [[], [-1], [2**32], [1.0], [True], ["1"], [1, 2.5]])
def test_no_seed_but_a_whole_number_in_range_is_sent(seeds: list[Any]) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        batch_from(graph({"a": DENOISE}), seeds=seeds)


COMPEL: dict[str, Any] = {"type": "sdxl_compel_prompt", "prompt": "fox", "style": "fox"}
CONDITIONED = {"p": COMPEL, "q": {"type": "compel", "prompt": "blurry"}, "d": DENOISE}


def test_without_metadata_the_positive_conditioning_tells_the_prompt() -> None:
    read = graph(
        {**CONDITIONED, "c": {"type": "collect"}},
        "p.conditioning > c.item",
        "c.collection > d.positive_conditioning",
        "q.conditioning > d.negative_conditioning",
    )
    assert prompt_of(read) == ("p", "prompt")
    assert batch(read, prompt="hen")["graph"]["nodes"]["p"] == {
        **COMPEL,
        "id": "p",
        "prompt": "hen",
        "style": "hen",
    }


def test_the_metadata_s_own_text_follows_the_prompt() -> None:
    read = graph({"p": COMPEL, "d": DENOISE, "m": {**METADATA, "positive_style_prompt": "other"}})
    made = batch(read, prompt="hen")["graph"]["nodes"]
    assert (made["p"]["prompt"], made["m"]["positive_prompt"], made["m"]["positive_style_prompt"]) == (
        "hen",
        "hen",
        "other",
    )


def test_a_lone_prompt_is_the_prompt() -> None:
    assert prompt_of(graph({"a": {"type": "external", "prompt": "fox"}})) == ("a", "prompt")


STRING: dict[str, Any] = {"type": "string", "value": "fox"}


@pytest.mark.parametrize(
    "read",
    [
        graph({"p": COMPEL, "q": COMPEL, "m": METADATA}),
        graph({"s": STRING, "p": COMPEL, "q": COMPEL, "m": METADATA}, "s.value > q.prompt"),
        graph({"s": STRING, "m": METADATA}, "s.value > m.positive_prompt"),
        graph(
            {"t": {"type": "prompt_template"}, "p": COMPEL, "m": METADATA},
            "t.positive_prompt > m.positive_prompt",
        ),
        graph({"m": METADATA, "p": {"type": "compel", "prompt": "hen"}}),
        graph({"m": METADATA, "p": COMPEL, "o": METADATA, "t": {"type": "mine"}}, "t.x > o.positive_prompt"),
        graph(
            {**CONDITIONED, "c": {"type": "collect"}},
            "p.conditioning > c.item",
            "q.conditioning > c.item",
            "c.collection > d.positive_conditioning",
        ),
        graph(
            {**CONDITIONED, "t": {"type": "prompt_template"}},
            "t.text > p.prompt",
            "p.conditioning > d.positive_conditioning",
            "q.conditioning > d.positive_conditioning",
        ),
        graph({"a": DENOISE}),
    ],
    ids=[
        "two nodes",
        "a string and a node",
        "read by nothing",
        "a template",
        "another text",
        "two metadata",
        "two regions",
        "one of two told",
        "none",
    ],
)
def test_a_prompt_that_can_not_be_told_is_not_changed(read: dict[str, Any]) -> None:
    assert prompt_of(read) is None
    read["nodes"]["seeded"] = {"type": "noise", "seed": 1}
    assert batch_from(read, seeds=[1], prompt="hen") == CannotReseed(
        "It can't be told which text of this job is its prompt."
    )


NAMES = st.sampled_from(["seed:1", "a", "b", "c"])
NODES = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "string", "noise", "core_metadata", "add", "rand_int", "compel"])},
    optional={
        "seed": st.integers() | st.none() | st.text(max_size=2) | st.booleans(),
        "value": st.integers() | st.sampled_from(["fox", "hen"]),
        "prompt": st.sampled_from(["fox", "hen"]) | st.none(),
        "positive_prompt": st.sampled_from(["fox", "hen"]),
    },
)
EDGES = st.builds(
    "{}.{} > {}.{}".format,
    NAMES,
    st.just("value"),
    NAMES,
    st.sampled_from(["seed", "value", "prompt", "a", "positive_prompt"]),
)


def unlike(made: dict[str, Any], read: dict[str, Any]) -> set[str]:
    """The fields in which nodes differ, but for those that drew a number."""
    return {
        field
        for name, node in read["nodes"].items()
        if node["type"] != "rand_int"
        for field in {*node, *made["nodes"][name]}
        if node.get(field) != made["nodes"][name].get(field)
    }


@given(st.fixed_dictionaries(dict.fromkeys(["seed:1", "a", "b", "c"], NODES)), st.lists(EDGES, max_size=6))
def test_any_graph_is_equal_but_for_fields_that_held_whole_numbers_and_no_wire_brings(
    nodes: dict[str, Any], edges: list[str]
) -> None:
    read = graph(nodes, *edges)
    made = batch_from(read, seeds=[5, 6])
    if isinstance(made, CannotReseed):
        return
    assert unlike(made.batch["graph"], read) <= {"is_intermediate"}
    for datum in made.batch.get("data", [[]])[0]:
        if read["nodes"][datum["node_path"]]["type"] != "rand_int":
            assert type(read["nodes"][datum["node_path"]][datum["field_name"]]) is int
        target = {"node_id": datum["node_path"], "field": datum["field_name"]}
        assert all(edge["destination"] != target for edge in made.batch["graph"]["edges"])
        assert datum["items"] == [5, 6]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_graph_is_answered_not_raised(data: st.DataObject) -> None:
    read = damaged(data, captured("item_completed_with_workflow")["session"]["graph"])
    assert isinstance(batch_from(read, seeds=[5]), BatchBody | CannotReseed)
    assert isinstance(batch_from(read, seeds=[5], prompt="hen"), BatchBody | CannotReseed)
