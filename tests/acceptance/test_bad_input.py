"""What people get for what they can do wrong, and for what fails around them."""

from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process, says
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.invokeai import Fault, SandboxInvokeAI


async def test_a_wrong_setting_ends_the_start_with_exit_2_and_one_sentence(
    studio: Studio, tmp_path: Path
) -> None:
    process = bot_process(studio, "http://127.0.0.1:1", tmp_path, BOT_LOG_LEVEL="LOUD")
    await process.start()
    assert await process.ended() == 2
    assert list(process.log) == ["BOT_LOG_LEVEL is wrong. Give DEBUG, INFO, WARNING or ERROR."]


async def test_a_refused_token_ends_the_start_with_exit_1_and_no_second_try(
    studio: Studio, tmp_path: Path
) -> None:
    process = bot_process(studio, "http://127.0.0.1:1", tmp_path, DISCORD_TOKEN="wrong")
    await process.start()
    assert await process.ended() == 1
    assert process.log[-1].startswith("Discord does not take DISCORD_TOKEN.")
    assert len([one for one in studio.discord.requests if one.status == 401]) == 1


async def test_with_invokeai_away_the_bot_starts_and_answers_all_the_same(
    studio: Studio, tmp_path: Path
) -> None:
    process = bot_process(studio, "http://127.0.0.1:1", tmp_path)
    await process.start()
    await process.says("discord_connected", within=20)
    for name, told in (("guest", False), ("operator", False), ("admin", True), ("owner", True)):
        answer = await studio.person(name).slash(studio.channel, "queue")
        assert "does not answer" in answer.text
        assert ("127.0.0.1" in answer.text) is told
    assert await process.stop() == 0


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
@pytest.mark.parametrize("fault", [Fault.HTML, Fault.SERVER_ERROR, Fault.HALF_JSON])
async def test_a_sick_invokeai_gets_one_sentence_and_nothing_is_lost(
    fault: Fault, bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    [number] = (await person.enqueue(draw(seconds=1))).numbers
    server.fault = fault
    answer = await studio.person("guest").slash(studio.channel, "queue")
    assert answer.text.count("\n") == 0
    assert "http:" not in answer.text
    assert "InvokeAI" in answer.text
    await bot.says("invokeai_unavailable", within=20)
    server.fault = None
    await studio.posted(f"✅ #{number}")
    assert sum("[warning  ] invokeai_unavailable" in line for line in bot.log) == 1


async def test_notify_moves_shows_and_ends_what_a_channel_gets(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    admin, other = studio.person("admin"), studio.guild.add_text_channel("other")
    assert f"<#{studio.channel.id}>" in (await admin.slash(other, "notify show")).text
    await admin.slash(studio.channel, "notify stop")
    assert "already" in (await admin.slash(studio.channel, "notify stop")).text
    await admin.slash(other, "notify here")
    await admin.slash(other, "notify test")
    await other.wait_for(lambda message: "Test notice" in message.content)
    [number] = (await person.enqueue(draw())).numbers
    await other.wait_for(lambda message: says(message.content, f"✅ #{number}"), timeout=20)
    assert studio.lines() == []


async def test_a_channel_without_the_permissions_is_named_before_it_is_subscribed(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    closed = studio.guild.add_text_channel("closed")
    studio.guild.deny(closed, studio.guild.bot_role, 1 << 15)
    answer = await studio.person("admin").slash(closed, "notify here")
    assert "Attach Files" in answer.text
    assert answer.ephemeral
