"""What goes wrong between a discord.py bot and Discord goes wrong in the sandbox too."""

import asyncio
from io import BytesIO
from typing import Any

import aiohttp
import discord
import pytest
from fakes import Seconds
from sandbox_discord_support import NOW, studio
from sandbox_discord_tiny_bot import TinyBot, ZlibStream, png, pointed_at, running

from sandbox.discord.answers import NoAnswer
from sandbox.discord.permissions import Permission

SEND = "/channels/{channel_id}/messages"


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
        big = discord.File(BytesIO(bytes(10 * 1024 * 1024 + 1)), "big.bin")
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
        with pytest.raises(discord.LoginFailure), pointed_at(server):
            await bot.start("another-token")
        await bot.close()


async def test_a_privileged_intent_that_is_not_switched_on_ends_the_start() -> None:
    async with studio() as (server, _guild, _channel):
        bot = TinyBot(intents=discord.Intents(guilds=True, message_content=True))
        with pytest.raises(discord.PrivilegedIntentsRequired), pointed_at(server):
            await bot.start(server.token)
        await bot.close()


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
    clock = Seconds(NOW)
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
