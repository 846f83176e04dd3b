"""Questions that stand for a while, and what is done when they are answered with yes."""

from datetime import datetime, timedelta

import discord

from bot.controls import Controls, Reach, Scope
from bot.discord.client import InvokeAIBot
from bot.domain.actions import Choice
from bot.render import answers, questions
from bot.render.custom_ids import Asked, ChoiceButton
from bot.render.message import Panel

QUESTION_TIMEOUT = timedelta(minutes=5)

CHOICES = {
    Scope.BATCH: Choice.CANCEL_BATCH,
    Scope.DESTINATION: Choice.CANCEL_DESTINATION,
    Scope.WAITING: Choice.CANCEL_WAITING,
    Scope.ALL: Choice.CANCEL_ALL,
}
SCOPES = {choice: scope for scope, choice in CHOICES.items()}


def asked_by(interaction: discord.Interaction[InvokeAIBot], now: datetime) -> Asked:
    return Asked(interaction.user.id, (now + QUESTION_TIMEOUT).replace(microsecond=0))


async def cancel_or_ask(controls: Controls, reach: Reach, asked: Asked) -> Panel:
    """One job goes at once; before more than one the question."""
    number = reach.job.number if reach.job else None
    if reach.count > 1:
        return questions.cancel(CHOICES[reach.scope], reach.server, reach.count, reach.job, asked)
    taken = await controls.cancel_many(reach.scope, number)
    return answers.canceled_many(taken.count, taken.after)


async def carry_out(controls: Controls, button: ChoiceButton) -> Panel:
    """Do what was answered with yes; the numbers are InvokeAI's, read again."""
    if button.choice is Choice.CLEAR:
        taken = await controls.clear()
        return answers.cleared(taken.count, taken.after)
    if button.choice is Choice.PRUNE:
        taken = await controls.prune()
        return answers.pruned(taken.count, taken.after)
    if button.choice is Choice.DELETE_IMAGES and button.number is not None:
        gone = await controls.curating.delete(button.number)
        return answers.deleted_images(gone.job, gone.count)
    taken = await controls.cancel_many(SCOPES[button.choice], button.number)
    return answers.canceled_many(taken.count, taken.after)
