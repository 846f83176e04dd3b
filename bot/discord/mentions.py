"""Whom the notices of a channel mention, and whether they hear of it."""

from typing import Any, cast

import discord

from bot.discord.replies import chosen
from bot.domain.subscriptions import Mention, MentionKind
from bot.errors import RequestRefused


def mentionable(
    interaction: discord.Interaction[Any], channel_id: int, whom: discord.Role | discord.Member
) -> Mention:
    """Whom notices in that channel may mention; RequestRefused for a role that nobody would hear of."""
    if isinstance(whom, discord.Member):
        return Mention(MentionKind.USER, whom.id)
    if whom.is_default():
        raise RequestRefused("I mention a role or a person, not everyone.")
    if not whom.mentionable and not _may_mention_any(interaction, channel_id):
        raise RequestRefused(
            f"The role {whom.name} can't be mentioned yet: allow anyone to mention it, or give me Mention "
            "Everyone in that channel."
        )
    return Mention(MentionKind.ROLE, whom.id)


def picked(interaction: discord.Interaction[Any], channel_id: int) -> Mention | None:
    """The role or the person that was picked in Discord's own menu; None: nobody. As `mentionable`."""
    values = chosen(interaction)
    if not values:
        return None
    [value] = values
    data = cast("dict[str, Any]", interaction.data or {})
    resolved = cast("dict[str, dict[str, Any]]", data.get("resolved") or {})
    if value in resolved.get("users", {}):
        return Mention(MentionKind.USER, int(value))
    named = value in resolved.get("roles", {})
    role = interaction.guild.get_role(int(value)) if named and interaction.guild else None
    if role is None:
        raise RequestRefused("I can't find that role any more. Pick another one.")
    return mentionable(interaction, channel_id, role)


async def let_follow(interaction: discord.Interaction[Any], channel_id: int, mention: Mention | None) -> None:
    """A mention in a thread may not reach a person who does not follow it, so they do from now on."""
    thread = _channel(interaction, channel_id)
    if mention is None or mention.kind is not MentionKind.USER or not isinstance(thread, discord.Thread):
        return
    try:
        await thread.add_user(discord.Object(mention.id))
    except discord.HTTPException as error:
        raise RequestRefused(
            f"I can't add {mention} to this thread, so a mention may not reach them: {error.text}."
        ) from error


def _channel(interaction: discord.Interaction[Any], channel_id: int) -> object:
    """None where the gateway has not told of it."""
    if interaction.channel_id == channel_id:
        return interaction.channel
    return interaction.client.get_channel(channel_id)


def _may_mention_any(interaction: discord.Interaction[Any], channel_id: int) -> bool:
    if interaction.channel_id == channel_id:
        return interaction.app_permissions.mention_everyone
    channel = _channel(interaction, channel_id)
    known = isinstance(channel, discord.abc.GuildChannel | discord.Thread)
    return known and channel.permissions_for(channel.guild.me).mention_everyone
