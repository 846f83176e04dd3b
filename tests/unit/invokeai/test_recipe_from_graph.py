"""What a job is made by, read from its graph: one graph of each base that InvokeAI builds graphs for."""

from time import process_time
from typing import Any

import graph_fixtures
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import JSON, damaged

from bot.domain.jobs import Lora, Recipe
from bot.invokeai.session_results import recipe_of

OWN = frozenset({"id", "type", "is_intermediate", "use_cache", "board", "metadata"})
MODEL = {"name": "Dreamshaper 8"}


def wire(source: str, target: str) -> dict[str, Any]:
    """`noise.noise` to `denoise.noise`."""
    ends = [dict(zip(("node_id", "field"), end.split("."), strict=True)) for end in (source, target)]
    return {"source": ends[0], "destination": ends[1]}


def queued(nodes: dict[str, Any], *wires: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"graph": {"nodes": nodes, "edges": [wire(*each) for each in wires]}, **more}


def denoising(prompt: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"p": {"type": "compel", **prompt}, "d": {"type": "denoise_latents", **more}}


GIVES = ("p.conditioning", "d.positive_conditioning")


@pytest.mark.parametrize("name", graph_fixtures.NAMES)
def test_each_graph_tells_how_its_picture_is_made(name: str) -> None:
    assert recipe_of(graph_fixtures.session(name)) == graph_fixtures.recipe(name)


@pytest.mark.parametrize("name", graph_fixtures.NAMES)
def test_the_graphs_have_only_nodes_and_inputs_that_invokeai_has(name: str) -> None:
    graph, known = graph_fixtures.session(name)["graph"], graph_fixtures.known_nodes()
    written = [node for node in graph["nodes"].values() if node["type"] != "core_metadata"]
    for node in written:  # metadata may hold anything
        assert set(node) - OWN <= set(known[node["type"]]), node["id"]
    for edge in graph["edges"]:
        target = edge["destination"]
        inputs = OWN | set(known[graph["nodes"][target["node_id"]]["type"]])
        assert edge["source"]["node_id"] in graph["nodes"]
        assert target["field"] in inputs


def test_metadata_is_told_before_the_graph_and_the_graph_where_metadata_is_silent() -> None:
    nodes = denoising({"prompt": "of the graph"}, steps=30, scheduler="euler")
    nodes["m"] = {"type": "core_metadata", "positive_prompt": "of the metadata", "steps": 20, "seed": 0}
    assert recipe_of(queued(nodes, GIVES)) == Recipe(
        prompt="of the metadata", steps=20, seed=0, scheduler="euler", texts=("of the graph",)
    )


def test_the_size_is_the_one_at_which_was_generated() -> None:
    nodes = denoising({"prompt": "a fox"}, width=512, height=640)
    nodes["m"] = {"type": "core_metadata", "width": 1024, "height": 1280}
    recipe = recipe_of(queued(nodes, GIVES))
    assert recipe is not None
    assert (recipe.width, recipe.height) == (512, 640)


def test_what_a_job_that_ran_drew_and_wrote_is_told_in_place_of_what_stood_there() -> None:
    nodes = denoising({"prompt": ""}, seed=0)
    nodes |= {"r": {"type": "rand_int"}, "w": {"type": "text_llm", "prompt": "a better prompt for a fox"}}
    wires = (GIVES, ("r.value", "d.seed"), ("w.value", "p.prompt"))
    assert recipe_of(queued(nodes, *wires)) is None
    ran = {"prepared_source_mapping": {"1": "r"}, "results": {"1": {"value": 7}, "w": {"value": "a red fox"}}}
    assert recipe_of(queued(nodes, *wires, **ran)) == Recipe(prompt="a red fox", seed=7)


def test_seeds_that_differ_between_iterations_are_no_seed_of_the_job() -> None:
    nodes = denoising({"prompt": "a fox"}) | {"r": {"type": "rand_int"}}
    ran = {"prepared_source_mapping": {"1": "r", "2": "r"}, "results": {"1": {"value": 7}, "2": {"value": 8}}}
    assert recipe_of(queued(nodes, GIVES, ("r.value", "d.seed"), **ran)) == Recipe(prompt="a fox")


def test_two_pictures_of_one_job_share_what_is_the_same() -> None:
    nodes = denoising({"prompt": "a fox"}, steps=30, seed=1) | {
        "p2": {"type": "compel", "prompt": "a bird"},
        "d2": {"type": "denoise_latents", "steps": 30, "seed": 2},
    }
    told = recipe_of(queued(nodes, GIVES, ("p2.conditioning", "d2.positive_conditioning")))
    assert told == Recipe(prompt="a fox / a bird", steps=30, texts=("a fox", "a bird"))


def test_only_what_leads_to_the_final_picture_counts() -> None:
    nodes = denoising({"prompt": "a fox", "is_intermediate": True}, is_intermediate=True) | {
        "o": {"type": "l2i", "is_intermediate": False},
        "p2": {"type": "compel", "prompt": "left unused", "is_intermediate": True},
        "d2": {"type": "denoise_latents", "is_intermediate": True},
    }
    wires = (GIVES, ("p2.conditioning", "d2.positive_conditioning"), ("d.latents", "o.latents"))
    assert recipe_of(queued(nodes, *wires)) == Recipe(prompt="a fox")


