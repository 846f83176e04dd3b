"""What adopts a guild, and how that is taken back: by a setting, by the owner, by leaving."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from test_check_and_demo import run, settings

from sandbox.bot_process import BotProcess
from sandbox.discord.faults import Fault, route
from sandbox.discord.permissions import Permission
from sandbox.discord.world import Channel

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


@asynccontextmanager
async def running(
    studio: Studio, invokeai: InvokeAI, folder: Path, **settings: str
) -> AsyncGenerator[BotProcess]:
    """One life of the bot, on the same database as those before in that folder."""
    bot = bot_process(studio, invokeai.url, folder, **settings)
    await bot.start()
    await bot.says("discord_connected", within=20)
    await bot.says("invokeai_connected", within=20)
    yield bot
    assert await bot.stop() == 0


async def told(person: Person, channel: Channel) -> int:
    """A new job's number, once the channel has been told of its end."""
    [number] = (await person.enqueue(draw())).numbers
    await channel.wait_for(lambda message: f"#{number}" in message.content, timeout=30)
    return number


def theirs(studio: Studio) -> dict[str, str]:
    """The setting that adopts the stranger's guild."""
    return {"DISCORD_GUILD_IDS": str(studio.foreign.id)}


async def test_what_a_setting_adopts_ends_with_the_setting_whoever_subscribed_there(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    stranger, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path, **theirs(studio)):
        assert "finished pictures" in (await stranger.slash(lobby, "notify here")).text
        await told(person, lobby)
    seen = len(lobby.messages)
    async with running(studio, invokeai, tmp_path):
        for command in ("queue", "clear", "notify here"):
            assert "not one that I work for" in (await stranger.slash(lobby, command)).text
        await told(person, studio.channel)
        await person.enqueue(draw(seconds=30, steps=60))
        await studio.channel.wait_for(lambda message: bool(message.v2 and message.edits), timeout=20)
        assert len(lobby.messages) == seen
        gone = await studio.person("owner").slash(studio.channel, "notify stop", channel=str(lobby.id))
        assert f"Channel {lobby.id} gets no more notices." in gone.text


async def test_what_waits_for_a_guild_is_not_sent_once_the_setting_is_gone(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    stranger, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path, **theirs(studio)) as bot:
        await stranger.slash(lobby, "notify here")
        studio.foreign.deny(lobby, studio.foreign.bot_role, Permission.ATTACH_FILES)
        await told(person, studio.channel)
        await bot.says("channel_suspended", within=30)
    studio.foreign.allow(lobby, studio.foreign.bot_role, Permission.ATTACH_FILES)
    async with running(studio, invokeai, tmp_path) as bot:
        await bot.says("unserved_notices_dropped", within=20)
        await told(person, studio.channel)
        assert lobby.messages == []


async def test_where_the_owner_subscribes_a_channel_the_guild_is_adopted_for_good(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    stranger, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path):
        await studio.person("owner").slash(lobby, "notify here")
    async with running(studio, invokeai, tmp_path):
        await told(person, lobby)
        assert "waiting" in (await stranger.slash(lobby, "queue")).text


