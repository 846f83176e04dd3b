"""Autocomplete for job numbers."""

from collections.abc import Collection

import discord
from discord import app_commands

from bot.controls import RETRIABLE
from bot.discord_client import InvokeAIBot
from bot.events import FINISHED, JobStatus
from bot.render.panels import suggestion


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


async def _jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str, wanted: Collection[JobStatus]
) -> list[app_commands.Choice[int]]:
    jobs = await interaction.client.controls.suggest(typed, wanted)
    now = interaction.client.clock()
    return [app_commands.Choice(name=suggestion(job, now), value=job.number) for job in jobs]
