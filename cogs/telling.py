"""🔔 Tell me: who waits, where, and how they will hear of it."""

import discord

from bot.domain.subscriptions import Mine
from bot.domain.waits import Wait
from bot.errors import RequestRefused
from cogs.presses import Interaction
from cogs.visibility import subscription_here

NOWHERE = "That works in a server's channel only. Press it there."
SILENT = "This channel sends no mentions and no direct messages. An admin can change that with /notify show."


async def waiting_here(interaction: Interaction, server: str) -> tuple[Wait, Mine]:
    """RequestRefused where nobody could be reached."""
    guild_id, channel_id, here = interaction.guild_id, interaction.channel_id, interaction.channel
    if guild_id is None or channel_id is None or not interaction.is_guild_integration():
        raise RequestRefused(NOWHERE)
    subscription = await subscription_here(interaction)
    mine = Mine.MENTION if subscription is None else subscription.preferences.mine
    if mine is Mine.NEITHER:
        raise RequestRefused(SILENT)
    parent_id = here.parent_id if isinstance(here, discord.Thread) else None
    return Wait(server, interaction.user.id, guild_id, channel_id, parent_id), mine