async def test_a_guild_into_which_the_owner_only_brings_the_bot_along_is_not_adopted(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    owner, lobby = studio.person("owner"), studio.people["stranger"][1]
    studio.foreign.state.installed = False
    async with running(studio, invokeai, tmp_path):
        assert "Invite me" in (await owner.slash(lobby, "notify here")).text
        assert str(studio.foreign.id) not in (await owner.slash(None, "notify show")).text


async def test_another_first_channel_leaves_the_earlier_one_and_says_so(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    other = studio.guild.add_text_channel("other")
    async with running(studio, invokeai, tmp_path):
        await told(person, studio.channel)
    async with running(studio, invokeai, tmp_path, DISCORD_CHANNEL_ID=str(other.id)) as bot:
        line = await bot.says("earlier_channel_subscribed", within=5)
        assert f"channel={studio.channel.id}" in line
        assert "channels off" in line
        number = await told(person, other)
        await studio.posted(f"#{number}")  # it is the same guild


async def test_a_first_channel_in_another_guild_ends_the_earlier_guild(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    _, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path):
        await told(person, studio.channel)
    seen = len(studio.channel.messages)
    async with running(studio, invokeai, tmp_path, DISCORD_CHANNEL_ID=str(lobby.id)) as bot:
        assert "served=" in await bot.says("earlier_channel_subscribed", within=5)
        await told(person, lobby)
        await told(person, lobby)
        assert len(studio.channel.messages) == seen
        refused = await studio.person("admin").slash(studio.channel, "queue")
        assert "not one that I work for" in refused.text


async def test_before_discord_says_where_a_new_first_channel_is_nothing_is_lost(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    other = studio.guild.add_text_channel("other")
    async with running(studio, invokeai, tmp_path):
        await told(person, studio.channel)
    await studio.discord.away(503)
    bot = bot_process(studio, invokeai.url, tmp_path, DISCORD_CHANNEL_ID=str(other.id))
    await bot.start()
    await bot.says("invokeai_connected", within=20)
    [number] = (await person.enqueue(draw())).numbers
    await bot.says("job_ended", within=20)
    await studio.discord.back()
    await studio.posted(f"#{number}")
    assert await bot.stop() == 0


async def test_a_guild_that_throws_the_bot_out_is_forgotten(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    _, lobby = studio.people["stranger"]
    owner = studio.person("owner")
    async with running(studio, invokeai, tmp_path) as bot:
        await owner.slash(lobby, "notify here")
        assert str(lobby.id) in (await owner.slash(None, "notify show")).text
        await told(person, lobby)  # the bot knows its guilds
        studio.discord.remove_guild(studio.foreign)
        assert f"channels=[{lobby.id}]" in await bot.says("guild_left", within=10)
        shown = (await owner.slash(None, "notify show")).text
        assert str(lobby.id) not in shown
        assert str(studio.channel.id) in shown


@pytest.mark.parametrize(
    ("status", "code", "gone"),
    [(404, 10004, True), (403, 50001, True), (503, None, False), (404, None, False)],
)
async def test_a_guild_that_is_missing_at_a_start_is_gone_only_if_discord_says_so(  # noqa: PLR0917 - what Discord says, and its answer
    status: int, code: int | None, gone: bool, studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    _, lobby = studio.people["stranger"]
    owner = studio.person("owner")
    async with running(studio, invokeai, tmp_path):
        await owner.slash(lobby, "notify here")
    studio.discord.remove_guild(studio.foreign)
    studio.discord.faults.add(Fault(route("GET /guilds/{guild_id}"), times=9, status=status, code=code))
    async with running(studio, invokeai, tmp_path) as bot:
        await bot.says("guild_left" if gone else "guild_check_failed", within=20)
        assert (str(lobby.id) in (await owner.slash(None, "notify show")).text) is not gone


async def test_in_a_direct_message_the_owner_ends_channels_and_guilds_anywhere(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    stranger, lobby = studio.people["stranger"]
    owner, other = studio.person("owner"), studio.guild.add_text_channel("other")
    async with running(studio, invokeai, tmp_path):
        for channel in (lobby, other):
            await owner.slash(channel, "notify here")
        shown = (await owner.slash(None, "notify show")).text
        assert "A stranger's** (`" in shown.replace("\\", "")
        assert "adopted by the owner" in shown
        choices = await owner.autocomplete(None, "notify stop", channel="")
        assert {one["value"] for one in choices} == {str(one.id) for one in (studio.channel, lobby, other)}
        assert [one["value"] for one in await owner.autocomplete(None, "notify stop", guild="stranger")] == [
            str(studio.foreign.id)
        ]
        off = await owner.slash(None, "notify stop", channel=f"<#{other.id}>")
        assert f"Channel {other.id} gets no more notices" in off.text
        assert "Say which channel or" in (await owner.slash(None, "notify stop")).text
        ended = (await owner.slash(None, "notify stop", guild=str(studio.foreign.id))).text
        assert (
            f"Server {studio.foreign.id} is no longer adopted. 1 channel there gets no more notices." in ended
        )
        assert "not adopted" in (await owner.slash(None, "notify stop", guild=str(studio.foreign.id))).text
        assert "not one that I work for" in (await stranger.slash(lobby, "queue")).text
        await told(person, studio.channel)
        assert lobby.messages == other.messages == []


async def test_an_admin_ends_only_what_is_in_their_own_guild(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    stranger, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path, **theirs(studio)):
        assert await stranger.autocomplete(lobby, "notify stop", channel="") == []
        assert await stranger.autocomplete(lobby, "notify stop", guild="") == []
        off = await stranger.slash(lobby, "notify stop", channel=str(studio.channel.id))
        assert "already gets no notices" in off.text
        ended = await stranger.slash(lobby, "notify stop", guild=str(studio.guild.id))
        assert "Only the owner" in ended.text
        assert ended.ephemeral
        shown = (await studio.person("admin").slash(studio.channel, "notify show")).text
        assert str(studio.channel.id) in shown


async def test_check_tells_who_is_adopted_and_who_gets_what(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    owner, lobby = studio.person("owner"), studio.people["stranger"][1]
    other = studio.guild.add_text_channel("other")
    asked = settings(studio, invokeai.url, tmp_path)
    async with running(studio, invokeai, tmp_path):
        await owner.slash(lobby, "notify here", failures=False, origin="canvas")
    _, said = await run(tmp_path, "check", **asked)
    assert "✓ Adopted: Studio, adopted by the settings\n" in said
    assert "✓ Adopted: A stranger's, adopted by the owner\n" in said
    assert "✓ Channel: #renders in Studio gets finished pictures, failures, cancellations" in said
    assert "✓ Channel: #lobby in A stranger's gets finished pictures, cancellations" in said
    assert "; only origin canvas; buzzes: " in said
    code, said = await run(tmp_path, "check", **asked | {"DISCORD_CHANNEL_ID": str(other.id)})
    assert code == 0, said
    earlier = re.search(r"^\? Channel: #renders in Studio .*\n +→ (.*)", said, re.MULTILINE)
    assert earlier
    assert "though DISCORD_CHANNEL_ID names another one now" in earlier[0]
    assert "invokeai-discord channels off" in earlier[1]
    code, said = await run(tmp_path, "check", **asked | {"DISCORD_CHANNEL_ID": ""})
    assert code == 0, said
    ended = "? Channel: #renders in Studio is subscribed, and gets nothing: its server is not adopted"
    assert f"{ended}\n    → Run /notify here there, or end it with" in said
    studio.discord.remove_guild(studio.foreign)
    _, said = await run(tmp_path, "check", **asked)
    assert f"? Adopted: {studio.foreign.id}, adopted by the owner; the bot is not in it\n" in said


async def test_what_the_command_line_ends_ends_beside_the_running_bot(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    owner, lobby = studio.person("owner"), studio.people["stranger"][1]
    other = studio.guild.add_text_channel("other")
    async with running(studio, invokeai, tmp_path):
        for channel in (lobby, other):
            await owner.slash(channel, "notify here")
        for arguments in (("channels", "off", str(other.id)), ("guilds", "drop", str(studio.foreign.id))):
            command = bot_process(studio, invokeai.url, tmp_path)
            await command.start(*arguments)
            assert await command.ended() == 0
        await told(person, studio.channel)
        await told(person, studio.channel)
        assert lobby.messages == other.messages == []
