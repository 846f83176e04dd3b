"""Workflows of the editor as batches: one test for each rule."""

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invokeai_answers import JSON, damaged
from workflow_files import described, names, node_of, saved, workflow

from bot.domain.workflows import FieldKind, Option
from bot.errors import RequestRefused
from bot.invokeai.workflows.conversion import to_batch, to_graph
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.filling import fill
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.node_types import NodeTypes, released_nodes
from bot.invokeai.workflows.reading import Offered


def wires(graph: dict[str, Any]) -> list[str]:
    return [
        "{node_id}.{field} > ".format(**edge["source"]) + "{node_id}.{field}".format(**edge["destination"])
        for edge in graph["edges"]
    ]


def test_only_invocations_become_nodes_with_the_editor_s_two_switches() -> None:
    graph = to_graph(workflow("plain"))
    assert set(graph["nodes"]) == {"seed", "noise", "save", "boarded"}
    assert graph["nodes"]["seed"] == {
        "id": "seed",
        "type": "integer",
        "value": 7,
        "use_cache": True,
        "is_intermediate": True,
    }
    assert graph["nodes"]["save"]["use_cache"] is False
    assert graph["nodes"]["save"]["is_intermediate"] is False


def test_an_input_without_a_value_and_a_value_under_a_wire_are_left_out() -> None:
    noise = to_graph(workflow("plain"))["nodes"]["noise"]
    assert "height" not in noise
    assert "seed" not in noise
    assert (noise["width"], noise["use_cpu"]) == (512, True)


def test_the_editor_s_words_for_a_board_are_left_out_and_a_real_board_stays() -> None:
    nodes = to_graph(workflow("plain"))["nodes"]
    assert "board" not in nodes["save"]
    assert nodes["boarded"]["board"] == {"board_id": "b1"}


def test_only_edges_that_carry_a_value_between_nodes_that_are_there_become_edges() -> None:
    assert wires(to_graph(workflow("plain"))) == ["seed.value > noise.seed"]


def test_connectors_are_followed_to_their_source_once_and_circles_and_open_ends_are_dropped() -> None:
    graph = to_graph(workflow("connectors"))
    assert wires(graph) == ["seed.value > noise.seed", "seed.value > other.seed"]
    assert graph["nodes"]["lost"]["seed"] == 8


def test_batch_nodes_of_a_group_are_zipped_and_the_others_multiply() -> None:
    body = to_batch(workflow("batches"), runs=2)
    fields = [
        [(one["node_path"], one["field_name"], one["items"]) for one in group] for group in body.batch["data"]
    ]
    assert fields == [
        [
            ("text", "value", ["fox", "hen"]),
            ("resize", "image", [{"image_name": "a.png"}, {"image_name": "b.png"}]),
        ],
        [("denoise", "steps", [4, 8, 12]), ("more", "value", [4, 8, 12])],
        [("denoise", "cfg_scale", [1.5, 2])],
    ]
    assert (body.jobs, body.batch["runs"]) == (2 * 2 * 3 * 2, 2)


def test_no_batch_node_and_no_wire_of_one_stands_in_the_graph() -> None:
    graph = to_graph(workflow("batches"))
    assert set(graph["nodes"]) == {"text", "resize", "denoise", "more"}
    assert graph["edges"] == []
    assert "image" not in graph["nodes"]["resize"]
    assert "value" not in graph["nodes"]["text"]


def test_what_generators_gave_stands_in_the_batch_and_they_do_not() -> None:
    made = workflow("generators")
    body = to_batch(made, generated={"g": [10, 15, 20], "d": ["a red fox", "a blue fox"]})
    assert [group[0]["items"] for group in body.batch["data"]] == [[10, 15, 20], ["a red fox", "a blue fox"]]
    assert set(body.batch["graph"]["nodes"]) == {"seed", "prompt"}
    assert body.jobs == 6


