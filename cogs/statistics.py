"""How busy it was: /stats."""

import asyncio

from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import reply
from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.statistics import Period
from bot.images.bars import Bar, bars
from bot.render import statistics as render
from cogs.presses import Interaction
from cogs.visibility import defer_list


class StatisticsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._statistics = bot.statistics
        self._servers = bot.servers

    @needs(actions.STATISTICS)
    @app_commands.command(description="Jobs, GPU time and failures: today, or in the last seven days")
    @app_commands.describe(period="Today without it", public="Let the whole channel see the answer")
    async def stats(
        self, interaction: Interaction, *, period: Period = Period.TODAY, public: bool = False
    ) -> None:
        await defer_list(interaction, *self._servers.names, public=public)
        found = await self._statistics.of(period)
        shown = [Bar(render.label(period, at), each.jobs, each.failed) for at, each in found.slots]
        plot = await asyncio.to_thread(bars, shown)
        people = await interaction.client.capability(interaction) >= Capability.OPERATE and not public
        await reply(interaction, render.panel(found, plot, people=people))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(StatisticsCog(bot))
