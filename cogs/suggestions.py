"""Autocomplete for job numbers."""

import discord
from discord import app_commands

from bot.discord_client import InvokeAIBot
from bot.render.panels import suggestion


async def any_job(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, unfinished=False)


async def unfinished_jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str
) -> list[app_commands.Choice[int]]:
    return await _jobs(interaction, typed, unfinished=True)


async def _jobs(
    interaction: discord.Interaction[InvokeAIBot], typed: str, *, unfinished: bool
) -> list[app_commands.Choice[int]]:
    jobs = await interaction.client.controls.suggest(typed, unfinished=unfinished)
    now = interaction.client.clock()
    return [app_commands.Choice(name=suggestion(job, now), value=job.number) for job in jobs]
