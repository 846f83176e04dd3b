"""Looking jobs up: /jobs, /job, /latest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import public_answer
from bot.discord.server_options import JobNumber, ServerName
from bot.domain import actions
from bot.domain.job_list import MAX_SEARCH_BYTES
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_ATTACHMENTS
from bot.errors import InvokeAIError, RequestRefused
from bot.render import job_panel
from bot.render.beside_the_loop import rendered
from bot.render.custom_ids import JobsPage
from bot.render.message import Panel
from bot.render.presentation import covered, veiled
from cogs.autocomplete import one_board, servers
from cogs.job_autocomplete import any_job
from cogs.job_lists import jobs_panel, search_of
from cogs.presses import Interaction
from cogs.visibility import defer_job, defer_list, disclosure_here
from cogs.which_server import LOOK_UP_TIMEOUT, WHICH, agreed, answer, chosen_server, meant

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
        self._servers = bot.servers
        self._clock = bot.clock

    @needs(actions.LIST_JOBS)
    @app_commands.command(description="List jobs: what runs, what waits, what has ended")
    @app_commands.describe(
        status="Only jobs in this state",
        prompt="Only jobs whose prompt has these words",
        board="Only jobs whose pictures lie on this board",
        mine="Only what you asked me for",
        before="Only jobs with a smaller number",
        server=WHICH,
        public="Let the whole channel see the answer",
    )
    @app_commands.autocomplete(before=any_job)
    @app_commands.autocomplete(board=one_board, server=servers)
    async def jobs(
        self,
        interaction: Interaction,
        status: KnownStatus | None = None,
        before: JobNumber | None = None,
        *,
        prompt: app_commands.Range[str, 1, MAX_SEARCH_BYTES] | None = None,
        board: str | None = None,
        mine: bool = False,
        server: ServerName | None = None,
        public: bool = False,
    ) -> None:
        if mine and public:
            raise RequestRefused(NOT_FOR_ALL)
        controls = await meant(interaction, agreed(server, before))
        await defer_list(interaction, controls.server, public=public)
        number = before.number if before else None
        at = JobsPage(controls.server, JobStatus(status) if status else None, number, mine=mine)
        if prompt or board:
            at = await search_of(controls, at, prompt or "", board or "")
        await answer(interaction, controls, await jobs_panel(interaction, controls, at, public=public))

    @needs(actions.DETAILS)
    @app_commands.command(description="Show one job in full: pictures, prompt, seed, times, or why it failed")
    @app_commands.describe(
        job="The job's number", server=WHICH, public="Let the whole channel see the answer"
    )
    @app_commands.autocomplete(job=any_job)
    @app_commands.autocomplete(server=servers)
    async def job(
        self,
        interaction: Interaction,
        job: JobNumber,
        server: ServerName | None = None,
        *,
        public: bool = False,
    ) -> None:
        controls = await meant(interaction, server, job)
        await self._show(interaction, lambda: controls.jobs.one(job.number), public=public)

    @needs(actions.DETAILS)
    @app_commands.command(description="The newest finished job: its pictures, prompt, seed, times")
    @app_commands.describe(
        status="Only jobs that ended this way",
        server="Which InvokeAI; the newest of all without it",
        public="Let the whole channel see the answer",
    )
    @app_commands.autocomplete(server=servers)
    async def latest(
        self,
        interaction: Interaction,
        status: FinishedStatus | None = None,
        server: ServerName | None = None,
        *,
        public: bool = False,
    ) -> None:
        wanted = JobStatus(status) if status else None
        chosen = await chosen_server(interaction, server)
        asked = [chosen] if chosen else list(self._servers)
        await self._show(interaction, lambda: newest(asked, wanted), public=public)

    async def _show(
        self, interaction: Interaction, find: Callable[[], Awaitable[Job]], *, public: bool
    ) -> None:
        async with self._servers.first.gallery.turns.of(interaction.user.id) as turn:
            job = await defer_job(interaction, find, public=public)
            controls = self._servers.of(job)
            await turn.begin(controls.server)
            panel = await whole_job(interaction, controls, job, self._clock)
            message, channel = public_answer(interaction), interaction.channel_id
            if message is not None and channel is not None:
                await controls.gallery.answered(job, channel, message, self._clock())
            await answer(interaction, controls, panel)


async def newest(servers: Sequence[ServerControls], status: JobStatus | None) -> Job:
    """The job that ended last on any of them that answers; RequestRefused when there is none."""
    if len(servers) == 1:
        return await servers[0].jobs.latest(status)
    looks = [_latest(each, status) for each in servers]
    found = [job for job in await asyncio.gather(*looks) if job is not None and job.completed_at is not None]
    if not found:
        raise RequestRefused(f"No job has {status or 'finished'} yet on an InvokeAI that answers.")
    return max(found, key=lambda job: job.completed_at or datetime.min.replace(tzinfo=UTC))


async def _latest(controls: ServerControls, status: JobStatus | None) -> Job | None:
    try:
        async with asyncio.timeout(LOOK_UP_TIMEOUT):
            return await controls.jobs.latest(status)
    except (RequestRefused, InvokeAIError, TimeoutError):
        return None


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(JobsCog(bot))
