"""Who asks for a pause, and where the bot may speak of it later."""

import discord

from bot.discord.client import InvokeAIBot
from bot.domain.queue import HeldPause


def asked_pause(interaction: discord.Interaction[InvokeAIBot]) -> HeldPause:
    """A pause until somebody resumes. Notices of it go only into a channel of a guild that the bot is in."""
    bot = interaction.client
    inside = interaction.guild is not None and interaction.is_guild_integration()
    return HeldPause(
        bot.controls.server,
        interaction.user.id,
        bot.clock(),
        channel_id=interaction.channel_id if inside else None,
    )
