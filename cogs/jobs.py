"""Looking jobs up: /jobs, /job, /latest."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import public_answer, reply
from bot.domain import actions
from bot.domain.job_list import MAX_SEARCH_BYTES
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_ATTACHMENTS
from bot.errors import RequestRefused
from bot.render import job_panel
from bot.render.beside_the_loop import rendered
from bot.render.custom_ids import JobsPage
from bot.render.message import Panel
from bot.render.presentation import covered, veiled
from cogs.autocomplete import any_job, one_board
from cogs.job_lists import jobs_panel, search_of
from cogs.presses import Interaction
from cogs.visibility import defer_job, defer_list, disclosure_here

FinishedStatus = Literal["completed", "failed", "canceled"]
NOT_FOR_ALL = "Your own jobs are listed only for you. Leave out public."
KnownStatus = Literal["pending", "in_progress", "waiting", "completed", "failed", "canceled"]


async def whole_job(
    interaction: Interaction, controls: ServerControls, job: Job, clock: Callable[[], datetime]
) -> Panel:
    """The job with its pictures, as it may be shown in the channel of that interaction."""
    disclosure = await disclosure_here(interaction)
    pictures = await controls.gallery.pictures(
        job, interaction.filesize_limit, MAX_ATTACHMENTS, bare=disclosure.hide_prompts
    )
    starred = await controls.gallery.starred(job)
    now = clock()

    def panel() -> Panel:
        shown = job_panel.job(
            veiled(job, disclosure),
            pictures,
            now,
            starred=starred,
            several_devices=controls.jobs.several_devices,
        )
        return covered(shown, disclosure)

    return await rendered([job], panel)


class JobsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._clock = bot.clock

    @needs(actions.LIST_JOBS)
    @app_commands.command(description="List jobs: what runs, what waits, what has ended")
    @app_commands.describe(
        status="Only jobs in this state",
        prompt="Only jobs whose prompt has these words",
        board="Only jobs whose pictures lie on this board",
        mine="Only what you asked me for",
        before="Only jobs with a smaller number",
        public="Let the whole channel see the answer",
    )
    @app_commands.autocomplete(before=any_job)
    @app_commands.autocomplete(board=one_board)
    async def jobs(
        self,
        interaction: Interaction,
        status: KnownStatus | None = None,
        before: app_commands.Range[int, 1] | None = None,
        *,
        prompt: app_commands.Range[str, 1, MAX_SEARCH_BYTES] | None = None,
        board: str | None = None,
        mine: bool = False,
        public: bool = False,
    ) -> None:
        if mine and public:
            raise RequestRefused(NOT_FOR_ALL)
        await defer_list(interaction, self._controls.server, public=public)
        at = JobsPage(self._controls.server, JobStatus(status) if status else None, before, mine=mine)
        if prompt or board:
            at = await search_of(self._controls, at, prompt or "", board or "")
        await reply(interaction, await jobs_panel(interaction, self._controls, at, public=public))

    @needs(actions.DETAILS)
    @app_commands.command(description="Show one job in full: pictures, prompt, seed, times, or why it failed")
    @app_commands.describe(job="The job's number", public="Let the whole channel see the answer")
    @app_commands.autocomplete(job=any_job)
    async def job(
        self,
        interaction: Interaction,
        job: app_commands.Range[int, 1],
        *,
        public: bool = False,
    ) -> None:
        lookup = self._controls.jobs
        await self._show(interaction, lambda: lookup.one(job), public=public)

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
        lookup = self._controls.jobs
        wanted = JobStatus(status) if status else None
        await self._show(interaction, lambda: lookup.latest(wanted), public=public)

    async def _show(
        self, interaction: Interaction, find: Callable[[], Awaitable[Job]], *, public: bool
    ) -> None:
        async with self._controls.gallery.turns.of(interaction.user.id) as turn:
            job = await defer_job(interaction, find, public=public)
            await turn.begin()
            panel = await whole_job(interaction, self._controls, job, self._clock)
            answer, channel = public_answer(interaction), interaction.channel_id
            if answer is not None and channel is not None:
                await self._controls.gallery.answered(job, channel, answer, self._clock())
            await reply(interaction, panel)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(JobsCog(bot))