def test_the_inputs_of_a_called_workflow_are_gathered_but_for_what_a_wire_brings() -> None:
    graph = to_graph(workflow("calls-saved-workflow"))
    call = graph["nodes"]["call"]
    assert call["workflow_inputs"] == {"saved_workflow_input::seed::value": 9}
    assert (call["workflow_id"], [name for name in call if "::" in name]) == ("w-plain", [])
    assert wires(graph) == ["width.value > call.saved_workflow_input::noise::width"]


def test_the_batch_carries_the_workflow_without_its_id_and_our_origin() -> None:
    raw = saved("plain")
    batch = to_batch(EditorWorkflow.read(raw)).batch
    assert batch["workflow"] == {name: value for name, value in raw.items() if name != "id"}
    assert (batch["origin"], batch["destination"]) == ("invokeai-discord", "gallery")
    assert "data" not in batch


@pytest.mark.parametrize(
    ("name", "node_id", "inputs", "sentence"),
    [
        ("batches", "steps", {"integers": {"value": []}}, "The batch node “integer_batch” holds no items"),
        (
            "batches",
            "prompts",
            {"batch_group_id": {"value": "Group 1"}, "strings": {"value": ["fox"]}},
            "“Group 1”",
        ),
        ("generators", "g", {}, "The batch node “integer_batch” gets its items from the node “Every fifth”"),
    ],
    ids=["empty", "uneven", "not generated"],
)
def test_a_batch_node_that_can_not_be_turned_is_named(
    name: str, node_id: str, inputs: dict[str, Any], sentence: str
) -> None:
    raw = saved(name)
    node_of(raw, node_id)["inputs"].update(inputs)
    with pytest.raises(RequestRefused, match=sentence):
        to_batch(EditorWorkflow.read(raw))


def test_two_batch_nodes_on_one_field_are_refused() -> None:
    raw = saved("batches")
    raw["edges"].append({**raw["edges"][0], "source": "steps"})
    with pytest.raises(RequestRefused, match="Two batch nodes feed the same field of the node “string”"):
        to_batch(EditorWorkflow.read(raw))


def test_a_batch_fed_by_a_node_that_runs_is_refused_with_both_names() -> None:
    raw = saved("batches")
    raw["edges"].append(
        {
            **raw["edges"][0],
            "source": "more",
            "sourceHandle": "value",
            "target": "steps",
            "targetHandle": "integers",
        }
    )
    with pytest.raises(RequestRefused, match="“integer_batch” gets its items from the node “integer”"):
        to_batch(EditorWorkflow.read(raw))


def test_more_jobs_than_anybody_should_ask_for_are_refused() -> None:
    with pytest.raises(RequestRefused, match="makes 1,200 jobs"):
        to_batch(workflow("batches"), runs=100)


def test_a_node_that_this_server_lacks_is_named() -> None:
    raw = saved("plain")
    node_of(raw, "noise").update(type="canny_image_processor", label="Edges")
    with pytest.raises(RequestRefused, match=r"lacks the node “Edges” \(“canny_image_processor”\)"):
        to_batch(EditorWorkflow.read(raw), types=described())


def test_of_a_released_version_only_invokeai_s_own_nodes_are_known_from_the_package() -> None:
    types = released_nodes("6.14.2")
    assert types is not None
    raw = saved("plain")
    node_of(raw, "noise").update(type="mine", label="Mine", nodePack="my-nodes")
    for name in ("save", "boarded"):
        node_of(raw, name)["inputs"]["image"]["value"] = {"image_name": "a.png"}
    made = EditorWorkflow.read(raw)
    assert to_batch(made, types=types).jobs == 1
    with pytest.raises(RequestRefused, match="lacks the node “Mine”"):
        to_batch(made, types=NodeTypes(saved("node_types")))
    node_of(raw, "noise")["nodePack"] = "invokeai"
    with pytest.raises(RequestRefused, match="lacks the node “Mine”"):
        to_batch(EditorWorkflow.read(raw), types=types)


