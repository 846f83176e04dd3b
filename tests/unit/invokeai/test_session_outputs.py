"""What a job made, and who waits for it, by sessions of real servers and some that were made up."""

from typing import Any

import graph_fixtures
import pytest
from hypothesis import given
from invokeai_answers import JSON, captured

from bot.domain.jobs import Output, OutputKind, Purpose
from bot.invokeai.session_outputs import MAX_TEXT, images_of, outputs_of, purpose_of

PICTURE, VIDEO, TEXT, NUMBER = OutputKind
MADE = {"type": "image_output", "image": {"image_name": "fox.png"}, "width": 256, "height": 128}


def ran(
    node: dict[str, Any], result: dict[str, Any] | None, name: str = "out", **more: Any
) -> dict[str, Any]:
    """A session of one node, prepared under another name as InvokeAI does."""
    return {
        "graph": {"id": "g", "nodes": {name: node}, "edges": []},
        "execution_graph": {"nodes": {"prepared": node}},
        "prepared_source_mapping": {"prepared": name},
        "executed": ["prepared", name],
        "results": {} if result is None else {"prepared": result},
        **more,
    }


def test_a_final_picture_has_its_name_and_the_files_own_size() -> None:
    assert outputs_of(captured("item_completed")["session"]) == (
        Output(PICTURE, "5747a417-67ae-43fe-bb56-21d838f8f678.png", size=(256, 128)),
    )
    assert outputs_of(ran({"type": "l2i"}, MADE)) == (Output(PICTURE, "fox.png", size=(256, 128)),)


def test_an_intermediate_picture_is_no_output() -> None:
    assert outputs_of(ran({"type": "l2i", "is_intermediate": True}, MADE)) == ()


@pytest.mark.parametrize("name", ["canvas_output:fxOpczF2B0", "canvas_output"])
def test_what_the_canvas_stages_is_an_output_but_no_picture_of_the_gallery(name: str) -> None:
    outputs = outputs_of(ran({"type": "img_resize", "is_intermediate": True}, MADE, name))
    assert outputs == (Output(PICTURE, "fox.png", size=(256, 128), staged=True),)
    assert images_of(outputs) == ()


def test_what_the_canvas_saves_to_the_gallery_is_final() -> None:
    outputs = outputs_of(ran({"type": "img_resize", "is_intermediate": False}, MADE, "canvas_output:x"))
    assert images_of(outputs) == ("fox.png",)


def test_a_video_is_an_output_of_its_own() -> None:
    result = {"type": "video_output", "video": {"video_name": "fox.mp4"}, "width": 64, "height": 48}
    outputs = outputs_of(ran({"type": "wan_l2v"}, result))
    assert outputs == (Output(VIDEO, "fox.mp4", size=(64, 48)),)
    assert images_of(outputs) == ("fox.mp4",)


def test_a_text_at_the_end_is_an_output_though_the_editor_calls_it_intermediate() -> None:
    session = ran({"type": "text_llm", "is_intermediate": True}, {"type": "string_output", "value": "A fox."})
    assert outputs_of(session) == (Output(TEXT, text="A fox."),)


def test_each_text_of_a_list_is_an_output() -> None:
    listed = {"type": "string_collection_output", "collection": ["A fox.", "A bird."]}
    assert [each.text for each in outputs_of(ran({"type": "dynamic_prompt"}, listed))] == [
        "A fox.",
        "A bird.",
    ]


def test_a_text_that_goes_into_another_node_is_no_output() -> None:
    session = ran({"type": "text_llm"}, {"type": "string_output", "value": "A fox."})
    ends = {
        "source": {"node_id": "out", "field": "value"},
        "destination": {"node_id": "x", "field": "prompt"},
    }
    session["graph"]["edges"] = [ends]
    assert outputs_of(session) == ()


def test_a_text_that_was_put_into_the_graph_is_no_output() -> None:
    assert outputs_of(ran({"type": "string"}, {"type": "string_output", "value": "a note"})) == ()


def test_a_long_text_is_cut() -> None:
    [output] = outputs_of(ran({"type": "text_llm"}, {"value": "x" * (MAX_TEXT + 1)}))
    assert len(output.text) == MAX_TEXT


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (0.125, "0.125"), (2.0, "2")])
def test_a_number_at_the_end_is_an_output(value: float, text: str) -> None:
    assert outputs_of(ran({"type": "float_math"}, {"value": value})) == (Output(NUMBER, text=text),)


@pytest.mark.parametrize("value", [True, None, float("nan"), " ", {"a": 1}])
def test_what_is_no_text_and_no_number_is_no_output(value: object) -> None:
    assert outputs_of(ran({"type": "float_math"}, {"value": value})) == ()


def test_a_number_beside_a_picture_is_no_output() -> None:
    session = ran({"type": "l2i"}, MADE)
    session["execution_graph"]["nodes"]["n"] = {"type": "add"}
    session["results"]["n"] = {"value": 7}
    assert [each.kind for each in outputs_of(session)] == [PICTURE]


