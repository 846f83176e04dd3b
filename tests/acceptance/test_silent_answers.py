"""A public answer is a panel, of which a lock screen could show no word: it comes without a sound."""

from datetime import timedelta
from typing import Any

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from planted import plant

from sandbox.bot_process import BotProcess

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)

PUBLIC: list[tuple[str, dict[str, Any]]] = [
    ("pause", {}),
    ("resume", {}),
    ("free-vram", {}),
    ("queue", {"public": True}),
    ("jobs", {"public": True}),
    ("latest", {"public": True}),
]


async def test_no_public_answer_makes_a_phone_buzz(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [number] = (await person.enqueue(draw())).numbers
    await invokeai.until(number, "completed")
    for command, options in [*PUBLIC, ("job", {"job": number, "public": True}), ("again", {"job": number})]:
        answer = await studio.person("admin").slash(studio.channel, command, **options)
        assert not answer.ephemeral, command
        assert answer.message.v2, command
        assert not answer.message.push, command


async def test_a_panel_that_is_posted_anew_makes_no_phone_buzz_either(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    old = plant(studio, studio.channel, ["queue:refresh:invokeai"], age=timedelta(minutes=61))
    answer = await studio.person("guest").press(old, "queue:refresh:invokeai")
    await answer.wait_for(lambda one: bool(one.followups))
    assert not answer.followups[0].push
