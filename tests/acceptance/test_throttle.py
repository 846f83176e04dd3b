"""What guests look up makes the bot no larger, and delivery no later."""

import asyncio
import os
import re
from collections.abc import Awaitable, Sequence
from pathlib import Path

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from planted import plant

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer

PRESSES = 60
COVERAGE = 12 if "COVERAGE_PROCESS_CONFIG" in os.environ else 0
"""MB that the bot has more while its coverage is measured."""
MAX_RSS, MAX_RSS_OF_MANY = 150 + COVERAGE, 200 + COVERAGE
"""MB, of the bot's own process: of one guest's presses, and of everybody's."""
STILL_COMING = "One moment: the pictures that you asked for before are still on their way."


def rss(bot: BotProcess) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{bot.pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1000


async def highest_during(bot: BotProcess, presses: Sequence[Awaitable[Answer]]) -> tuple[int, list[Answer]]:
    """The most memory that the bot had meanwhile, and the answers."""
    pressing = asyncio.gather(*presses)
    highest = 0
    while not pressing.done():
        highest = max(highest, rss(bot))
        await asyncio.sleep(0.02)
    return highest, await pressing


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)  # no other draws with film grain
async def test_details_of_a_picture_of_9_mb_pressed_by_one_guest_and_by_many_keep_the_bot_small(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del invokeai
    [number] = (await person.enqueue(draw(width=2448, height=1920, grain=40))).numbers
    notice = await studio.posted(f"✅ #{number}")
    assert len(notice.files[0].data) > 8_500_000
    button = f"job:details:invokeai:{number}"
    notice = plant(studio, studio.channel, [button])
    guest = studio.person("guest")
    highest, answers = await highest_during(bot, [guest.press(notice, button) for _ in range(PRESSES)])
    assert highest <= MAX_RSS
    shown = [answer for answer in answers if answer.files]
    told = [answer for answer in answers if not answer.files]
    assert 1 <= len(shown) <= 20
    assert all(answer.ephemeral and answer.text == STILL_COMING for answer in told)
    others = [studio.guild.add_member(f"guest {name}") for name in range(6)]
    highest, answers = await highest_during(
        bot, [other.press(notice, button) for other in others for _ in range(3)]
    )
    assert highest <= MAX_RSS_OF_MANY
    assert len([answer for answer in answers if answer.files]) >= len(others)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_who_looks_up_more_at_once_is_told_privately_also_where_the_answer_was_to_be_public(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot, invokeai
    [number] = (await person.enqueue(draw(width=2448, height=1920, grain=40))).numbers
    await studio.posted(f"✅ #{number}")
    operator, channel = studio.person("operator"), studio.channel
    original = f"job:original:invokeai:{number}"
    answers = await asyncio.gather(
        operator.slash(channel, "job", job=number, public=True),
        operator.slash(channel, "latest", public=True),
        operator.press(plant(studio, channel, [original]), original),
    )
    [shown] = [answer for answer in answers if answer.files]
    told = [answer for answer in answers if answer is not shown]
    assert [(answer.text, answer.ephemeral) for answer in told] == [(STILL_COMING, True)] * 2
