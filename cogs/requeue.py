"""A job again: as it was (/retry), with new seeds (/again), or in front of the others (/next)."""

from discord import app_commands
from discord.ext import commands

from bot.controls.results import RetriedJob, RetryScope
from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import think
from bot.discord.server_options import JobNumber, ServerName
from bot.domain import actions
from bot.domain.limits import MAX_COUNT, MAX_SEED
from bot.domain.submissions import Asker
from bot.errors import RequestRefused
from bot.render import answers
from bot.render.message import Panel
from cogs.autocomplete import servers
from cogs.create import asker_of
from cogs.job_autocomplete import finished_jobs, own_retriable_jobs, waiting_jobs
from cogs.job_buttons import retried
from cogs.ownership import require_first, require_own, require_own_batch, require_shown
from cogs.presses import Interaction
from cogs.which_server import WHICH, answer, meant


async def require_one_first(interaction: Interaction, scope: RetryScope) -> None:
    """AccessRefused but for operators; RequestRefused for more than one job."""
    await require_first(interaction)
    if scope is not RetryScope.JOB:
        raise RequestRefused("Only one job can run first. Leave out first, or the scope.")


class RequeueCog(commands.Cog):
    @needs(actions.RETRY)
    @app_commands.command(description="Run a failed or canceled job again, as it was")
    @app_commands.describe(
        job="The job's number",
        scope="That job, or all failed jobs of its batch",
        first="Run it before all that waits; one job, operators only",
        server=WHICH,
    )
    @app_commands.autocomplete(job=own_retriable_jobs)
    @app_commands.autocomplete(server=servers)
    async def retry(
        self,
        interaction: Interaction,
        job: JobNumber,
        scope: RetryScope = RetryScope.JOB,
        server: ServerName | None = None,
        *,
        first: bool = False,
    ) -> None:
        if first:
            await require_one_first(interaction, scope)
        controls = await meant(interaction, server, job)
        await think(interaction, public=True)
        if scope is RetryScope.JOB:
            panel = await _one(interaction, controls, job.number, first=first)
        else:
            await require_own_batch(interaction, controls, job.number)
            asker = await asker_of(interaction)
            panel = retried(await controls.requeueing.retry_failed(asker, job.number))
        await answer(interaction, controls, panel)

    @needs(actions.AGAIN)
    @app_commands.command(description="Make more like a job: the same settings with new seeds")
    @app_commands.describe(
        job="The job's number",
        count="How many images; one without it",
        seed="The first seed; the next ones count up. New ones without it",
        first="Run it before all that waits (operators only)",
        server=WHICH,
    )
    @app_commands.autocomplete(job=finished_jobs)
    @app_commands.autocomplete(server=servers)
    async def again(
        self,
        interaction: Interaction,
        job: JobNumber,
        count: app_commands.Range[int, 1, MAX_COUNT] = 1,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        server: ServerName | None = None,
        *,
        first: bool = False,
    ) -> None:
        if first:
            await require_first(interaction)
        controls, number = await meant(interaction, server, job), job.number
        await think(interaction, public=True)
        await require_shown(interaction, controls, number)
        asker = await asker_of(interaction)
        done = await controls.requeueing.again(asker, number, count, seed=seed, first=first)
        await answer(interaction, controls, answers.again(number, done.again, done.after))

    @needs(actions.NEXT)
    @app_commands.command(description="Run a waiting job next, before all others that wait")
    @app_commands.describe(job="The job's number; it gets a new one", server=WHICH)
    @app_commands.autocomplete(job=waiting_jobs)
    @app_commands.autocomplete(server=servers)
    async def next(self, interaction: Interaction, job: JobNumber, server: ServerName | None = None) -> None:
        controls = await meant(interaction, server, job)
        await think(interaction, public=True)
        moved = await controls.in_front.next(job.number, await asker_of(interaction))
        await answer(interaction, controls, answers.next_one(moved.number, moved.new))


async def _one(interaction: Interaction, controls: ServerControls, job: int, *, first: bool) -> Panel:
    await require_own(interaction, controls, job)
    asker = await asker_of(interaction)
    one = await controls.requeueing.retry(asker, job)
    moved = await _to_the_front(controls, one, asker) if first else None
    return answers.retried(one.before, one.after, moved=moved)


async def _to_the_front(controls: ServerControls, one: RetriedJob, asker: Asker) -> int | None:
    """The number under which it runs next; None where that can't be told, or it runs already."""
    if one.after is None:
        return None
    try:
        return (await controls.in_front.next(one.after.number, asker)).new
    except RequestRefused:  # it does not wait any more
        return None


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(RequeueCog())
