"""What an answer may show in the channel where it was asked for, and whether everybody there may see it."""

import asyncio
from collections.abc import Awaitable, Callable

import discord

from bot.discord.replies import think
from bot.domain.access import Capability
from bot.domain.jobs import Job
from bot.domain.subscriptions import Disclosure, Subscription, disclosure_in
from bot.errors import AccessRefused, InvokeAIUnavailable
from cogs.presses import Interaction

LOOK_UP_TIMEOUT = 2.0
"""Seconds: whether an answer is public must be said with the first one, within three."""
NOT_PUBLIC = (
    "Only an operator can share that with this channel: it is not one of the jobs that it gets. "
    "Leave out public to see it yourself."
)
LIST_NOT_PUBLIC = (
    "Only an operator can share that with this channel, because it doesn't get every job. "
    "Leave out public to see it yourself."
)
NO_ORIGINAL = "The original file holds what this channel hides. Only an operator can get it here."
NO_DOCUMENTS = "These files hold what this channel hides. Only an operator can get them here."


async def subscription_here(interaction: Interaction) -> Subscription | None:
    """The channel's; in a thread without its own that of the channel around it."""
    found = None
    if interaction.channel_id is not None:
        found = await interaction.client.channels.of(interaction.channel_id)
    if found is None and isinstance(interaction.channel, discord.Thread):
        return await interaction.client.channels.of(interaction.channel.parent_id)
    return found


async def disclosure_here(interaction: Interaction) -> Disclosure:
    return disclosure_in(await subscription_here(interaction))


async def is_operator(interaction: Interaction) -> bool:
    return await interaction.client.capability(interaction) >= Capability.OPERATE


async def require_original(interaction: Interaction, sentence: str = NO_ORIGINAL) -> None:
    """AccessRefused where the channel hides what the file holds, and the person is no operator."""
    if (await disclosure_here(interaction)).restricted and not await is_operator(interaction):
        raise AccessRefused(sentence)


async def may_share_list(interaction: Interaction, *servers: str) -> bool:
    """Whether the person may show everybody here which jobs these InvokeAI have."""
    here = await subscription_here(interaction)
    listed = here is not None and all(here.may_list(server) for server in servers)
    return listed or await is_operator(interaction)


async def may_renew_list(interaction: Interaction, *servers: str) -> bool:
    """Whether the person may show the newest list in the message that was pressed, to all who see that."""
    message = interaction.message
    alone = message is not None and message.flags.ephemeral
    return alone or await may_share_list(interaction, *servers)


async def defer_list(interaction: Interaction, *servers: str, public: bool) -> None:
    """Before a list of jobs. AccessRefused, privately, for one that the person may not share here."""
    if public and not await may_share_list(interaction, *servers):
        raise AccessRefused(LIST_NOT_PUBLIC)
    await think(interaction, public=public)


async def defer_job(interaction: Interaction, find: Callable[[], Awaitable[Job]], *, public: bool) -> Job:
    """Before one job, which it finds. AccessRefused, privately, for one the person may not share here."""
    if not public or await is_operator(interaction):
        await think(interaction, public=public)
        return await find()
    here = await subscription_here(interaction)
    if here is None:
        raise AccessRefused(NOT_PUBLIC)
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT):
            job = await find()
    except TimeoutError:
        raise InvokeAIUnavailable("InvokeAI is slow just now. Try again, or leave out public.") from None
    if not here.may_show(job):
        raise AccessRefused(NOT_PUBLIC)
    await think(interaction, public=True)
    return job
