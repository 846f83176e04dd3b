"""Questions that stand for a while, and what is done when they are answered, a function each."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.controls.results import Reach, Scope
from bot.controls.server_controls import ServerControls
from bot.discord.posts import retract
from bot.discord.replies import reply, still_there
from bot.domain import actions
from bot.errors import RequestRefused
from bot.render import answers, panels, questions
from bot.render.beside_the_loop import rendered
from bot.render.custom_ids import AnswerButton, Asked, encode
from bot.render.deletions import Deletion
from bot.render.message import Panel
from bot.render.presentation import veiled
from cogs.ownership import require_own, require_own_batch
from cogs.presses import Handlers, Interaction, Press
from cogs.visibility import disclosure_here

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

QUESTION_TIMEOUT = timedelta(minutes=5)
MAX_READ = 5
"""So many of the jobs that a cancel takes are read for their prompts."""
CANCELS = {
    Scope.BATCH: actions.CANCEL_BATCH,
    Scope.DESTINATION: actions.CANCEL_DESTINATION,
    Scope.WAITING: actions.CANCEL_WAITING,
    Scope.ALL: actions.CANCEL_ALL,
}
SCOPES = {action: scope for scope, action in CANCELS.items()}

AnswerPress = Press[AnswerButton]
on_answer: Handlers[AnswerButton, Panel] = Handlers()


class Confirmations:
    """Takes answers one at a time, so that two presses do it once."""

    def __init__(self) -> None:
        self._one_at_a_time = asyncio.Lock()

    async def press(self, pressed: AnswerPress) -> None:
        """Only who asked may answer, only for a while, and only once: the answer takes the buttons away."""
        interaction, button = pressed.interaction, pressed.button
        if interaction.user.id != button.asked.user_id:
            raise RequestRefused("Only the person who asked may answer that. Ask yourself with the command.")
        await interaction.response.defer()
        async with self._one_at_a_time:
            if not await still_there(interaction, encode(button)):
                raise RequestRefused("That question has been answered already.")
            await reply(interaction, await _answer(pressed))


async def _answer(pressed: AnswerPress) -> Panel:
    action = pressed.button.action
    if action.asks:
        if not _in_time(pressed.button.asked, pressed.clock()):
            return panels.refused(questions.expired(action))
        log.info("question_answered", action=action.name, user=pressed.interaction.user.id)
    return await on_answer.answer(action, pressed)


def _in_time(asked: Asked, now: datetime) -> bool:
    """Not over, and not further ahead than any question of ours."""
    return now <= asked.until <= now + QUESTION_TIMEOUT


def asked_by(interaction: Interaction, now: datetime) -> Asked:
    return Asked(interaction.user.id, (now + QUESTION_TIMEOUT).replace(microsecond=0))


async def cancel_or_ask(interaction: Interaction, controls: ServerControls, reach: Reach) -> Panel:
    """One job goes at once; before more than one the question."""
    asked = asked_by(interaction, interaction.client.clock())
    if reach.count > 1:
        return await _cancel_question(interaction, controls, reach, asked)
    number = reach.job.number if reach.job else None
    taken = await controls.cancelling.many(reach.scope, number, by=asked.user_id)
    return answers.canceled_many(taken.count, taken.after)


async def _cancel_question(
    interaction: Interaction, controls: ServerControls, reach: Reach, asked: Asked
) -> Panel:
    """It names the batches whose turn is next, or the first prompts, as far as this channel may see."""
    wide = reach.scope in {Scope.WAITING, Scope.ALL}
    batches = (await controls.views.view()).waiting if wide else ()
    first = await controls.jobs.with_prompts(list(reach.taken[:MAX_READ]))
    disclosure = await disclosure_here(interaction)

    def question() -> Panel:
        shown = tuple(replace(one, job=veiled(one.job, disclosure)) for one in batches)
        jobs = tuple(veiled(one, disclosure) for one in first)
        those = questions.Cancelable(reach.server, reach.running, reach.waiting, reach.job, shown, jobs)
        return questions.cancel(CANCELS[reach.scope], those, asked)

    return await rendered([*first, *(one.job for one in batches)], question)


@on_answer(actions.KEEP)
async def keep(_: AnswerPress) -> Panel:
    return answers.kept()


@on_answer(actions.CLEAR)
async def clear(pressed: AnswerPress) -> Panel:
    taken = await pressed.controls.cancelling.clear(by=pressed.interaction.user.id)
    return answers.cleared(taken.count, taken.after)


@on_answer(actions.PRUNE)
async def prune(pressed: AnswerPress) -> Panel:
    taken = await pressed.controls.queue.prune()
    return answers.pruned(taken.count, taken.after)


@on_answer(actions.DELETE, actions.DELETE_POSTS)
async def delete(pressed: AnswerPress) -> Panel:
    """In InvokeAI first: while that fails, nothing is changed in Discord either."""
    button, gallery = pressed.button, pressed.controls.gallery
    await require_own(pressed.interaction, pressed.controls, button.job)
    gone = await gallery.delete(button.job)
    from_posts = button.action is actions.DELETE_POSTS
    deletion = Deletion(button.server, button.job, pressed.interaction.user.id, from_posts)
    client = pressed.interaction.client
    done = await retract(client, await gallery.posts(gone.job), deletion, client.known_contents)
    if from_posts:
        return answers.deleted_everywhere(gone.job, gone.count, done.edited, done.failed)
    return answers.deleted_images(gone.job, gone.count)


@on_answer(*SCOPES)
async def cancel(pressed: AnswerPress) -> Panel:
    button = pressed.button
    by = pressed.interaction.user.id
    if button.action is actions.CANCEL_BATCH:
        await require_own_batch(pressed.interaction, pressed.controls, button.number)
    taken = await pressed.controls.cancelling.many(SCOPES[button.action], button.number, by=by)
    return answers.canceled_many(taken.count, taken.after)
