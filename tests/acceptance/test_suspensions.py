"""A channel that a person closed, or that is gone; a message that Discord refuses for good."""

from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw

from sandbox.bot_process import BotProcess
from sandbox.discord.faults import Fault, route

ATTACH_FILES = 1 << 15
SENDS = "POST /channels/{channel_id}/messages"


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_closed_channel_is_suspended_said_once_and_goes_on_when_it_is_mended(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    admin, other = studio.person("admin"), studio.guild.add_text_channel("other")
    await admin.slash(other, "notify here")
    studio.guild.deny(studio.channel, studio.guild.bot_role, ATTACH_FILES)
    [first, second] = [(await person.enqueue(draw())).numbers[0] for _ in range(2)]
    await bot.says("channel_suspended", within=30)
    await other.wait_for(lambda message: f"#{second}" in message.content, timeout=30)
    shown = (await admin.slash(other, "notify show")).text
    assert "Attach Files is missing; 2 notices waiting" in shown
    assert f"**<#{studio.channel.id}>**\n⚠️ Suspended" in shown
    assert "1 channel suspended" in (await admin.slash(other, "queue")).text
    assert studio.lines() == []
    studio.guild.allow(studio.channel, studio.guild.bot_role, ATTACH_FILES)
    await bot.says("channel_resumed", within=30)
    await studio.posted(f"#{first}")
    await studio.posted(f"#{second}")
    assert "suspended" not in (await admin.slash(other, "notify show")).text
    assert sum("channel_suspended" in line for line in bot.log) == 1


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_channel_that_is_gone_is_ended_from_another_one_and_by_nobody_else(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    admin, other = studio.person("admin"), studio.guild.add_text_channel("other")
    studio.guild.remove_channel(studio.channel)
    await person.enqueue(draw())
    await bot.says("channel_suspended", within=30)
    gone = str(studio.channel.id)
    stranger, lobby = studio.people["stranger"]
    assert await stranger.autocomplete(lobby, "notify stop", channel="") == []
    studio.guild.open_all_commands()
    assert await studio.person("guest").autocomplete(other, "notify stop", channel="") == []
    [choice] = await admin.autocomplete(other, "notify stop", channel=gone[:6])
    assert (choice["value"], choice["name"]) == (gone, f"{gone} (not visible to me)")
    assert "channel is gone; 1 notice waiting" in (await admin.slash(other, "notify show")).text
    assert "Pick one" in (await admin.slash(other, "notify stop", channel="@everyone")).text
    assert "already" in (await admin.slash(other, "notify stop", channel="1")).text
    ended = (await admin.slash(other, "notify stop", channel=gone)).text
    assert f"Channel {gone} gets no more notices. Dropped 1 notice still waiting." in ended
    assert "suspended" not in (await admin.slash(other, "queue")).text


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_refused_message_becomes_a_dead_letter_and_is_sent_again_beside_the_running_bot(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    studio.discord.faults.add(Fault(route(SENDS), times=1, status=400, code=50035))
    [first] = (await person.enqueue(draw())).numbers
    await bot.says("notice_dead_lettered", within=30)
    [second] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{second}")
    told = (await studio.person("admin").slash(studio.channel, "queue")).text
    assert "1 notice could not be delivered: see `invokeai-discord outbox list`" in told
    command = bot_process(studio, invokeai.url, tmp_path)
    await command.start("outbox", "retry", "--all")
    assert await command.ended() == 0
    await person.enqueue(draw())  # or a minute later
    await studio.posted("✅ 2 images", f"#{first}")


async def test_a_second_login_after_a_fall_does_not_load_everything_again(
    studio: Studio, tmp_path: Path
) -> None:
    studio.discord.faults.add(
        Fault(lambda _, path: path.endswith("/commands"), times=1, status=400, code=50035)
    )
    process = bot_process(studio, "http://127.0.0.1:1", tmp_path)
    await process.start()
    await process.says("service_failed", within=20)
    await process.says("discord_connected", within=20)
    assert sum("service_failed" in line for line in process.log) == 1
    assert not any("PyNaCl" in line or "davey" in line for line in process.log)
    assert await process.stop() == 0
