"""How long a form's pictures are remembered, and for whom."""

from datetime import timedelta

import pytest

from bot.discord.message_pictures import MessagePicture
from bot.discord.open_forms import FORM_KEPT, MAX_FORMS, OpenForm, OpenForms
from bot.errors import RequestRefused
from bot.render.message import Modal
from tests.fakes import Clock

FORM = OpenForm(7, [MessagePicture("fox.png", "https://cdn.discordapp.com/fox.png")], None, Modal("", "", ()))


def test_a_form_is_known_to_who_opened_it_until_its_time_is_over() -> None:
    clock = Clock()
    forms = OpenForms(clock)
    forms.keep(1, FORM)
    clock.forward(FORM_KEPT)
    assert forms.of(1, 7) is FORM
    for form, user in ((1, 8), (2, 7)):
        with pytest.raises(RequestRefused, match="no longer knows which picture"):
            forms.of(form, user)
    clock.forward(timedelta(seconds=1))
    with pytest.raises(RequestRefused, match="no longer knows which picture"):
        forms.of(1, 7)


def test_only_the_newest_forms_are_remembered() -> None:
    forms = OpenForms(Clock())
    for form in range(MAX_FORMS + 1):
        forms.keep(form, FORM)
    assert forms.of(MAX_FORMS, 7) is FORM
    with pytest.raises(RequestRefused):
        forms.of(0, 7)
