"""The same job once more: /retry."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.controls import RetryScope
from bot.discord.client import InvokeAIBot, needs
from bot.discord.sink import reply
from bot.domain.access import Capability
from bot.render import answers
from cogs.autocomplete import retriable_jobs


class RetryCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls

    @needs(Capability.OPERATE)
    @app_commands.command(
        description="Queue a failed or canceled job once more, or all failed ones of its batch"
    )
    @app_commands.describe(job="The job's number", scope="That job, or all failed jobs of its batch")
    @app_commands.autocomplete(job=retriable_jobs)
    async def retry(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        job: app_commands.Range[int, 1],
        scope: RetryScope = RetryScope.JOB,
    ) -> None:
        await interaction.response.defer()
        if scope is RetryScope.JOB:
            one = await self._controls.retry_job(job)
            await reply(interaction, answers.retried(one.before, one.after))
        else:
            many = await self._controls.retry_batch(job)
            await reply(
                interaction,
                answers.retried_batch(many.job, many.failed, many.taken, many.new, many.after),
            )


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(RetryCog(bot))
