"""A job once more with a new seed: /again."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.sink import reply
from bot.domain.access import Capability
from bot.render import answers
from cogs.autocomplete import finished_jobs


class AgainCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls

    @needs(Capability.OPERATE)
    @app_commands.command(description="Queue a job once more with new seeds")
    @app_commands.describe(
        job="The job's number",
        count="How many images; one without it",
        seed="The first seed; the next ones count up. New ones without it",
    )
    @app_commands.autocomplete(job=finished_jobs)
    async def again(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        job: app_commands.Range[int, 1],
        count: app_commands.Range[int, 1, 16] = 1,
        seed: app_commands.Range[int, 0, 4294967295] | None = None,
    ) -> None:
        await interaction.response.defer()
        done = await self._controls.rerunning.again(job, count, seed=seed)
        await reply(interaction, answers.again(job, done.again, done.after))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(AgainCog(bot))
