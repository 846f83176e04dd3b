"""Autocomplete for job numbers and channels."""

from collections.abc import Collection

import discord
from discord import app_commands

from bot.discord.client import InvokeAIBot
from bot.domain.actions import RETRIABLE, UNFINISHED
from bot.domain.jobs import FINISHED, JobStatus
from bot.domain.limits import MAX_OPTION_NAME, MAX_OPTIONS
from bot.own_secrets import hide
from bot.render.panels import suggestion


async def any_job(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, frozenset(JobStatus))


async def unfinished_jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, UNFINISHED)


async def finished_jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, FINISHED)


async def retriable_jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, RETRIABLE)


async def told_channels(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[str]]:
    """The server's subscribed channels, those that are gone included."""
    guild = interaction.guild
    if guild is None:
        return []
    named: dict[int, str] = {}
    for told in await interaction.client.channels.show(guild.id):
        channel = guild.get_channel_or_thread(told.channel_id)
        named[told.channel_id] = f"#{channel.name}" if channel else f"{told.channel_id} (not to be seen)"
    wanted = typed.strip().lower()
    found = [one for one in named.items() if wanted in one[1].lower() or wanted in str(one[0])]
    choices = [app_commands.Choice(name=hide(name)[:MAX_OPTION_NAME], value=str(one)) for one, name in found]
    return choices[:MAX_OPTIONS]


async def _jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str, wanted: Collection[JobStatus]
) -> list[app_commands.Choice[int]]:
    jobs = await interaction.client.controls.jobs.suggestions(typed, wanted)
    now = interaction.client.clock()
    return [app_commands.Choice(name=suggestion(job, now), value=job.number) for job in jobs]
