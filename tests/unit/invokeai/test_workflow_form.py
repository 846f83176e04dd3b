from dataclasses import replace
from typing import Any

import pytest
from workflow_files import described, node_of, saved, workflow

from bot.domain.jobs import Board
from bot.domain.workflows import FieldKind, Form, FormField, InstalledModel, Limits, Option, pages
from bot.invokeai.workflows.conversion import to_graph
from bot.invokeai.workflows.editor import EditorWorkflow
from bot.invokeai.workflows.filling import Unfit, check, fill
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.node_types import NodeTypes
from bot.invokeai.workflows.offering import questions_of
from bot.invokeai.workflows.reading import Offered

XL = InstalledModel("k1", "Juggernaut", "sd-1", "main", "blake3:1")
OFFERED = Offered(
    [
        XL,
        InstalledModel("k2", "Detail", "sd-1", "lora"),
        InstalledModel("k3", "Twin", "sd-1", "main"),
        InstalledModel("k4", "twin", "sd-2", "main"),
    ],
    [Board("b1", "Foxes"), Board("b2", "Hens"), Board("b3", "hens")],
)


def form(name: str) -> Form:
    return form_of(workflow(name), described())


def field(made: Form, label: str) -> FormField:
    return next(each for each in (*made.fields, *made.others) if each.label == label)


def filled(name: str, typed: dict[str, Any]) -> dict[str, Any]:
    """The nodes of the graph, after what was typed by label."""
    made = form(name)
    keys = {field(made, label).key: value for label, value in typed.items()}
    done = fill(workflow(name), made, keys, OFFERED)
    assert isinstance(done, EditorWorkflow), done
    return to_graph(done)["nodes"]


def sentence(label: str, typed: str, name: str = "exposed-fields") -> str:
    one = field(form(name), label)
    [wrong] = check([one], {one.key: typed}, OFFERED)
    return wrong


def test_the_form_is_read_in_its_order_each_field_once_without_what_is_wired_or_gone() -> None:
    made = form("form")
    assert [each.key for each in made.fields] == [
        "positive::prompt",
        "mood::value",
        "denoise::steps",
        "denoise::scheduler",
    ]
    assert [each.key for each in made.others] == ["loras::loras"]


def test_without_a_form_the_older_list_counts() -> None:
    made = form("exposed-fields")
    assert [(each.label, each.kind) for each in made.fields] == [
        ("Checkpoint", FieldKind.MODEL),
        ("Width: Value", FieldKind.WHOLE_NUMBER),
        ("Height: Value", FieldKind.WHOLE_NUMBER),
        ("Width", FieldKind.WHOLE_NUMBER),
        ("Start from", FieldKind.IMAGE),
        ("Color", FieldKind.COLOR),
        ("Flag: Value", FieldKind.YES_NO),
        ("Float Primitive: Value", FieldKind.NUMBER),
        ("Strings", FieldKind.TEXTS),
        ("Board", FieldKind.BOARD),
    ]
    assert [len(page) for page in pages(questions_of(made, OFFERED))] == [5, 5]


def test_a_field_tells_what_it_takes_and_what_it_holds() -> None:
    prompt = field(form("form"), "Prompt")
    assert (prompt.help, prompt.text, prompt.multiline, prompt.required) == (
        "What you want to see",
        "a fox",
        True,
        False,
    )
    assert field(form("exposed-fields"), "Start from").help == ""  # its author said it in the label
    steps = field(form("form"), "Steps")
    assert steps.limits == Limits(minimum=4, maximum=50)
    scheduler = field(form("form"), "Scheduler")
    assert (scheduler.kind, scheduler.text) == (FieldKind.CHOICE, "euler")
    assert Option("dpmpp_3m_k", "dpmpp_3m_k") in scheduler.limits.options
    model = field(form("exposed-fields"), "Checkpoint")
    assert (model.required, model.has_value, model.limits.model_types) == (True, False, ("main",))
    assert field(form("exposed-fields"), "Color").text == "#ff8800"
    assert field(form("exposed-fields"), "Strings").text == "fox\nhen"
    assert field(form("exposed-fields"), "Board").text == "auto"


def test_choices_that_the_form_s_author_wrote_are_the_choices_of_a_text() -> None:
    mood = form("form").fields[1]
    assert (mood.kind, mood.text) == (FieldKind.CHOICE, "calm, soft")
    assert mood.limits.options == (Option("calm, soft", "Calm"), Option("loud, bright", "Loud"))


