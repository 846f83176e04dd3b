"""Jobs out of the queue, after a question that names the numbers: /clear, /prune."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.sink import reply
from bot.domain.access import Capability
from bot.errors import RequestRefused
from bot.render import questions
from cogs.confirmations import asked_by


class ClearingCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._clock = bot.clock

    @needs(Capability.ADMIN)
    @app_commands.command(description="Remove every job from the queue and cancel what runs; asks first")
    async def clear(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer(ephemeral=True)
        there = await self._controls.contents()
        if not there.jobs:
            raise RequestRefused("The queue holds no jobs.")
        asked = asked_by(interaction, self._clock())
        await reply(interaction, questions.clear(there.status, there.running, asked))

    @needs(Capability.ADMIN)
    @app_commands.command(description="Remove every finished job from the queue; asks first")
    async def prune(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await interaction.response.defer(ephemeral=True)
        there = await self._controls.contents()
        if not there.finished:
            raise RequestRefused("The queue holds no finished job.")
        await reply(interaction, questions.prune(there.status, asked_by(interaction, self._clock())))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(ClearingCog(bot))
