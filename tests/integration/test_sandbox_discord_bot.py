"""An unmodified discord.py bot lives in the sandbox Discord, over the wire."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest
from sandbox_discord_support import PNG, Clock, Panel, TinyBot, ZlibStream, png, pointed_at, running, studio

from sandbox.discord.answers import NoAnswer
from sandbox.discord.permissions import Permission
from sandbox.discord.typed import NotOffered

SEND = "/channels/{channel_id}/messages"


async def test_a_bot_logs_in_and_registers_its_commands() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        assert bot.user
        assert bot.user.id == server.world.bot.id
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


async def test_a_rate_limit_is_honoured_and_no_429_provoked() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        server.rate_limits.limits["POST", SEND] = type(server.rate_limits.global_limit)(2, 0.2)
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        for number in range(5):
            await room.send(str(number))
        assert [one.content for one in channel.messages] == list("01234")
        assert {one.status for one in server.sent("POST", SEND)} == {200}


async def test_an_injected_429_is_waited_for_and_the_message_sent_once() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        server.fail_next(f"POST {SEND}", 429, headers={"Retry-After": "0.05"})
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        await room.send("once")
        assert [one.status for one in server.sent("POST", SEND)] == [429, 200]
        assert len(channel.messages) == 1


async def test_an_answer_that_is_lost_leaves_the_message_in_the_channel() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        server.cut_next(f"POST {SEND}", after=True)
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        with pytest.raises(aiohttp.ClientError):
            await room.send("lost", nonce="7")
        await room.send("lost", nonce="7")
        assert [one.content for one in channel.messages] == ["lost"]


async def test_a_file_above_the_guilds_limit_is_too_large() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        big = discord.File(__import__("io").BytesIO(bytes(10 * 1024 * 1024 + 1)), "big.bin")
        with pytest.raises(discord.HTTPException) as caught:
            await room.send(file=big)
        assert (caught.value.status, caught.value.code) == (413, 40005)


@pytest.mark.parametrize(
    ("lost", "code"),
    [
        (Permission.VIEW_CHANNEL, 50001),
        (Permission.SEND_MESSAGES, 50013),
        (Permission.ATTACH_FILES, 50013),
        (Permission.EMBED_LINKS, 50013),
    ],
)
async def test_a_missing_permission_is_forbidden(lost: Permission, code: int) -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        guild.deny(channel, guild.bot_role, lost)
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        with pytest.raises(discord.Forbidden) as caught:
            await room.send("x", embed=discord.Embed(title="t"), file=png())
        assert caught.value.code == code


async def test_a_wrong_token_is_refused_at_login() -> None:
    async with studio() as (server, _guild, _channel):
        bot = TinyBot()
        with pointed_at(server), pytest.raises(discord.LoginFailure):
            await bot.start("another-token")
        await bot.close()


async def test_a_privileged_intent_that_is_not_switched_on_ends_the_start() -> None:
    async with studio() as (server, _guild, _channel):
        bot = TinyBot(intents=discord.Intents(guilds=True, message_content=True))
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with running(server, bot):
                pass


@pytest.mark.parametrize("compression", [None, ZlibStream])
async def test_a_session_is_resumed_and_nothing_missed(compression: Any) -> None:
    async with studio() as (server, guild, channel), running(server, compression=compression) as bot:
        ann = guild.add_member("ann")
        server.gateway.close(4000)
        await server.gateway.wait_offline()
        ann.say(channel, "while you were away")
        async with asyncio.timeout(5):
            await bot.resumed.wait()
        assert server.gateway.sessions.resumed == 1
        assert [one.author.name for one in bot.heard] == ["ann"]


async def test_op_7_and_a_cut_connection_are_resumed() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        for break_it in (server.gateway.ask_to_reconnect, server.gateway.cut):
            bot.resumed.clear()
            break_it()
            async with asyncio.timeout(5):
                await bot.resumed.wait()
        assert (await guild.add_member("ann").slash(channel, "ping")).content == "pong"


async def test_a_silent_bot_has_not_responded() -> None:
    async with studio(first_answer=0.05) as (server, guild, channel), running(server):
        with pytest.raises(NoAnswer):
            await guild.add_member("ann").slash(channel, "silent")


async def test_an_answer_after_three_seconds_is_to_an_unknown_interaction() -> None:
    clock = Clock()
    async with studio(clock=clock) as (server, guild, channel), running(server) as bot:

        async def late(interaction: discord.Interaction[Any]) -> None:
            clock.now += 3.5
            with pytest.raises(discord.NotFound) as caught:
                await interaction.response.send_message("late")
            bot.failures.append(caught.value)

        bot.tree.get_command("silent")._callback = late  # type: ignore[union-attr, reportOptionalMemberAccess, reportAttributeAccessIssue] - the test bot's own command
        ann = guild.add_member("ann")
        asked = asyncio.create_task(ann.slash(channel, "silent"))
        done = await server.wait_for_request(lambda one: one.status == 404)
        assert done.answer["code"] == 10062
        asked.cancel()


async def test_a_panel_is_sent_to_a_channel_and_edited_in_place() -> None:
    async with studio() as (server, _guild, channel), running(server) as bot:
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        file = png()
        message = await room.send(view=Panel(file), file=file)
        other = png("other.png")
        await message.edit(view=Panel(other), attachments=[other])
        assert [one.filename for one in channel.messages[0].files] == ["other.png"]


async def test_discord_goes_away_and_comes_back() -> None:
    async with studio() as (server, guild, channel), running(server) as bot:
        await server.away()
        room = bot.get_channel(channel.id)
        assert isinstance(room, discord.TextChannel)
        with pytest.raises(aiohttp.ClientError):
            await room.send("nobody hears")
        await server.back()
        await server.gateway.wait_online()
        assert (await guild.add_member("ann").slash(channel, "ping")).content == "pong"
