"""The queue and its processor: /queue, /pause, /resume, /cancel, /free-vram."""

from dataclasses import replace
from datetime import datetime

from discord import app_commands
from discord.ext import commands

from bot.controls.results import Scope
from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import refuse, reply, think
from bot.discord.server_options import JobNumber, ServerName
from bot.domain import actions
from bot.domain.time_input import pause_end, span
from bot.errors import RequestRefused
from bot.render import answers, questions
from bot.render.queue_panel import called_off, pauses_later, with_pause
from cogs.all_queues import all_here
from cogs.autocomplete import servers
from cogs.confirmations import CANCELS, asked_by, cancel_or_ask
from cogs.job_autocomplete import own_unfinished_jobs
from cogs.ownership import require_own_in
from cogs.presses import Interaction
from cogs.queue_buttons import asked_pause, queue_here
from cogs.visibility import defer_list
from cogs.which_server import WHICH, answer, chosen_server, meant, said_of


class QueueCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._zone = bot.zone
        self._clock = bot.clock

    @needs(actions.REFRESH)
    @app_commands.command(description="What runs, what waits, and whether the queue is paused")
    @app_commands.describe(server=WHICH, public="Let the whole channel see the answer")
    @app_commands.autocomplete(server=servers)
    async def queue(
        self, interaction: Interaction, server: ServerName | None = None, *, public: bool = False
    ) -> None:
        controls = await chosen_server(interaction, server)
        names = interaction.client.servers.names if controls is None else {controls.server}
        await defer_list(interaction, *names, public=public)
        if controls is None:
            await reply(interaction, await all_here(interaction))
        else:
            await reply(interaction, await queue_here(interaction, controls, public=public))

    @needs(actions.CANCEL)
    @app_commands.command(description="Cancel the running job, another one, or many")
    @app_commands.describe(
        job="The job's number; the running one without it", scope="How much to cancel", server=WHICH
    )
    @app_commands.autocomplete(job=own_unfinished_jobs)
    @app_commands.autocomplete(server=servers)
    async def cancel(
        self,
        interaction: Interaction,
        job: JobNumber | None = None,
        scope: Scope = Scope.JOB,
        server: ServerName | None = None,
    ) -> None:
        if not await interaction.client.admit(interaction, CANCELS.get(scope, actions.CANCEL).capability):
            return
        controls, number = await meant(interaction, server, job), job.number if job else None
        await think(interaction)  # the notice of its end says who asked, once
        await require_own_in(interaction, controls, number, scope)
        if scope is Scope.JOB:
            one = await controls.cancelling.one(number, by=interaction.user.id)
            await answer(interaction, controls, answers.canceled_job(one.before, one.after))
            return
        reach = await controls.cancelling.reach(scope, number)
        await answer(interaction, controls, await cancel_or_ask(interaction, controls, reach))

    @needs(actions.PAUSE)
    @app_commands.command(description="Let the running job finish, and start nothing new")
    @app_commands.rename(length="for")
    @app_commands.describe(
        length="How long, like 30m or 1h30",
        until="Until when, like 18:00 or tomorrow 7am",
        after_batch="Begin when the batch that runs has ended",
        reason="Why; shown with the queue",
        server=WHICH,
    )
    @app_commands.autocomplete(server=servers)
    async def pause(
        self,
        interaction: Interaction,
        *,
        length: str | None = None,
        until: str | None = None,
        after_batch: bool = False,
        reason: app_commands.Range[str, 1, 200] | None = None,
        server: ServerName | None = None,
    ) -> None:
        controls = await meant(interaction, server)
        pause = replace(
            asked_pause(interaction, controls.server),
            until=self._end(length, until, after_batch=after_batch),
            reason=reason,
        )
        await think(interaction, public=True)
        done = await controls.pauses.pause(pause, after_batch=after_batch)
        change = done.change
        if change is None:
            await answer(interaction, controls, pauses_later(done.held))
            return
        panel = with_pause(answers.paused(change.before, change.after, change.running), done.held)
        say = reply if change.after.paused else refuse
        await say(interaction, said_of(interaction, controls, panel))

    def _end(self, length: str | None, until: str | None, *, after_batch: bool) -> datetime | None:
        if length is not None and until is not None:
            raise RequestRefused("Say either for how long or until when, not both.")
        if length is not None and after_batch:
            raise RequestRefused("After a batch say until when: nobody knows yet when it will end.")
        if length is not None:
            return self._clock() + span(length)
        return None if until is None else pause_end(f"until {until}", now=self._clock(), zone=self._zone)

    @needs(actions.RESUME)
    @app_commands.command(description="Resume the queue")
    @app_commands.describe(server=WHICH)
    @app_commands.autocomplete(server=servers)
    async def resume(self, interaction: Interaction, server: ServerName | None = None) -> None:
        controls = await meant(interaction, server)
        await think(interaction, public=True)
        held = controls.pauses.held
        change = await controls.pauses.resume()
        if held is not None and held.after_batch is not None and not change.before.paused:
            await answer(interaction, controls, called_off())
            return
        say = refuse if change.after.paused else reply
        await say(interaction, said_of(interaction, controls, answers.resumed(change.before, change.after)))

    @needs(actions.FREE_VRAM)
    @app_commands.command(
        name="free-vram", description="Let InvokeAI unload its models, so that the graphics card is free"
    )
    @app_commands.describe(server=WHICH)
    @app_commands.autocomplete(server=servers)
    async def free_vram(self, interaction: Interaction, server: ServerName | None = None) -> None:
        controls = await meant(interaction, server)
        await think(interaction, public=True)
        await answer(interaction, controls, answers.freed(await controls.queue.free_vram()))

    @needs(actions.CLEAR)
    @app_commands.command(description="Remove every job from the queue and cancel what runs; asks first")
    @app_commands.describe(server=WHICH)
    @app_commands.autocomplete(server=servers)
    async def clear(self, interaction: Interaction, server: ServerName | None = None) -> None:
        controls = await meant(interaction, server)
        await think(interaction)
        there = await controls.queue.contents()
        if not there.jobs:
            raise RequestRefused("The queue holds no jobs.")
        asked = asked_by(interaction, self._clock())
        await answer(interaction, controls, questions.clear(there.status, there.running, asked))

    @needs(actions.PRUNE)
    @app_commands.command(description="Remove every finished job from the queue; asks first")
    @app_commands.describe(server=WHICH)
    @app_commands.autocomplete(server=servers)
    async def prune(self, interaction: Interaction, server: ServerName | None = None) -> None:
        controls = await meant(interaction, server)
        await think(interaction)
        there = await controls.queue.contents()
        if not there.finished:
            raise RequestRefused("The queue holds no finished job.")
        asked = asked_by(interaction, self._clock())
        await answer(interaction, controls, questions.prune(there.status, asked))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(QueueCog(bot))
