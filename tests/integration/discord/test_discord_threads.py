"""What the bot does in a thread that archives itself, through discord.py to the sandbox Discord."""

from typing import Any

import discord
import pytest
from discord import app_commands
from sandbox_discord_support import studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.delivery.message import Message
from bot.discord.replies import reply
from bot.discord.sink import DiscordCards, DiscordSink
from bot.domain.actions import ButtonStyle
from bot.domain.subscriptions import Preferences
from bot.errors import ChannelUnusable, ThreadArchived
from bot.render.message import ActionRow, Button, Colour, Notice, Panel, Text


def panel(words: str) -> Panel:
    button = Button("Refresh", "queue:refresh", ButtonStyle.SECONDARY)
    return Panel(Colour.RUNNING, (Text(words), ActionRow((button,))))


async def test_a_card_in_an_archived_thread_takes_no_edit_and_no_deletion_until_a_new_one_opens_it() -> None:
    async with studio() as (server, guild, channel):
        thread = guild.add_thread(channel, "foxes")
        async with running(server, TinyBot()) as bot:
            cards = DiscordCards(bot, dict[int, int]().get)
            old = await cards.post(thread.id, panel("first"))
            guild.archive(thread)
            with pytest.raises(ThreadArchived):
                await cards.edit(thread.id, old, panel("second"))
            with pytest.raises(ThreadArchived):
                await cards.delete(thread.id, old)
            new = await cards.post(thread.id, panel("second"))
            await cards.delete(thread.id, old)
            assert list(thread.stored) == [new]
            guild.archive(thread, locked=True)
            with pytest.raises(ChannelUnusable):
                await cards.post(thread.id, panel("third"))


async def test_a_notice_in_an_archived_thread_takes_no_edit_and_a_new_one_opens_it() -> None:
    async with studio() as (server, guild, channel):
        thread = guild.add_thread(channel, "foxes")
        async with running(server, TinyBot()) as bot:
            sink = DiscordSink(bot)
            notice = Notice("❌ #1 failed", "#1")
            message = Message(thread.id, notice, (), "n", {}, Preferences())
            first = await sink.put(message)
            guild.archive(thread)
            with pytest.raises(ThreadArchived):
                await sink.edit(thread.id, first, notice)
            again = Message(thread.id, notice, (), "m", {}, Preferences())
            second = await sink.put(again)
            assert list(thread.stored) == [first, second]
            assert not thread.archived


async def test_a_panel_that_is_pressed_in_an_archived_thread_stays_and_the_answer_is_a_whisper() -> None:
    async with studio() as (server, guild, channel):
        thread = guild.add_thread(channel, "foxes")
        guest = guild.add_member("guest")

        async def queue(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer(thinking=True)
            await reply(interaction, panel("first"))

        class Pressed(TinyBot):
            async def setup_hook(self) -> None:
                command = app_commands.Command[Any, ..., Any](
                    name="queue", description="The queue", callback=queue
                )
                self.tree.add_command(command)
                await self.tree.sync()

            async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
                if interaction.type is discord.InteractionType.component:
                    await interaction.response.defer()
                    await reply(interaction, panel("second"))

        async with running(server, Pressed()):
            shown = await guest.slash(thread, "queue")
            guild.archive(thread)
            [message] = thread.messages
            answer = await guest.press(message, "queue:refresh")
            [whispered] = (await answer.wait_for(lambda one: bool(one.followups))).followups
            assert "first" in shown.text == message.text
            assert "second" in whispered.text
            assert whispered.ephemeral_for == guest.id
