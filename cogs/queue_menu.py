"""What the menu of the queue's panel does, a function each. What is picked is checked like a command."""

from datetime import datetime

import structlog

from bot.controls.results import Scope
from bot.controls.server_controls import ServerControls
from bot.discord.replies import chosen, reply
from bot.domain import actions
from bot.domain.actions import Action
from bot.errors import RequestRefused
from bot.render import answers, questions
from bot.render.message import Panel
from bot.render.queue_panel import MANAGE
from cogs.confirmations import asked_by, cancel_or_ask
from cogs.presses import TOO_OLD, Handlers, Interaction, Press

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SCOPES = {
    actions.CANCEL_BATCH: Scope.BATCH,
    actions.CANCEL_WAITING: Scope.WAITING,
    actions.CANCEL_ALL: Scope.ALL,
}
Picked = Press[Action]
on_pick: Handlers[Action, Panel] = Handlers()


async def pick(interaction: Interaction, controls: ServerControls, now: datetime) -> None:
    """The answer is seen only by the person who picked it."""
    value = next(iter(chosen(interaction)), "")
    action = next((action for action, _ in MANAGE if action.name == value), None)
    if action is None:
        raise RequestRefused(TOO_OLD)
    if not await interaction.client.admit(interaction, action.capability):
        return
    log.info("button_pressed", action=action.name, user=interaction.user.id)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await reply(interaction, await on_pick.answer(action, Press(interaction, action, controls, lambda: now)))


@on_pick(actions.CANCEL)
async def cancel(picked: Picked) -> Panel:
    one = await picked.controls.cancelling.one(None, by=picked.interaction.user.id)
    return answers.canceled_job(one.before, one.after)


@on_pick(*SCOPES)
async def cancel_many(picked: Picked) -> Panel:
    reach = await picked.controls.cancelling.reach(SCOPES[picked.button], None)
    return await cancel_or_ask(picked.interaction, picked.controls, reach)


@on_pick(actions.PRUNE)
async def prune(picked: Picked) -> Panel:
    there = await picked.controls.queue.contents()
    if not there.finished:
        raise RequestRefused("The queue holds no finished job.")
    return questions.prune(there.status, asked_by(picked.interaction, picked.clock()))


@on_pick(actions.CLEAR)
async def clear(picked: Picked) -> Panel:
    there = await picked.controls.queue.contents()
    if not there.jobs:
        raise RequestRefused("The queue holds no jobs.")
    return questions.clear(there.status, there.running, asked_by(picked.interaction, picked.clock()))


@on_pick(actions.FREE_VRAM)
async def free_vram(picked: Picked) -> Panel:
    return answers.freed(await picked.controls.queue.free_vram())
