"""A workflow's questions as forms that Discord takes, and what a person filled in read back."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from test_render_limits import MORNING, TRIED, foreign, panel_is_fit

from bot.discord.components import modal_of
from bot.domain.creation import Ran, Submitted
from bot.domain.limits import MAX_INPUT, MAX_OPTIONS
from bot.domain.queue import Outlook
from bot.domain.submissions import Asker, Submission
from bot.domain.workflows import (
    MAX_FORM_FIELDS,
    FieldKind,
    FormField,
    Limits,
    Option,
    Question,
    WorkflowSummary,
    pages,
)
from bot.render import creation, workflow_forms
from bot.render.message import ActionRow, Input, Text
from bot.render.text import plain, units
from bot.render.workflow_ids import WorkflowOpen
from sandbox.discord import forms, shapes

DRAFT = 2**64 - 1
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
short = st.text(max_size=120)
options = st.just(()) | st.lists(st.builds(Option, short, short), min_size=1, max_size=MAX_OPTIONS).map(tuple)
fields = st.builds(
    FormField,
    node_id=st.uuids().map(str),
    name=st.just("value"),
    kind=st.sampled_from([kind for kind in FieldKind if kind is not FieldKind.OTHER]),
    label=foreign,
    help=short,
    multiline=st.booleans(),
    limits=st.builds(
        Limits,
        minimum=numbers,
        maximum=numbers,
        above=numbers,
        below=numbers,
        max_length=st.none() | st.integers(-1, 10**6),
        options=st.just((Option("v", "x" * 90), Option("w", "y" * 90))),
    ),
)
questions = st.builds(Question, fields, options, short | st.just("x" * 4001), st.booleans())


def alike(question: Question, count: int) -> list[Question]:
    return [question] * count


forms_of = st.builds(alike, questions, st.integers(1, 11))


def text_field(text: str = "", **about: object) -> Question:
    field = FormField("n", "f", FieldKind.TEXT, "Words", text=text, has_value=bool(text))
    return Question(replace(field, **about), (), text)  # type: ignore[arg-type] - each test gives its own


def shown(*asked: Question, page: int = 0) -> tuple[Input, ...]:
    return workflow_forms.form("Foxes", asked, DRAFT, page, {}).inputs


@TRIED
@given(forms_of, foreign, st.booleans())
def test_each_page_of_any_workflow_is_a_form_that_discord_takes(
    asked: list[Question], name: str, filled: bool
) -> None:
    typed = {each.about.key: "x" for each in asked} if filled else {}
    for page, portion in enumerate(pages(asked)):
        form = workflow_forms.form(name, asked, DRAFT, page, typed)
        assert len(form.inputs) == len(portion) <= MAX_FORM_FIELDS
        assert 1 <= units(form.title) <= 45
        for each in form.inputs:
            assert 1 <= units(each.label) <= 45
            assert max(units(each.hint), units(each.help)) <= 100
            assert units(each.text) <= each.longest <= 4000 or each.options
            assert len(each.options) <= 25
            assert all(1 <= units(one.label) <= 100 for one in each.options)
            assert len({one.value for one in each.options}) == len(each.options)
        shapes.check(forms.MODAL, modal_of(form).to_dict())


@TRIED
@given(forms_of)
def test_a_form_that_is_sent_as_it_was_opened_brings_what_stood_there(asked: list[Question]) -> None:
    for page, portion in enumerate(pages(asked)):
        form = workflow_forms.form("Foxes", asked, DRAFT, page, {})
        typed = workflow_forms.typed_in(portion, {each.name: each.text for each in form.inputs})
        for each in portion:
            if each.about.kind is FieldKind.IMAGE:
                continue
            if each.options:
                offered = {option.value for option in each.options}
                assert typed[each.about.key] == (each.answer if each.answer in offered else "")
            elif units(each.answer) <= MAX_INPUT and plain(each.answer) == each.answer:
                assert typed[each.about.key] == each.answer


@TRIED
@given(forms_of, foreign, foreign, st.booleans())
def test_what_is_said_between_two_forms_fits_a_panel(
    asked: list[Question], name: str, sentence: str, again: bool
) -> None:
    panel_is_fit(workflow_forms.question(name, DRAFT))
    panel_is_fit(workflow_forms.queued(name))
    panel_is_fit(workflow_forms.queueing(name))
    for page, portion in enumerate(pages(asked)):
        panel_is_fit(workflow_forms.next_form(name, asked, DRAFT, page))
        typed = {each.about.key: each.answer for each in asked}
        button = WorkflowOpen(DRAFT, page) if again else None
        panel = workflow_forms.handed_back(sentence, portion, typed, button)
        assert isinstance(panel.blocks[-1], ActionRow) == again
        assert sum(units(block.body) for block in panel.blocks if isinstance(block, Text)) <= 4000


@TRIED
@given(foreign, st.integers(1, 16), st.integers(0, 16), st.booleans(), st.booleans())
def test_the_answer_fits_a_panel(name: str, jobs: int, told: int, paused: bool, known: bool) -> None:
    outlook = Outlook(paused, jobs, MORNING)
    one = Submission(1, "attic", "b1", Asker(5), MORNING, max(jobs, told))
    done = Ran(Submitted(one, tuple(range(900, 900 + told))), name, outlook if known else None)
    panel_is_fit(creation.ran(done))


@TRIED
@given(foreign, st.booleans())
def test_a_workflow_is_offered_by_name_and_category(name: str, shipped: bool) -> None:
    choice = workflow_forms.workflow_choice(WorkflowSummary("w1", name, "", shipped))
    assert 1 <= units(choice) <= 100
    assert choice.endswith("shipped" if shipped else "saved")


def test_a_text_that_is_too_long_to_be_shown_stays_unless_another_one_is_typed() -> None:
    long = text_field("x" * (MAX_INPUT + 1))
    [field] = shown(long)
    assert (field.text, field.hint) == ("", workflow_forms.UNSHOWN)
    assert workflow_forms.typed_in([long], {"field0": ""}) == {}
    assert workflow_forms.typed_in([long], {"field0": "new"}) == {"n::f": "new"}


def test_a_text_that_was_emptied_is_empty() -> None:
    assert workflow_forms.typed_in([text_field("old")], {"field0": ""}) == {"n::f": ""}


def test_a_picture_that_was_sent_needs_not_be_sent_again() -> None:
    about = FormField("n", "image", FieldKind.IMAGE, "Start", required=True)
    asked = [Question(about, needed=True)]
    first = workflow_forms.form("Foxes", asked, DRAFT, 0, {}).inputs[0]
    again = workflow_forms.form("Foxes", asked, DRAFT, 0, {"n::image": "new.png"}).inputs[0]
    assert (first.file, first.needed) == (True, True)
    assert (again.needed, again.help) == (False, workflow_forms.SENT)
    assert workflow_forms.files_in(asked, {"field0": "77"}) == {"n::image": "77"}
    assert workflow_forms.typed_in(asked, {"field0": "77"}) == {}


def test_what_discord_never_offered_is_no_choice() -> None:
    about = FormField("n", "f", FieldKind.CHOICE, "Mood")
    asked = [Question(about, (Option("calm", "Calm"),), "calm")]
    assert workflow_forms.typed_in(asked, {"field0": "0"}) == {"n::f": "calm"}
    assert workflow_forms.typed_in(asked, {"field0": "7"}) == {"n::f": ""}


def test_a_number_s_range_and_the_pages_stand_in_the_form() -> None:
    limits = Limits(minimum=1, maximum=50)
    number = Question(FormField("n", "steps", FieldKind.WHOLE_NUMBER, "Steps", limits=limits), (), "20")
    form = workflow_forms.form("Foxes", [number] * 6, DRAFT, 1, {})
    assert form.title == "Foxes (2 of 2)"
    assert [(each.text, each.help) for each in form.inputs] == [("20", "1 to 50")]


def test_jobs_whose_numbers_invokeai_does_not_tell_are_queued_all_the_same() -> None:
    one = Submission(1, "attic", "b1", Asker(5), MORNING, 2, 2)
    [words, *_] = creation.ran(Ran(Submitted(one), "Foxes", None)).blocks
    assert isinstance(words, Text)
    assert words.body == "🧩 2 jobs are queued\n-# Foxes"
    [words, *_] = creation.ran(Ran(Submitted(replace(one, sent=0)), "Foxes", None)).blocks
    assert isinstance(words, Text)
    assert "2 jobs will be queued when your turn comes" in words.body
