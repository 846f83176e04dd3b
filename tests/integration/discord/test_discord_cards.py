"""Cards as messages, sent through discord.py to the sandbox Discord."""

import asyncio
from datetime import UTC, datetime, timedelta

import discord
import pytest
from sandbox_discord_support import studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.discord.sink import DiscordCards, send_notice
from bot.errors import ChannelUnusable, MessageGone
from bot.render.message import Colour, File, MediaGallery, Notice, Panel, Text
from sandbox.discord.state import SUPPRESS_NOTIFICATIONS


def panel(words: str, *files: File) -> Panel:
    galleries = [MediaGallery.of(file) for file in files]
    return Panel(Colour.RUNNING, (Text(words), *galleries), files)


def jpeg(data: bytes) -> File:
    return File("1-preview.jpg", data, "Preview of #1")


async def test_a_card_comes_silently_and_an_edit_replaces_words_and_picture() -> None:
    async with studio() as (server, _, channel), running(server, TinyBot()) as bot:
        cards = DiscordCards(bot, {channel.id: 5}.get)
        message_id = await cards.post(channel.id, panel("first", jpeg(b"1")))
        [message] = channel.messages
        assert message.id == message_id
        assert message.flags & SUPPRESS_NOTIFICATIONS
        [shown] = message.components[0]["components"][1]["items"]
        assert shown["description"] == "Preview of #1"
        await cards.edit(channel.id, message_id, panel("second", jpeg(b"2")))
        assert "second" in message.text
        assert [file.data for file in message.files] == [b"2"]
        await cards.edit(channel.id, message_id, panel("third"))
        assert message.files == []
        assert cards.newest(channel.id) == 5


async def test_a_deleted_card_is_gone_to_an_edit_and_no_trouble_to_a_deletion() -> None:
    async with studio() as (server, _, channel), running(server, TinyBot()) as bot:
        cards = DiscordCards(bot, dict[int, int]().get)
        message_id = await cards.post(channel.id, panel("first"))
        await cards.delete(channel.id, message_id)
        assert channel.messages == []
        await cards.delete(channel.id, message_id)
        with pytest.raises(MessageGone):
            await cards.edit(channel.id, message_id, panel("second"))


async def test_a_lost_card_is_found_and_a_notice_is_not_taken_for_one() -> None:
    async with studio() as (server, _, channel), running(server, TinyBot()) as bot:
        cards = DiscordCards(bot, dict[int, int]().get)
        await send_notice(bot, channel.id, Notice("✅ #812 done", "#812"))
        message_id = await cards.post(channel.id, panel("first"))
        since = datetime.now(UTC)
        assert await cards.find(channel.id, since) == [message_id]
        assert await cards.find(channel.id, since + timedelta(minutes=30)) == [
            message_id
        ]  # a clock that is fast
        assert await cards.find(channel.id, since + timedelta(days=2)) == []


async def test_a_channel_that_refuses_is_unusable_and_its_permissions_tell_when_they_change() -> None:
    async with studio() as (server, guild, channel), running(server, TinyBot()) as bot:
        cards = DiscordCards(bot, dict[int, int]().get)
        before = cards.permissions(channel.id)
        assert before is not None
        update = asyncio.create_task(bot.wait_for("guild_channel_update", timeout=5))
        await asyncio.sleep(0)
        guild.deny(channel, guild.bot_role, discord.Permissions(send_messages=True).value)
        await update
        assert cards.permissions(channel.id) not in (before, None)
        with pytest.raises(ChannelUnusable):
            await cards.post(channel.id, panel("first"))
        assert cards.permissions(1) is None
