from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.discord.state import COMPONENTS_V2, SUPPRESS_NOTIFICATIONS, Message
from sandbox.invokeai import SandboxInvokeAI

PACE = 3.0


@pytest.fixture
async def invokeai(http: aiohttp.ClientSession) -> AsyncIterator[InvokeAI]:
    """Only the sandbox: what is tried here is the bot's behaviour towards Discord."""
    sandbox = SandboxInvokeAI()
    await sandbox.start()
    yield InvokeAI(sandbox.url, sandbox, http)
    await sandbox.stop()


def cards(studio: Studio) -> list[Message]:
    return [message for message in studio.channel.messages if message.v2 and message.interaction is None]


async def card(studio: Studio, *words: str) -> Message:
    return await studio.channel.wait_for(
        lambda message: message.v2 and all(word in message.text for word in words), timeout=20
    )


async def no_card(studio: Studio) -> None:
    await studio.channel.watch.until(lambda: not cards(studio), timeout=20, what="no card")


async def test_a_running_job_has_a_silent_card_with_its_progress_preview_and_buttons(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    running, _ = (await person.enqueue(draw(seconds=12, steps=24), runs=2)).numbers
    shown = await card(studio, f"#{running}", "%", "1 waiting", "1 of 2", "Skip", "Stop…", "Pause")
    assert shown.flags & SUPPRESS_NOTIFICATIONS
    assert not shown.push
    [file] = shown.files
    assert file.filename == f"{running}-preview.jpg"
    operator = studio.person("operator")
    answer = await operator.press(shown, "queue:pause:invokeai")
    assert answer.ephemeral
    assert "The queue is paused" in answer.text
    paused = await card(studio, "Paused after the running job", "Resume")
    assert paused.id == shown.id
    await operator.press(paused, f"job:cancel:invokeai:{running}")
    await invokeai.until(running, "canceled")
    await operator.slash(studio.channel, "cancel", scope="waiting")
    await no_card(studio)


async def test_after_a_kill_the_old_card_is_taken_up_or_away_and_never_left(
    bot: BotProcess, studio: Studio, person: Person, invokeai: InvokeAI
) -> None:
    first, second = (await person.enqueue(draw(seconds=30, steps=60), runs=2)).numbers
    old = await card(studio, f"#{first}")
    await bot.kill()
    await bot.start()
    again = await card(studio, f"#{first}", "started")
    assert [message.id for message in cards(studio)] == [again.id] == [old.id]
    await bot.kill()
    for number in (second, first):
        async with invokeai.http.put(f"{invokeai.url}/api/v1/queue/default/i/{number}/cancel"):
            pass
    await bot.start()
    await no_card(studio)
    await bot.says("discord_connected", within=20)


@pytest.mark.timeout(180)
async def test_a_batch_of_a_hundred_is_few_messages_in_order_and_a_card_at_an_easy_pace(
    studio: Studio, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    sandbox = SandboxInvokeAI(speed=2.0)
    await sandbox.start()
    bot = bot_process(
        studio, sandbox.url, tmp_path, BOT_CONTACT_SHEET_AFTER="0"
    )  # albums only, no contact sheet
    await bot.start()
    await bot.says("baseline_taken", within=20)
    await bot.says("discord_connected", within=20)
    person = Person(http, sandbox.url)
    numbers = (await person.enqueue(draw(seconds=0.4, steps=2, width=64, height=64), runs=100)).numbers
    await studio.channel.wait_for(
        lambda message: bool(_pictures([message])) and _told(studio) == [*numbers], timeout=150
    )
    await no_card(studio)
    notices = [message for message in studio.channel.messages if not message.v2]
    assert len(notices) <= 12
    assert len(_pictures(notices)) == 100
    drawn = _card_requests(studio)
    assert len(drawn) > 2
    assert all(later - earlier >= PACE for earlier, later in pairwise(drawn))
    assert [one for one in studio.discord.requests if one.status == 429] == []
    assert await bot.stop() == 0
    await sandbox.stop()


def _pictures(messages: Sequence[Message]) -> list[str]:
    return [file.filename for message in messages if not message.v2 for file in message.files]


def _told(studio: Studio) -> list[int]:
    """The jobs whose pictures are in the channel, in its order."""
    return [int(name.partition(".")[0].partition("-")[0]) for name in _pictures(studio.channel.messages)]


def _card_requests(studio: Studio) -> list[float]:
    """When the card was posted or edited."""
    return [
        one.at
        for one in studio.discord.requests
        if one.route.startswith("/channels/{channel_id}/messages")
        and one.method in {"POST", "PATCH"}
        and one.payload.get("flags", 0) & COMPONENTS_V2
    ]
