"""A job again: as it was (/retry), with new seeds (/again), or in front of the others (/next)."""

from discord import app_commands
from discord.ext import commands

from bot.controls.results import RetriedJob, RetryScope
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import reply, think
from bot.domain import actions
from bot.domain.limits import MAX_COUNT, MAX_SEED
from bot.domain.submissions import Asker
from bot.errors import RequestRefused
from bot.render import answers
from bot.render.message import Panel
from cogs.autocomplete import finished_jobs, own_retriable_jobs, waiting_jobs
from cogs.create import asker_of
from cogs.job_buttons import retried
from cogs.ownership import require_first, require_own, require_own_batch, require_shown
from cogs.presses import Interaction


async def require_one_first(interaction: Interaction, scope: RetryScope) -> None:
    """AccessRefused but for operators; RequestRefused for more than one job."""
    await require_first(interaction)
    if scope is not RetryScope.JOB:
        raise RequestRefused("Only one job can run first. Leave out first, or the scope.")


class RequeueCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._controls = bot.controls
        self._requeueing = bot.controls.requeueing

    @needs(actions.RETRY)
    @app_commands.command(description="Run a failed or canceled job again, as it was")
    @app_commands.describe(
        job="The job's number",
        scope="That job, or all failed jobs of its batch",
        first="Run it before all that waits; one job, operators only",
    )
    @app_commands.autocomplete(job=own_retriable_jobs)
    async def retry(
        self,
        interaction: Interaction,
        job: app_commands.Range[int, 1],
        scope: RetryScope = RetryScope.JOB,
        *,
        first: bool = False,
    ) -> None:
        if first:
            await require_one_first(interaction, scope)
        await think(interaction, public=True)
        ask = self._one if scope is RetryScope.JOB else self._batch
        await reply(interaction, await ask(interaction, job, first=first))

    async def _one(self, interaction: Interaction, job: int, *, first: bool) -> Panel:
        await require_own(interaction, self._controls, job)
        asker = await asker_of(interaction)
        one = await self._requeueing.retry(asker, job)
        moved = await self._to_the_front(one, asker) if first else None
        return answers.retried(one.before, one.after, moved=moved)

    async def _batch(self, interaction: Interaction, job: int, *, first: bool) -> Panel:
        del first
        await require_own_batch(interaction, self._controls, job)
        return retried(await self._requeueing.retry_failed(await asker_of(interaction), job))

    async def _to_the_front(self, one: RetriedJob, asker: Asker) -> int | None:
        """The number under which it runs next; None where that can't be told, or it runs already."""
        if one.after is None:
            return None
        try:
            return (await self._controls.in_front.next(one.after.number, asker)).new
        except RequestRefused:  # it does not wait any more
            return None

    @needs(actions.AGAIN)
    @app_commands.command(description="Make more like a job: the same settings with new seeds")
    @app_commands.describe(
        job="The job's number",
        count="How many images; one without it",
        seed="The first seed; the next ones count up. New ones without it",
        first="Run it before all that waits (operators only)",
    )
    @app_commands.autocomplete(job=finished_jobs)
    async def again(
        self,
        interaction: Interaction,
        job: app_commands.Range[int, 1],
        count: app_commands.Range[int, 1, MAX_COUNT] = 1,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        *,
        first: bool = False,
    ) -> None:
        if first:
            await require_first(interaction)
        await think(interaction, public=True)
        await require_shown(interaction, self._controls, job)
        done = await self._requeueing.again(await asker_of(interaction), job, count, seed=seed, first=first)
        await reply(interaction, answers.again(job, done.again, done.after))

    @needs(actions.NEXT)
    @app_commands.command(description="Run a waiting job next, before all others that wait")
    @app_commands.describe(job="The job's number; it gets a new one")
    @app_commands.autocomplete(job=waiting_jobs)
    async def next(self, interaction: Interaction, job: app_commands.Range[int, 1]) -> None:
        await think(interaction, public=True)
        moved = await self._controls.in_front.next(job, await asker_of(interaction))
        await reply(interaction, answers.next_one(moved.number, moved.new))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(RequeueCog(bot))
