"""Looking jobs up: /jobs, /job, /latest."""

from datetime import datetime
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.controls import Controls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.sink import reply
from bot.domain.access import Capability
from bot.domain.jobs import Job, JobStatus
from bot.render import panels
from bot.render.custom_ids import JobsPage
from bot.render.message import Panel
from cogs.autocomplete import any_job

PAGE = 10
ROOM = 24 * 1024 * 1024
"""Bytes of pictures in one answer: Discord takes 25 MiB a request."""

FinishedStatus = Literal["completed", "failed", "canceled"]


async def jobs_panel(controls: Controls, at: JobsPage, now: datetime) -> Panel:
    """The list of jobs at that place, as it is now."""
    return panels.jobs(await controls.jobs(at.status, at.before, PAGE), at, now)


class JobsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._clock = bot.clock

    @needs(Capability.VIEW)
    @app_commands.command(description="The jobs, newest first")
    @app_commands.describe(
        status="Only jobs in this state",
        before="Only jobs with a smaller number",
        public="Let the whole channel see the answer",
    )
    @app_commands.autocomplete(before=any_job)
    async def jobs(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        status: JobStatus | None = None,
        before: app_commands.Range[int, 1] | None = None,
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        at = JobsPage(self._controls.server, status, before)
        await reply(interaction, await jobs_panel(self._controls, at, self._clock()))

    @needs(Capability.VIEW)
    @app_commands.command(description="One job, whole: its pictures, prompt, seed, times, or why it failed")
    @app_commands.describe(job="The job's number", public="Let the whole channel see the answer")
    @app_commands.autocomplete(job=any_job)
    async def job(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        job: app_commands.Range[int, 1],
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        await self._show(interaction, await self._controls.job(job))

    @needs(Capability.VIEW)
    @app_commands.command(description="The newest finished job: its pictures, prompt, seed, times")
    @app_commands.describe(status="Only jobs that ended so", public="Let the whole channel see the answer")
    async def latest(
        self,
        interaction: discord.Interaction[InvokeAIBot],
        status: FinishedStatus | None = None,
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        await self._show(interaction, await self._controls.latest(JobStatus(status) if status else None))

    async def _show(self, interaction: discord.Interaction[InvokeAIBot], job: Job) -> None:
        pictures = await self._controls.pictures(job, interaction.filesize_limit, ROOM)
        starred = await self._controls.curating.starred(job)
        await reply(interaction, panels.job(job, pictures, self._clock(), starred=starred))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(JobsCog(bot))
