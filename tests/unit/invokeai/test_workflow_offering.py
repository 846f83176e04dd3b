"""What a person is asked for a workflow's fields: what to choose from, and what stands there at first."""

import pytest
from workflow_files import described, workflow

from bot.domain.jobs import Board
from bot.domain.limits import MAX_OPTIONS
from bot.domain.workflows import FieldKind, Form, FormField, InstalledModel, Limits, Option, Question
from bot.errors import RequestRefused
from bot.invokeai.workflows.form import form_of
from bot.invokeai.workflows.offering import questions_of
from bot.invokeai.workflows.reading import Offered

XL = InstalledModel("k1", "Juggernaut", "sdxl", "main")
OLD = InstalledModel("k2", "juggernaut", "sd-1", "main")
LORA = InstalledModel("k3", "Detail", "sdxl", "lora")


def asked(kind: FieldKind, offered: Offered | None = None, **about: object) -> Question:
    told = {"node_id": "n", "name": "f", "label": "Field", **about}
    field = FormField(kind=kind, **told)  # type: ignore[arg-type] - each test gives what its field has
    [question] = questions_of(Form((field,)), offered or Offered())
    return question


def test_each_field_of_a_form_is_one_question_in_its_order() -> None:
    form = form_of(workflow("form"), described())
    assert [each.about for each in questions_of(form, Offered())] == list(form.fields)


def test_yes_or_no_is_chosen_and_what_stands_there_is_the_field_s_value() -> None:
    one = asked(FieldKind.YES_NO, text="no", has_value=True)
    assert ([each.value for each in one.options], one.answer) == (["yes", "no"], "no")


def test_up_to_25_choices_are_a_list_and_more_are_typed() -> None:
    options = tuple(Option(f"v{number}", f"V{number}") for number in range(MAX_OPTIONS + 1))
    few = asked(FieldKind.CHOICE, text="v3", limits=Limits(options=options[:MAX_OPTIONS]))
    assert (few.options, few.answer) == (options[:MAX_OPTIONS], "v3")
    many = asked(FieldKind.CHOICE, text="v3", limits=Limits(options=options))
    assert (many.options, many.answer) == ((), "v3")


def test_models_that_fit_are_chosen_by_key_and_told_apart_where_two_have_one_name() -> None:
    offered = Offered([XL, OLD, LORA])
    one = asked(FieldKind.MODEL, offered, text="Detail", has_value=True, limits=Limits(model_types=("lora",)))
    assert (one.options, one.answer, one.needed) == ((Option("k3", "Detail"),), "k3", False)
    one = asked(FieldKind.MODEL, offered, limits=Limits(model_types=("main",)))
    assert [each.label for each in one.options] == ["Juggernaut · sdxl", "juggernaut · sd-1"]


def test_a_model_that_is_not_there_any_more_must_be_chosen_anew() -> None:
    one = asked(FieldKind.MODEL, Offered([XL]), text="Gone", has_value=True)
    assert (one.answer, one.needed) == ("", True)


@pytest.mark.parametrize("about", [{"required": True}, {"text": "Gone", "has_value": True}])
def test_without_any_model_that_fits_a_workflow_that_needs_one_is_refused(about: dict[str, object]) -> None:
    limits = Limits(model_types=("vae",))
    with pytest.raises(RequestRefused, match="has no model that fits “Field”"):
        asked(FieldKind.MODEL, Offered([XL]), limits=limits, **about)
    assert asked(FieldKind.MODEL, Offered([XL]), limits=limits).options == ()


def test_boards_are_chosen_with_auto_and_none_before_them() -> None:
    one = asked(FieldKind.BOARD, Offered(boards=[Board("b1", "Foxes")]), text="b1", has_value=True)
    assert one.options == (Option("auto", "Auto"), Option("none", "None"), Option("b1", "Foxes"))
    assert one.answer == "b1"


def test_among_more_boards_than_discord_shows_the_name_is_typed() -> None:
    boards = [Board(f"b{number}", f"Board {number}") for number in range(MAX_OPTIONS)]
    one = asked(FieldKind.BOARD, Offered(boards=boards), text="b7", has_value=True)
    assert (one.options, one.answer) == ((), "Board 7")


def test_an_image_is_needed_only_where_there_is_none_and_a_text_never() -> None:
    assert asked(FieldKind.IMAGE, required=True).needed
    assert not asked(FieldKind.IMAGE, required=True, has_value=True, text="a.png").needed
    assert not asked(FieldKind.TEXT, required=True).needed
    assert asked(FieldKind.NUMBER, required=True).needed
