"""Autocomplete for job numbers and channels."""

from collections.abc import Collection

import discord
from discord import app_commands

from bot.controls import RETRIABLE
from bot.discord.client import InvokeAIBot
from bot.domain.jobs import FINISHED, JobStatus
from bot.render.panels import suggestion

_MAX_CHOICES = 25
_MAX_NAME = 100
"""Discord takes no more choices, and no longer ones."""


async def any_job(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, frozenset(JobStatus))


async def unfinished_jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, frozenset(JobStatus) - FINISHED)


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
    return [app_commands.Choice(name=name[:_MAX_NAME], value=str(one)) for one, name in found][:_MAX_CHOICES]


async def _jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str, wanted: Collection[JobStatus]
) -> list[app_commands.Choice[int]]:
    jobs = await interaction.client.controls.suggest(typed, wanted)
    now = interaction.client.clock()
    return [app_commands.Choice(name=suggestion(job, now), value=job.number) for job in jobs]
