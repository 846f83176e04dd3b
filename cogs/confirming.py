"""Questions that stand for a while, and what is done when they are answered with yes."""

from datetime import datetime, timedelta

import discord

from bot.controls import Controls, Scope
from bot.discord_client import InvokeAIBot
from bot.render import answers
from bot.render.custom_ids import Asked, Choice, ChoiceButton
from bot.render.message import Panel

PATIENCE = timedelta(minutes=5)

CHOICES = {
    Scope.BATCH: Choice.CANCEL_BATCH,
    Scope.DESTINATION: Choice.CANCEL_DESTINATION,
    Scope.WAITING: Choice.CANCEL_WAITING,
    Scope.ALL: Choice.CANCEL_ALL,
}
SCOPES = {choice: scope for scope, choice in CHOICES.items()}


def asked_by(interaction: discord.Interaction[InvokeAIBot], now: datetime) -> Asked:
    return Asked(interaction.user.id, (now + PATIENCE).replace(microsecond=0))


async def carry_out(controls: Controls, button: ChoiceButton) -> Panel:
    """Do what was answered with yes; the numbers are InvokeAI's, read again."""
    if button.choice is Choice.CLEAR:
        taken = await controls.clear()
        return answers.cleared(taken.count, taken.after)
    if button.choice is Choice.PRUNE:
        taken = await controls.prune()
        return answers.pruned(taken.count, taken.after)
    taken = await controls.cancel_many(SCOPES[button.choice], button.number)
    return answers.canceled_many(taken.count, taken.after)
