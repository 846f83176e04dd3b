"""How long a refused form is kept, for whom, and how many of them."""

from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import discord
import pytest

from bot.domain.access import Capability
from bot.errors import RequestRefused
from bot.render.message import Input, Modal
from cogs.edit_again import FORM_KEPT, MAX_FORMS, FormRefused, KeptForms, handing_back
from cogs.presses import Interaction
from tests.fakes import Clock

SECOND = timedelta(seconds=1)
FORM = Modal("A form", "job:tweaked:invokeai:812", (Input("seed", "Seed", "banana"),))


class Answers:
    """An interaction's answers: nothing is deferred."""

    type: discord.InteractionResponseType | None = None

    def __init__(self) -> None:
        self.opened: list[discord.ui.Modal] = []
        self.sent = 0

    def is_done(self) -> bool:
        return False

    async def send_message(self, **_: object) -> None:
        self.sent += 1

    async def send_modal(self, modal: discord.ui.Modal) -> None:
        self.opened.append(modal)


def interaction(number: int, user: int = 7) -> tuple[Interaction, Answers]:
    async def capability(_: object) -> Capability:
        return Capability.VIEW

    answers = Answers()
    client = SimpleNamespace(capability=capability)
    found = SimpleNamespace(id=number, user=SimpleNamespace(id=user), response=answers, client=client)
    return cast("Interaction", found), answers


def refusal() -> FormRefused:
    with pytest.raises(FormRefused) as caught, handing_back(FORM):
        raise RequestRefused("A seed is a whole number.")
    return caught.value


async def hand_back(kept: KeptForms, number: int) -> None:
    asked, answers = interaction(number)
    await kept.hand_back(asked, refusal(), "form")
    assert answers.sent == 1


async def opens(kept: KeptForms, form_id: int, user: int = 7) -> bool:
    pressed, answers = interaction(99, user)
    try:
        await kept.open_again(pressed, form_id)
    except RequestRefused:
        return False
    [modal] = answers.opened
    assert modal.custom_id == FORM.action
    assert modal.to_dict()["components"][0]["component"]["value"] == "banana"
    return True


async def test_a_form_is_kept_a_quarter_of_an_hour_for_who_filled_it_in() -> None:
    clock = Clock()
    kept = KeptForms(clock)
    await hand_back(kept, 1)
    assert not await opens(kept, 2)
    assert not await opens(kept, 1, user=8)
    clock.forward(FORM_KEPT)
    assert await opens(kept, 1)
    assert await opens(kept, 1)
    clock.forward(SECOND)
    assert not await opens(kept, 1)


async def test_of_many_forms_the_newest_are_kept_and_old_ones_are_forgotten() -> None:
    clock = Clock()
    kept = KeptForms(clock)
    for number in range(1, MAX_FORMS + 2):
        await hand_back(kept, number)
    assert len(kept) == MAX_FORMS
    assert not await opens(kept, 1)
    assert await opens(kept, 2)
    clock.forward(FORM_KEPT + SECOND)
    await hand_back(kept, 1000)
    assert len(kept) == 1
