"""How long a workflow that is filled in is kept, for whom, and how many of them."""

from datetime import timedelta

import pytest

from bot.controls.drafts import KEPT, MAX_DRAFTS, MAX_OF_ONE, Draft, Drafts
from bot.domain.workflows import FieldKind, Form, FormField, Question
from bot.errors import RequestRefused
from bot.invokeai.workflows.offering import OpenWorkflow
from bot.invokeai.workflows.reading import Offered
from tests.fakes import Clock

SECOND = timedelta(seconds=1)


def draft(number: int, user: int = 7, fields: int = 1) -> Draft:
    asked = tuple(FormField("n", f"f{place}", FieldKind.TEXT, "Words") for place in range(fields))
    questions = tuple(map(Question, asked))
    return Draft(number, user, OpenWorkflow("w1", "Foxes", Form(asked), Offered(), questions))


def kept(drafts: Drafts, number: int, user: int = 7) -> bool:
    try:
        drafts.of(number, user)
    except RequestRefused:
        return False
    return True


def test_a_draft_is_kept_half_an_hour_after_its_last_form_for_who_began_it() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    one = drafts.keep(draft(1))
    assert not kept(drafts, 2)
    assert not kept(drafts, 1, user=8)
    clock.forward(KEPT)
    one = drafts.add(one, {"n::f0": "a fox"})
    clock.forward(KEPT)
    assert drafts.of(1, 7).typed == {"n::f0": "a fox"} == one.typed
    clock.forward(SECOND)
    assert not kept(drafts, 1)


def test_of_one_person_the_newest_are_kept_and_nobody_else_s_go_for_them() -> None:
    drafts = Drafts(Clock())
    drafts.keep(draft(1, user=8))
    for number in range(2, MAX_OF_ONE + 3):
        drafts.keep(draft(number))
    assert kept(drafts, 1, user=8)
    assert [kept(drafts, number) for number in range(2, MAX_OF_ONE + 3)] == [False, *[True] * MAX_OF_ONE]
    drafts.add(drafts.of(MAX_OF_ONE + 2, 7), {"n::f0": "a fox"})
    assert all(kept(drafts, number) for number in range(3, MAX_OF_ONE + 3))


def test_of_all_people_s_the_newest_are_kept_and_old_ones_are_forgotten() -> None:
    clock = Clock()
    drafts = Drafts(clock)
    for number in range(1, MAX_DRAFTS + 2):
        drafts.keep(draft(number, user=number))
    assert len(drafts) == MAX_DRAFTS
    assert not kept(drafts, 1, user=1)
    clock.forward(KEPT + SECOND)
    drafts.keep(draft(1000))
    assert len(drafts) == 1


@pytest.mark.parametrize(("fields", "pages"), [(0, []), (1, [1]), (5, [5]), (12, [5, 5, 2])])
def test_five_fields_are_asked_for_at_a_time(fields: int, pages: list[int]) -> None:
    assert [len(page) for page in draft(1, fields=fields).pages] == pages