def test_a_server_that_describes_nothing_leaves_it_to_the_values_and_the_settings() -> None:
    made = form_of(workflow("exposed-fields"))
    assert [each.kind for each in made.fields] == [
        FieldKind.MODEL,
        FieldKind.WHOLE_NUMBER,
        FieldKind.WHOLE_NUMBER,
        FieldKind.WHOLE_NUMBER,
        FieldKind.IMAGE,
        FieldKind.COLOR,
        FieldKind.YES_NO,
        FieldKind.NUMBER,
        FieldKind.BOARD,
    ]
    assert [each.key for each in made.others] == ["words::strings"]
    assert form_of(workflow("form")).fields[2].limits.maximum == 50


@pytest.mark.parametrize(
    ("label", "typed", "node", "name", "value"),
    [
        (
            "Checkpoint",
            "juggernaut",
            "loader",
            "model",
            {"key": "k1", "hash": "blake3:1", "name": "Juggernaut", "base": "sd-1", "type": "main"},
        ),
        ("Width", " 640 ", "noise", "width", 640),
        ("Start from", "a.png", "picture", "image", {"image_name": "a.png"}),
        ("Color", "0000ff80", "tint", "color", {"r": 0, "g": 0, "b": 255, "a": 128}),
        ("Flag: Value", "No", "flag", "value", False),
        ("Flag: Value", False, "flag", "value", False),
        ("Float Primitive: Value", "1e-1", "ratio", "value", 0.1),
        ("Board", "foxes", "save", "board", {"board_id": "b1"}),
        ("Board", "b2", "save", "board", {"board_id": "b2"}),
    ],
)
def test_what_was_typed_stands_in_the_graph_as_invokeai_wants_it(
    label: str, typed: str | bool, node: str, name: str, value: Any
) -> None:
    needed = {"Checkpoint": "k1", "Start from": "z.png"}
    assert filled("exposed-fields", {**needed, label: typed})[node][name] == value


def test_a_list_is_one_item_in_each_line_and_stands_in_the_embedded_workflow_too() -> None:
    made = form("exposed-fields")
    typed = {"loader::model": "k1", "picture::image": "a.png", "words::strings": "owl\n\n cat \n"}
    done = fill(workflow("exposed-fields"), made, typed, OFFERED)
    assert isinstance(done, EditorWorkflow)
    assert node_of(dict(done.raw), "words")["inputs"]["strings"]["value"] == ["owl", "cat"]


def test_the_given_workflow_stays_as_it_is() -> None:
    given = workflow("form")
    assert isinstance(fill(given, form("form"), {"denoise::steps": "9"}, OFFERED), EditorWorkflow)
    assert given.raw == saved("form")


def test_what_comes_back_as_it_was_shown_changes_nothing() -> None:
    raw = saved("exposed-fields")
    node_of(raw, "words")["inputs"]["strings"]["value"] = ["two\nlines", "one"]
    node_of(raw, "ratio")["inputs"]["value"]["value"] = 0.1234567890123456
    made = form_of(EditorWorkflow.read(raw), described())
    typed: dict[str, str | bool] = {each.key: f" {each.text}\n" for each in made.fields if each.has_value}
    typed |= {"loader::model": "k1", "picture::image": "a.png"}
    done = fill(EditorWorkflow.read(raw), made, typed, OFFERED)
    assert isinstance(done, EditorWorkflow)
    for node in ("words", "ratio", "flag", "tint", "save", "width"):
        assert node_of(dict(done.raw), node) == node_of(raw, node)


def test_a_choice_is_taken_by_its_label_too() -> None:
    assert filled("form", {form("form").fields[1].label: "LOUD"})["mood"]["value"] == "loud, bright"


