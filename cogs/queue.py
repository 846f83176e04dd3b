"""The queue and its processor: /queue, /pause, /resume, /cancel."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access import Capability
from bot.controls import Scope
from bot.discord_client import InvokeAIBot, needs
from bot.discord_sink import reply
from bot.render import answers, panels
from cogs.confirming import asked_by, cancel_or_ask
from cogs.suggestions import unfinished_jobs


class QueueCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._clock = bot.clock

    @needs(Capability.VIEW)
    @app_commands.command(description="What runs, what waits, and whether the queue is paused")
    async def queue(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer(ephemeral=True)
        await reply(interaction, panels.queue(await self._controls.queue(), self._clock()))

    @needs(Capability.OPERATE)
    @app_commands.command(description="Cancel the running job, another one, or many")
    @app_commands.describe(job="The job's number; the running one without it", scope="How much to cancel")
    @app_commands.autocomplete(job=unfinished_jobs)
    async def cancel(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        job: app_commands.Range[int, 1] | None = None,
        scope: Scope = Scope.JOB,
    ) -> None:
        await interaction.response.defer(ephemeral=scope is not Scope.JOB)
        if scope is Scope.JOB:
            one = await self._controls.cancel_job(job)
            await reply(interaction, answers.canceled_job(one.before, one.after))
            return
        reach = await self._controls.reach(scope, job)
        asked = asked_by(interaction, self._clock())
        await reply(interaction, await cancel_or_ask(self._controls, reach, asked))

    @needs(Capability.OPERATE)
    @app_commands.command(description="Let the running job finish, and start nothing new")
    async def pause(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer()
        change = await self._controls.pause()
        await reply(interaction, answers.paused(change.before, change.after, change.running))

    @needs(Capability.OPERATE)
    @app_commands.command(description="Take up the queue again")
    async def resume(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer()
        change = await self._controls.resume()
        await reply(interaction, answers.resumed(change.before, change.after))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(QueueCog(bot))
