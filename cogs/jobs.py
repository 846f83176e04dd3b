"""Looking jobs up: /jobs, /job, /latest."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import reply
from bot.domain import actions
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_ATTACHMENTS
from bot.render import job_panel, panels
from bot.render.custom_ids import JobsPage
from bot.render.message import Panel
from bot.render.tracebacks import is_long
from cogs.autocomplete import any_job
from cogs.presses import Interaction

FinishedStatus = Literal["completed", "failed", "canceled"]
KnownStatus = Literal["pending", "in_progress", "waiting", "completed", "failed", "canceled"]


async def jobs_panel(controls: ServerControls, at: JobsPage, now: datetime) -> Panel:
    """The list of jobs at that place, as it is now."""
    return panels.jobs(await controls.jobs.page(at.status, at.before), at, now)


async def whole_job(
    controls: ServerControls, job: Job, file_limit: int, clock: Callable[[], datetime]
) -> Panel:
    """The job with its pictures, each of at most so many bytes."""
    pictures = await controls.gallery.pictures(job, file_limit, MAX_ATTACHMENTS)
    starred = await controls.gallery.starred(job)
    now = clock()
    if is_long(job):
        return await asyncio.to_thread(job_panel.job, job, pictures, now, starred=starred)
    return job_panel.job(job, pictures, now, starred=starred)


class JobsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._clock = bot.clock

    @needs(actions.LIST_JOBS)
    @app_commands.command(description="The jobs, newest first")
    @app_commands.describe(
        status="Only jobs in this state",
        before="Only jobs with a smaller number",
        public="Let the whole channel see the answer",
    )
    @app_commands.autocomplete(before=any_job)
    async def jobs(
        self,
        interaction: Interaction,
        status: KnownStatus | None = None,
        before: app_commands.Range[int, 1] | None = None,
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        at = JobsPage(self._controls.server, JobStatus(status) if status else None, before)
        await reply(interaction, await jobs_panel(self._controls, at, self._clock()))

    @needs(actions.DETAILS)
    @app_commands.command(description="One job, whole: its pictures, prompt, seed, times, or why it failed")
    @app_commands.describe(job="The job's number", public="Let the whole channel see the answer")
    @app_commands.autocomplete(job=any_job)
    async def job(
        self,
        interaction: Interaction,
        job: app_commands.Range[int, 1],
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        await self._show(interaction, await self._controls.jobs.one(job))

    @needs(actions.DETAILS)
    @app_commands.command(description="The newest finished job: its pictures, prompt, seed, times")
    @app_commands.describe(
        status="Only jobs that ended this way", public="Let the whole channel see the answer"
    )
    async def latest(
        self,
        interaction: Interaction,
        status: FinishedStatus | None = None,
        *,
        public: bool = False,
    ) -> None:
        await interaction.response.defer(ephemeral=not public)
        await self._show(interaction, await self._controls.jobs.latest(JobStatus(status) if status else None))

    async def _show(self, interaction: Interaction, job: Job) -> None:
        await reply(
            interaction, await whole_job(self._controls, job, interaction.filesize_limit, self._clock)
        )


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(JobsCog(bot))
