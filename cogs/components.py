"""Buttons and forms: the one door for all of them. Nothing is remembered; the custom id says it all."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

import discord
import structlog
from discord.ext import commands

from bot.discord.client import InvokeAIBot
from bot.discord.sink import PanelButton, chosen, offers, renew, reply, still_there
from bot.domain.actions import Choice, JobAction, QueueAction
from bot.errors import RequestRefused
from bot.render import answers, panels, questions
from bot.render.custom_ids import (
    Asked,
    ChoiceButton,
    JobButton,
    JobsMenu,
    JobsPage,
    Meaning,
    QueueButton,
    decode,
    encode,
    needed,
    picked,
)
from bot.render.message import Panel
from cogs.confirmations import QUESTION_TIMEOUT, carry_out
from cogs.errors import explain
from cogs.job_buttons import JobButtons
from cogs.jobs import jobs_panel
from cogs.pausing import asked_pause

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

TOO_OLD = "That button is too old, or not mine. Use the command instead."


class ActionsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._bot = bot
        self._controls = bot.controls
        self._pausing = bot.pausing
        self._clock = bot.clock
        self._jobs = JobButtons(bot.controls, bot.clock)
        self._one_answer_at_a_time = asyncio.Lock()

    @commands.Cog.listener()
    async def on_press(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        await self._enter(interaction)

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        """Forms come to nobody else; commands, autocomplete and buttons have come in already."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self._enter(interaction)

    async def _enter(self, interaction: discord.Interaction[InvokeAIBot]) -> None:
        """The same check as before a command; every error a sentence."""
        custom_id = _custom_id(interaction)
        meaning = decode(custom_id, {self._controls.server})
        try:
            if await self._bot.admit(interaction, needed(meaning)):
                await self._act(interaction, meaning)
        except Exception as error:  # noqa: BLE001 - the last place that can still tell the person
            await explain(interaction, error, custom_id)

    async def _act(self, interaction: discord.Interaction[InvokeAIBot], meaning: Meaning | None) -> None:
        match meaning:
            case JobButton():
                await self._job(interaction, meaning)
            case JobsMenu():
                await self._pick(interaction, meaning)
            case JobsPage():
                await self._page(interaction, meaning)
            case QueueButton():
                await self._queue(interaction, meaning)
            case ChoiceButton():
                await self._choice(interaction, meaning)
            case None:
                raise RequestRefused(TOO_OLD)

    async def _job(self, interaction: discord.Interaction[InvokeAIBot], button: JobButton) -> None:
        """A form's id means a form that was filled in, and every other one does not."""
        filled_in = interaction.type is discord.InteractionType.modal_submit
        if filled_in is not (button.action is JobAction.TWEAKED):
            raise RequestRefused(TOO_OLD)
        await self._jobs.press(interaction, button)

    async def _pick(self, interaction: discord.Interaction[InvokeAIBot], menu: JobsMenu) -> None:
        """What is picked is a job's number."""
        number = picked(next(iter(chosen(interaction)), ""))
        if number is None:
            raise RequestRefused(TOO_OLD)
        await self._jobs.press(interaction, JobButton(JobAction.DETAILS, menu.server, number))

    async def _page(self, interaction: discord.Interaction[InvokeAIBot], at: JobsPage) -> None:
        """The list is edited in place."""
        await interaction.response.defer()
        await renew(interaction, await jobs_panel(self._controls, at, self._clock()), self._clock())

    async def _queue(self, interaction: discord.Interaction[InvokeAIBot], button: QueueButton) -> None:
        """The panel shows what is, whatever was pressed; under a notice or a card it is said beside it."""
        on_panel = offers(interaction, encode(QueueButton(QueueAction.REFRESH, button.server)))
        await interaction.response.defer(ephemeral=True, thinking=not on_panel)
        said = None
        if button.action is QueueAction.PAUSE:
            paused = (await self._pausing.pause(asked_pause(interaction))).change
            said = answers.paused(paused.before, paused.after, paused.running) if paused else None
        elif button.action is QueueAction.RESUME:
            resumed = await self._pausing.resume()
            said = answers.resumed(resumed.before, resumed.after)
        if said is not None and not on_panel:
            await reply(interaction, said)
            return
        view = replace(await self._controls.queue(), held=self._pausing.held)
        await renew(interaction, panels.queue(view), self._clock())

    async def _choice(self, interaction: discord.Interaction[InvokeAIBot], button: ChoiceButton) -> None:
        """Only who asked may answer, only for a while, and only once: the answer takes the buttons away."""
        if interaction.user.id != button.asked.user_id:
            raise RequestRefused("Only the person who asked may answer that. Ask yourself with the command.")
        await interaction.response.defer()
        async with self._one_answer_at_a_time:
            if not await still_there(interaction, _custom_id(interaction)):
                raise RequestRefused("That question has been answered already.")
            await reply(interaction, await self._answer(interaction.user.id, button))

    async def _answer(self, user_id: int, button: ChoiceButton) -> Panel:
        if button.choice is Choice.KEEP:
            return answers.kept()
        if not _in_time(button.asked, self._clock()):
            return panels.refused(questions.asks_again(button.choice))
        log.info("question_answered", choice=button.choice.value, user=user_id)
        return await carry_out(self._controls, button)


def _custom_id(interaction: discord.Interaction[InvokeAIBot]) -> str:
    return str(cast("dict[str, Any]", interaction.data or {}).get("custom_id", ""))


def _in_time(asked: Asked, now: datetime) -> bool:
    """Not over, and not further ahead than any question of ours."""
    return now <= asked.until <= now + QUESTION_TIMEOUT


async def setup(bot: InvokeAIBot) -> None:
    bot.add_dynamic_items(PanelButton)
    await bot.add_cog(ActionsCog(bot))