def test_the_package_tells_of_a_node_what_the_server_s_document_tells() -> None:
    types, document = released_nodes("6.14.2"), saved("node_types")
    assert types is not None
    schemas = document["components"]["schemas"].values()
    kinds = [one["properties"]["type"]["const"] for one in schemas if one.get("class") == "invocation"]
    assert len(kinds) > 3
    for kind in kinds:
        assert types.get(kind) == described().get(kind), kind


@pytest.mark.parametrize("version", ["6.6.0", "5.15.0"])
def test_the_package_tells_of_older_versions_what_their_nodes_take(version: str) -> None:
    types = released_nodes(version)
    assert types is not None
    blur = types.get("img_blur")
    assert blur is not None
    assert (blur.inputs["image"].kind, blur.inputs["image"].required) == (FieldKind.IMAGE, True)
    assert blur.inputs["blur_type"].limits.options == (Option("gaussian", "gaussian"), Option("box", "box"))
    assert types.get("sandbox_draw") is None


@pytest.mark.parametrize("version", ["6.9.0", "99.0.0", "../6.14.2", "", "unknown"])
def test_the_package_has_no_nodes_of_other_versions(version: str) -> None:
    assert released_nodes(version) is None


def test_a_value_that_a_node_needs_and_nobody_set_is_named() -> None:
    with pytest.raises(RequestRefused, match="The node “Keep” needs a value for “image”"):
        to_batch(workflow("plain"), types=described())


@pytest.mark.parametrize("raw", [None, [], {}, {"nodes": []}, {"nodes": [{"type": "notes", "id": "a"}]}])
def test_what_has_nothing_to_run_is_refused(raw: Any) -> None:
    with pytest.raises(RequestRefused, match="no node that could run"):
        EditorWorkflow.read(raw)


def test_a_workflow_of_too_many_nodes_is_refused() -> None:
    with pytest.raises(RequestRefused, match="3000 nodes"):
        EditorWorkflow.read({"nodes": [None] * 3000})


def tried(raw: Any) -> None:
    """Every step that a foreign workflow goes through: it works, or is refused."""
    for types in (None, described()):
        try:
            made = EditorWorkflow.read(raw)
            form = form_of(made, types)
            fill(made, form, {field.key: "1" for field in form.fields}, Offered())
            to_batch(made, types=types)
        except RequestRefused as refused:
            assert str(refused)  # noqa: PT017 - any other error fails the test


@given(JSON, JSON)
def test_foreign_json_raises_only_our_error(nodes: Any, edges: Any) -> None:
    tried(nodes)
    tried({"nodes": nodes, "edges": edges, "form": edges, "exposedFields": nodes})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from(names()))
def test_a_damaged_workflow_raises_only_our_error(data: st.DataObject, name: str) -> None:
    tried(damaged(data, saved(name)))


def chain(length: int) -> dict[str, Any]:
    """A wire through `length` connectors, each with a branch to a node."""
    nodes: list[dict[str, Any]] = [
        {"id": "n", "type": "invocation", "data": {"type": "noise", "inputs": {}}},
        *({"id": f"c{place}", "type": "connector"} for place in range(length)),
    ]
    ends = [("n", "noise", "c0", "in"), *((f"c{i}", "out", f"c{i + 1}", "in") for i in range(length - 1))]
    ends += [(f"c{place}", "out", "n", f"seed{place}") for place in range(length)]
    keys = ("source", "sourceHandle", "target", "targetHandle")
    edges = [{"type": "default", **dict(zip(keys, end, strict=True))} for end in ends]
    return {"nodes": nodes, "edges": edges}


def test_a_chain_of_connectors_costs_as_much_as_it_is_long() -> None:
    raw = chain(1900)
    started = time.process_time()
    made = EditorWorkflow.read(raw)
    assert time.process_time() - started < 0.5
    assert len(made.wires) == 1900
