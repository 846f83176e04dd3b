"""An unmodified discord.py bot lives in the sandbox Discord, over the wire."""

import aiohttp
import discord
import pytest
from sandbox_discord_support import PNG, studio
from sandbox_discord_tiny_bot import Panel, png, running

from sandbox.discord.permissions import Permission
from sandbox.discord.typed import NotOffered

SEND = "/channels/{channel_id}/messages"


async def test_a_bot_logs_in_and_registers_its_commands() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        assert bot.application_id == server.world.application_id
        known = bot.get_guild(guild.id)
        assert known
        assert known.me
        assert known.filesize_limit == 10 * 1024 * 1024
        assert [one.name for one in known.text_channels] == [channel.name]
        names = {command.name for command in server.world.commands[None].values()}
        assert {"ping", "paint", "job", "notify"} <= names


async def test_a_slash_command_is_answered_in_the_channel() -> None:
    async with studio() as (server, guild, channel), running(server):
        answer = await guild.add_member("ann").slash(channel, "ping")
        assert (answer.content, answer.ephemeral, answer.deferred) == ("pong", False, False)
        assert 0 <= answer.latency < 3
        assert channel.messages == [answer.message]


async def test_a_deferred_answer_becomes_its_edit_with_a_file() -> None:
    async with studio() as (server, guild, channel), running(server):
        answer = await guild.add_member("ann").slash(channel, "paint", prompt="a fox", steps=8)
        assert answer.deferred
        assert answer.content == "8 steps"
        assert answer.files[0].data == PNG
        assert answer.embeds[0]["image"]["url"] == answer.files[0].url
        async with aiohttp.ClientSession() as session, session.get(answer.files[0].url) as response:
            assert await response.read() == PNG


async def test_an_ephemeral_answer_is_seen_by_one_person_only() -> None:
    async with studio() as (server, guild, channel), running(server):
        answer = await guild.add_member("ann").slash(channel, "secret")
        await answer.wait_for(lambda now: bool(now.followups))
        assert (answer.content, answer.ephemeral, answer.followups[0].content) == ("psst", True, "and more")
        assert channel.messages == []


async def test_suggestions_come_while_a_person_types() -> None:
    async with studio() as (server, guild, channel), running(server):
        choices = await guild.add_member("ann").autocomplete(channel, "job", number="813")
        assert [choice["value"] for choice in choices] == [813]


async def test_the_client_refuses_what_the_bot_never_offered() -> None:
    async with studio() as (server, guild, channel), running(server):
        ann = guild.add_member("ann")
        for words, options in (
            ("nothing", {}),
            ("notify", {}),
            ("notify there", {}),
            ("paint", {}),
            ("paint", {"prompt": "a fox", "steps": 51}),
            ("paint", {"prompt": 3}),
            ("paint", {"prompt": "a fox", "seed": 1}),
            ("notify here", {}),
        ):
            with pytest.raises(NotOffered):
                await ann.slash(channel, words, **options)
        boss = guild.add_member("bea", roles=[guild.add_role("boss", permissions=Permission.MANAGE_GUILD)])
        assert (await boss.slash(channel, "notify here")).content == "pong"


async def test_a_persistent_button_of_a_panel_answers_whoever_presses_it() -> None:
    async with studio() as (server, guild, channel), running(server):
        ann = guild.add_member("ann")
        panel = await ann.slash(channel, "panel")
        assert panel.message.v2
        assert "# The queue" in panel.text
        again = await ann.press(panel, "job:again:813")
        assert (again.content, again.ephemeral) == ("job 813 once more", True)
        with pytest.raises(NotOffered):
            await ann.press(panel, "job:again:814")


async def test_a_modal_is_filled_in_and_answered() -> None:
    async with studio() as (server, guild, channel), running(server):
        ann = guild.add_member("ann")
        asked = await ann.slash(channel, "form")
        assert (await ann.submit(asked, count="4")).content == "4 then"


async def test_a_command_works_in_a_direct_message() -> None:
    async with studio() as (server, guild, _channel), running(server):
        ann = guild.add_member("ann")
        assert (await ann.slash(None, "ping")).content == "pong"
        assert ann.dm.messages[0].content == "pong"


async def test_an_album_is_one_message_and_its_nonce_counts_once() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        first = await room.send("two", files=[png("a.png"), png("b.png")], nonce="group-1")
        second = await room.send("two", files=[png("a.png"), png("b.png")], nonce="group-1")
        assert first.id == second.id
        assert [[file.filename for file in one.files] for one in channel.messages] == [["a.png", "b.png"]]
        assert await first.attachments[1].read() == PNG


async def test_the_history_is_searched_page_by_page() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        ann = guild.add_member("ann")
        said = [ann.say(channel, f"#{number}") for number in range(120)]
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        found = [one.id async for one in room.history(limit=None)]
        assert found == [one.id for one in reversed(said)]
        after = [one.id async for one in room.history(after=discord.Object(said[110].id), limit=5)]
        assert after == [one.id for one in said[111:116]]
        around = [one.id async for one in room.history(around=discord.Object(said[50].id), limit=3)]
        assert sorted(around) == [one.id for one in said[49:52]]


async def test_a_message_is_edited_pinned_and_deleted() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        guild.allow(channel, guild.bot_role, Permission.PIN_MESSAGES)
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        message = await room.send("one", embed=discord.Embed(title="t"))
        await message.edit(content="two")
        assert channel.messages[0].edits[0].content == "one"
        assert channel.messages[0].embeds[0]["title"] == "t"
        await message.pin()
        assert [one.id async for one in room.pins()] == [message.id]
        await message.delete()
        assert channel.messages == []


async def test_a_panel_is_sent_to_a_channel_and_edited_in_place() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        file = png()
        message = await room.send(view=Panel(file), file=file)
        other = png("other.png")
        await message.edit(view=Panel(other), attachments=[other])
        assert [one.filename for one in channel.messages[0].files] == ["other.png"]
