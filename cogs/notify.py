"""Which channel is told what: /notify here, off, show, test."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access import Capability
from bot.discord_client import InvokeAIBot, needs
from bot.discord_sink import missing_permissions, reply, send_notice
from bot.errors import RequestRefused
from bot.render import notices, panels
from cogs.suggestions import told_channels

_LONGEST_ID = 19


@app_commands.guild_only()
class NotifyCog(commands.GroupCog, group_name="notify", group_description="Which channel is told what"):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._channels = bot.channels

    @needs(Capability.ADMIN)
    @app_commands.command(description="Post finished pictures, failures and cancellations in this channel")
    async def here(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        channel_id, guild_id = _place(interaction)
        missing = missing_permissions(interaction.app_permissions)
        if missing:
            raise RequestRefused(
                f"I can't post here yet: give me {', '.join(missing)} in this channel, then ask again."
            )
        await self._channels.here(channel_id, guild_id)
        await reply(
            interaction,
            panels.said(
                "This channel now gets finished pictures, failures and cancellations. Try it: /notify test."
            ),
        )

    @needs(Capability.ADMIN)
    @app_commands.command(description="Post nothing more in this channel, or in another one")
    @app_commands.describe(channel="Another channel, also one that is gone")
    @app_commands.autocomplete(channel=told_channels)
    async def off(self, interaction: discord.Interaction[InvokeAIBot], channel: str | None = None) -> None:
        here, guild_id = _place(interaction)
        channel_id = here if channel is None else _channel_id(channel)
        dropped = await self._channels.off(channel_id, guild_id)
        which = "This channel" if channel_id == here else f"Channel {channel_id}"
        if dropped is None:
            raise RequestRefused(f"{which} gets nothing from me already.")
        rest = f" {dropped} that were still owed are dropped." if dropped else ""
        await reply(interaction, panels.said(f"{which} gets nothing more from me.{rest}"))

    @needs(Capability.ADMIN)
    @app_commands.command(description="Which channels of this server get what")
    async def show(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        _, guild_id = _place(interaction)
        told = panels.channels(await self._channels.show(guild_id), await self._channels.suspended(guild_id))
        await reply(interaction, told)

    @needs(Capability.ADMIN)
    @app_commands.command(description="Post a sample in this channel, as a finished picture would come")
    async def test(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer(ephemeral=True)
        channel_id, _ = _place(interaction)
        await send_notice(interaction.client, channel_id, notices.sample())
        await reply(interaction, panels.said("The sample is posted. Did your phone buzz?"))


def _place(interaction: discord.Interaction[InvokeAIBot]) -> tuple[int, int]:
    if interaction.channel_id is None or interaction.guild_id is None:
        raise RequestRefused("That works in a server's channel only.")
    return interaction.channel_id, interaction.guild_id


def _channel_id(text: str) -> int:
    """From a choice, a number or a mention of the channel."""
    digits = text.strip().removeprefix("<#").removesuffix(">")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _LONGEST_ID:
        raise RequestRefused("Pick one of the channels, or give a channel's id.")
    return int(digits)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(NotifyCog(bot))