def test_an_emptied_field_that_is_not_needed_is_unset() -> None:
    assert (
        "width"
        not in filled("exposed-fields", {"Checkpoint": "k1", "Start from": "a.png", "Width": ""})["noise"]
    )
    assert filled("form", {"Prompt": ""})["positive"]["prompt"] == ""


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Checkpoint", "Detail", "This InvokeAI has no model “Detail” that fits “Checkpoint”."),
        (
            "Checkpoint",
            "Twin",
            "This InvokeAI has 2 models “Twin” that fit “Checkpoint”. Choose one from the list.",
        ),
        ("Checkpoint", "", "“Checkpoint” is needed."),
        ("Width", "641", "“Width” takes a whole number of at least 1 that is a multiple of 8, not “641”."),
        ("Width", "0", "“Width” takes a whole number of at least 1 that is a multiple of 8, not “0”."),
        ("Width", "9" * 5000, "“Width” takes a whole number of at least 1"),
        ("Float Primitive: Value", "nan", "“Float Primitive: Value” takes a number, not “nan”."),
        ("Start from", "../etc", "“Start from” takes an image, not “../etc”."),
        ("Color", "red", "“Color” takes a color such as #ff8800, not “red”."),
        ("Flag: Value", "perhaps", "“Flag: Value” takes yes or no, not “perhaps”."),
        ("Board", "Owls", "This InvokeAI has no board “Owls” for “Board”."),
        ("Board", "HENS", "This InvokeAI has more than one board “HENS” for “Board”."),
    ],
)
def test_each_wrong_value_is_one_sentence(label: str, typed: str, said: str) -> None:
    assert sentence(label, typed).startswith(said)
    assert len(sentence(label, typed)) < 200


def test_a_range_and_a_list_of_choices_are_said() -> None:
    assert sentence("Steps", "51", "form") == "“Steps” takes a whole number from 4 to 50, not “51”."
    assert sentence("Scheduler", "magic", "form").startswith("“Scheduler” takes one of “ddim”, “ddpm”")
    assert "… , not" not in sentence("Scheduler", "magic", "form")


def test_all_wrong_values_are_told_together_and_what_only_invokeai_can_set() -> None:
    raw = saved("form")
    raw["form"]["elements"]["loras"]["data"]["fieldIdentifier"] = {"nodeId": "video", "fieldName": "video"}
    raw["nodes"].append(
        {"id": "video", "type": "invocation", "data": {"type": "extract_video_range", "inputs": {}}}
    )
    made = form_of(EditorWorkflow.read(raw), described())
    done = fill(EditorWorkflow.read(raw), made, {"denoise::steps": "x", "denoise::scheduler": "y"}, OFFERED)
    assert isinstance(done, Unfit)
    assert [each.split(" takes ")[0] for each in done.sentences[:2]] == ["“Steps”", "“Scheduler”"]
    assert done.sentences[2] == "“Video” is needed, and can only be set in InvokeAI."


@pytest.mark.parametrize(
    ("value", "said"),
    [("", "“File path” is needed, and can only be set in InvokeAI."), ("/prompts.txt", None)],
)
def test_a_file_of_the_server_s_disk_is_never_named_from_discord(value: str, said: str | None) -> None:
    raw = saved("form")
    raw["form"]["elements"]["loras"]["data"]["fieldIdentifier"] = {"nodeId": "file", "fieldName": "file_path"}
    inputs = {"file_path": {"value": value}}
    raw["nodes"].append(
        {"id": "file", "type": "invocation", "data": {"type": "prompt_from_file", "inputs": inputs}}
    )
    made = form_of(EditorWorkflow.read(raw))
    assert [each.key for each in made.others] == ["file::file_path"]
    required = replace(made, others=(replace(made.others[0], required=True),))
    done = fill(EditorWorkflow.read(raw), required, {"file::file_path": "/etc/passwd"}, OFFERED)
    if said is not None:
        assert done == Unfit((said,))
    else:
        assert isinstance(done, EditorWorkflow)
        assert node_of(dict(done.raw), "file")["inputs"]["file_path"]["value"] == value


def test_a_form_whose_elements_go_in_a_circle_ends() -> None:
    raw = saved("form")
    raw["form"]["elements"]["row"]["data"]["children"] = ["root", "row", "prompt"]
    assert form_of(EditorWorkflow.read(raw)).fields[0].key == "positive::prompt"


@pytest.mark.parametrize(
    ("told", "bases", "types"),
    [("SDXLMainModelField", ("sdxl",), ("main",)), ("LoRAModelField", (), ("lora",)), ("Unheard", (), ())],
)
def test_an_older_server_tells_by_ui_type_which_models_fit(told: str, bases: Any, types: Any) -> None:
    schema = {
        "class": "invocation",
        "properties": {
            "type": {"const": "loader"},
            "model": {
                "allOf": [{"$ref": "#/components/schemas/ModelIdentifierField"}],
                "field_kind": "input",
                "ui_type": told,
            },
        },
    }
    known = NodeTypes({"components": {"schemas": {"Loader": schema}}}).get("loader")
    assert known is not None
    limits = known.inputs["model"].limits
    assert (known.inputs["model"].kind, limits.model_bases, limits.model_types) == (
        FieldKind.MODEL,
        bases,
        types,
    )