def test_a_picture_with_several_maps_makes_as_many_pictures() -> None:
    maps = {f"{name}_map": {"image_name": f"{name}.png"} for name in ("normal", "roughness", "displacement")}
    found = outputs_of(ran({"type": "pbr_maps"}, {"type": "pbr_maps-output", **maps}))
    assert images_of(found) == ("normal.png", "roughness.png", "displacement.png")


def test_what_a_called_workflow_returns_is_told_by_kind() -> None:
    values = {"image": {"image_name": "fox.png"}, "clips": [{"video_name": "fox.mp4"}], "caption": "A fox."}
    returned = {"type": "workflow_return_output", "values": values}
    assert outputs_of(ran({"type": "call_saved_workflow"}, returned)) == (
        Output(PICTURE, "fox.png"),
        Output(VIDEO, "fox.mp4"),
        Output(TEXT, text="A fox."),
    )


def test_a_picture_from_the_node_cache_is_told_though_an_earlier_job_made_it() -> None:
    assert len(images_of(outputs_of(captured("item_completed_cached")["session"]))) == 1


@pytest.mark.parametrize(
    "result",
    [
        {"type": "image_output", "image": {"image_name": "../fox.png"}},
        {"type": "image_output", "image": None},
        {"type": "image_collection_output", "collection": []},
    ],
)
def test_a_picture_that_was_due_and_is_not_there_is_an_output_without_a_name(result: dict[str, Any]) -> None:
    assert outputs_of(ran({"type": "l2i"}, result)) == (Output(PICTURE),)


def test_a_job_without_a_final_node_owes_no_picture() -> None:
    assert outputs_of(ran({"type": "l2i", "is_intermediate": True}, MADE)) == ()
    assert outputs_of(None) == ()


@pytest.mark.parametrize(("node", "kind"), [("l2i", PICTURE), ("wan_l2v", VIDEO), ("video_concat", VIDEO)])
def test_a_result_that_invokeai_leaves_out_was_deleted(node: str, kind: OutputKind) -> None:
    session = ran({"type": node}, None)
    assert outputs_of(session) == (Output(kind, deleted=True),)
    session["executed"] = []
    assert outputs_of(session) == ()


def test_a_node_that_may_have_been_skipped_is_not_called_deleted() -> None:
    session = ran({"type": "l2i"}, None)
    session["execution_graph"]["nodes"]["if"] = {"type": "if"}
    assert outputs_of(session) == ()


FILTER = {"id": "canny_filter:a1", "nodes": {"f": {"type": "canny", "is_intermediate": True}}}


@pytest.mark.parametrize(
    ("graph", "origin", "destination", "purpose"),
    [
        (FILTER, "canny_filter:a1:b2", None, Purpose.UTILITY),
        (FILTER, "webv2:util:9d1c", None, Purpose.UTILITY),
        ({"id": "g", "nodes": {"f": {"is_intermediate": False}}}, "webv2:util:9d1c", None, Purpose.UTILITY),
        (FILTER, "workflows", "gallery", Purpose.FINAL),
        (FILTER, None, None, Purpose.FINAL),
        (FILTER, "canvas", "canvas:nxtCoTGfjk", Purpose.STAGING),
        (FILTER, "webv2:p:a:q:1", "canvas", Purpose.STAGING),
        ({"id": "", "nodes": FILTER["nodes"]}, ":x", None, Purpose.FINAL),
        ({"id": "g:1", "nodes": {"f": {"type": "l2i"}}}, "g:1:2", None, Purpose.FINAL),
        ({"id": "g", "nodes": {}}, "g:1", None, Purpose.FINAL),
        ({"nodes": {"canvas_output": {"is_intermediate": True}}}, "webv2:p:a:q:1", None, Purpose.STAGING),
    ],
)
def test_who_waits_for_a_job_is_told_by_its_nodes_and_its_origin(
    graph: dict[str, Any], origin: str | None, destination: str | None, purpose: Purpose
) -> None:
    assert purpose_of({"graph": graph}, origin, destination) is purpose


def test_the_canvas_real_graph_is_staging_and_the_generate_tab_s_is_final() -> None:
    staged, made = (graph_fixtures.session(f"real-{name}") for name in ("canvas-img2img", "generate-txt2img"))
    assert purpose_of(staged, "canvas", "canvas:nxtCoTGfjk") is Purpose.STAGING
    assert purpose_of(made, "generate", "generate") is Purpose.FINAL


@given(JSON)
def test_any_json_is_read_without_a_fall(anything: Any) -> None:
    outputs_of(anything)
    purpose_of(anything, "a", "b")
    for node in ({"type": "l2i"}, {"type": anything, "is_intermediate": anything}):
        for result in ({"value": anything}, {"image": anything}, {"video": anything}):
            outputs_of(ran(node, result))
        outputs_of(ran(node, {"type": "workflow_return_output", "values": anything}))
        outputs_of(ran(node, {"type": "image_collection_output", "collection": anything}))
        outputs_of(ran(node, None) | {"executed": anything, "results": anything})
        purpose_of({"graph": {"id": anything, "nodes": anything}}, "a", "b")
