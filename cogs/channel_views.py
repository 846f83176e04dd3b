"""A channel's settings as they are now, with what InvokeAI tells of them."""

import asyncio
from collections.abc import Sequence
from math import ceil

from bot.domain.queue import Suspension
from bot.domain.subscriptions import Subscription
from bot.errors import RequestRefused
from bot.render import channel_panel
from bot.render.channel_panel import MAX_CHANNELS, ChannelView
from bot.render.message import Panel
from cogs.presses import Interaction

NO_CHANNEL = "No channel gets notices yet. Type /notify here in the channel that should."


def guild_of(interaction: Interaction) -> int | None:
    """The guild whose channels the person may change; None: of every guild."""
    if interaction.client.owns(interaction):
        return None
    if interaction.guild_id is None:
        raise RequestRefused("That works in a server's channel only.")
    return interaction.guild_id


async def view_of(interaction: Interaction, subscription: Subscription) -> ChannelView:
    suspended = await interaction.client.channels.suspended(subscription.guild_id)
    return await _view(interaction, subscription, suspended)


async def page_of(interaction: Interaction, guild_id: int, page: int) -> Panel:
    """That page, or the last one, of the guild's channels: the one where it is asked first."""
    channels, here = interaction.client.channels, interaction.channel_id
    found = sorted(await channels.show(guild_id), key=lambda one: one.channel_id != here)
    if not found:
        raise RequestRefused(NO_CHANNEL)
    pages = ceil(len(found) / MAX_CHANNELS)
    page = min(page, pages)
    shown = found[(page - 1) * MAX_CHANNELS : page * MAX_CHANNELS]
    suspended = await channels.suspended(guild_id)
    views = [await _view(interaction, one, suspended) for one in shown]
    return channel_panel.several(views, page, pages)


async def _view(
    interaction: Interaction, subscription: Subscription, suspended: Sequence[Suspension]
) -> ChannelView:
    client, filters = interaction.client, interaction.client.servers.filters
    heard = filters.heard(subscription)
    boards, users, trial = await asyncio.gather(
        filters.board_names(heard), filters.user_names(heard), filters.trial(subscription)
    )
    mine = next((one for one in suspended if one.channel_id == subscription.channel_id), None)
    return ChannelView(subscription, client.clock(), client.zone, boards, users, trial, mine, filters.names)