def test_a_second_denoising_of_a_decoded_picture_is_the_one_that_is_told() -> None:
    nodes = denoising({"prompt": "a fox"}, steps=30) | {
        "l": {"type": "l2i", "is_intermediate": True},
        "e": {"type": "i2l", "is_intermediate": True},
        "d2": {"type": "denoise_latents", "steps": 8},
    }
    again = (("d.latents", "l.latents"), ("l.image", "e.image"), ("e.latents", "d2.latents"))
    wires = (GIVES, ("p.conditioning", "d2.positive_conditioning"), *again)
    for name in ("p", "d"):
        nodes[name]["is_intermediate"] = True
    assert recipe_of(queued(nodes, *wires)) == Recipe(prompt="a fox", steps=8)


def test_a_list_of_lists_is_read_item_by_item() -> None:
    nodes = denoising({"prompt": ""}) | {
        "c": {"type": "collect", "collection": ["a fox"]},
        "s": {"type": "string", "value": "a bird"},
        "i": {"type": "iterate"},
    }
    wires = (GIVES, ("s.value", "c.item"), ("c.collection", "i.collection"), ("i.item", "p.prompt"))
    told = recipe_of(queued(nodes, *wires))
    assert told is not None
    assert told.prompt == "a fox / a bird"


@pytest.mark.parametrize(("kind", "seed"), [("add", 12), ("sub", 8), ("mul", 20), ("div", None)])
def test_a_calculated_seed_is_calculated(kind: str, seed: int | None) -> None:
    for node in ({"type": kind}, {"type": "integer_math", "operation": kind.upper()}):
        nodes = denoising({"prompt": "a fox"}, seed=0) | {"n": {**node, "a": 10, "b": 2}}
        assert recipe_of(queued(nodes, GIVES, ("n.value", "d.seed"))) == Recipe(prompt="a fox", seed=seed)


def test_wires_in_a_circle_end_the_search() -> None:
    nodes = denoising({"prompt": ""}) | {"j": {"type": "string_join"}}
    circle = (("j.value", "j.string_left"), ("j.value", "j.string_right"), ("d.latents", "d.latents"))
    wires = (GIVES, ("j.value", "p.prompt"), *circle)
    assert recipe_of(queued(nodes, *wires)) is None


def test_a_text_that_doubles_at_each_node_is_not_built() -> None:
    nodes: dict[str, Any] = denoising({"prompt": ""}) | {"j0": {"type": "string", "value": "fox"}}
    wires = [GIVES, ("j40.value", "p.prompt")]
    for number in range(1, 41):
        nodes[f"j{number}"] = {"type": "string_join"}
        wires += [(f"j{number - 1}.value", f"j{number}.string_{side}") for side in ("left", "right")]
    assert recipe_of(queued(nodes, *wires)) is None


def test_long_graphs_take_time_in_proportion() -> None:
    """A look at each node for each node would take minutes here."""
    nodes: dict[str, Any] = denoising({"prompt": "a fox", "is_intermediate": True})
    wires: list[tuple[str, str]] = [GIVES]
    before = "d.latents"
    for number in range(20_000):
        nodes[f"n{number}"] = {"type": "lscale", "is_intermediate": number != 19_999}
        wires.append((before, f"n{number}.latents"))
        before = f"n{number}.latents"
    session = queued(nodes, *wires)
    start = process_time()
    assert recipe_of(session) == Recipe(prompt="a fox")
    assert process_time() - start < 5


def test_many_loras_are_cut() -> None:
    loras = [{"lora": {"name": f"Fur {number}"}, "weight": 1} for number in range(1000)]
    nodes = denoising({"prompt": "a fox"}) | {
        "l": {"type": "lora_collection_loader", "loras": loras},
        "m": {"type": "main_model_loader", "model": MODEL},
    }
    told = recipe_of(queued(nodes, GIVES, ("m.unet", "l.unet"), ("l.unet", "d.unet")))
    assert told is not None
    assert told.model == "Dreamshaper 8"
    assert told.loras == tuple(Lora(f"Fur {number}", 1.0) for number in range(50))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_graph_is_read_without_a_fall(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(graph_fixtures.NAMES))
    recipe_of(damaged(data, graph_fixtures.session(name)))


KINDS = st.sampled_from(
    ["compel", "collect", "iterate", "string_join", "add", "string", "denoise_latents", "x"]
)
FIELDS = st.sampled_from(
    [
        "positive_conditioning",
        "latents",
        "prompt",
        "value",
        "collection",
        "item",
        "a",
        "unet",
        "loras",
        "noise",
    ]
)
NODE_IDS = st.sampled_from(["a", "b", "c", "canvas_output:x"])
ENDS = st.fixed_dictionaries({"node_id": NODE_IDS, "field": FIELDS})


@given(
    nodes=st.dictionaries(
        NODE_IDS,
        st.dictionaries(FIELDS, JSON).flatmap(lambda node: KINDS.map(lambda kind: {**node, "type": kind})),
    ),
    edges=st.lists(st.fixed_dictionaries({"source": ENDS, "destination": ENDS}), max_size=12),
    results=st.dictionaries(NODE_IDS, st.dictionaries(FIELDS, JSON)) | JSON,
)
def test_any_graph_is_read_without_a_fall(nodes: Any, edges: Any, results: Any) -> None:
    recipe_of({"graph": {"nodes": nodes, "edges": edges}, "results": results})


@given(JSON)
def test_any_json_is_read_without_a_fall(anything: Any) -> None:
    recipe_of(anything)
    recipe_of({"graph": anything, "results": anything, "prepared_source_mapping": anything})
