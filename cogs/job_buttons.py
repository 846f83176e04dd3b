"""What the buttons, menus and forms of one job do, a function each. Whoever comes here may do it."""

import asyncio
from contextlib import nullcontext

import structlog

from bot.controls.results import RetriedBatch, Scope
from bot.discord.replies import ask, chosen, filled_in, on_panel, reply
from bot.domain import actions
from bot.domain.limits import FORM_TIMEOUT, MAX_ATTACHMENTS, MAX_COUNT, MAX_SEED
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.render import answers, job_panel, questions, telling
from bot.render.albums import image_file
from bot.render.beside_the_loop import rendered
from bot.render.custom_ids import JobButton
from bot.render.forms import refilled
from bot.render.message import File, Modal, Panel
from bot.render.outputs import word_for
from bot.render.presentation import covered, veiled
from bot.render.text import many
from cogs.confirmations import asked_by, cancel_or_ask
from cogs.create import asker_of
from cogs.edit_again import handing_back
from cogs.jobs import whole_job
from cogs.ownership import require_own, require_own_batch, require_shown
from cogs.presses import Handlers, Press
from cogs.telling import waiting_here
from cogs.visibility import NO_DOCUMENTS, disclosure_here, is_operator, require_original

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

FOUR = 4
MAX_DOCUMENTS = 3

JobPress = Press[JobButton]
on_press: Handlers[JobButton, Panel] = Handlers()
on_open: Handlers[JobButton, Modal] = Handlers()


async def press(pressed: JobPress) -> None:
    """The answer is seen only by the person who pressed; the message that was pressed stays as it is.

    But for the panel of *More*: a question takes its place, and so still knows below which post it began.
    """
    interaction, button = pressed.interaction, pressed.button
    if button.action.changes:
        log.info("button_pressed", action=button.action.name, job=button.number, user=interaction.user.id)
    if button.action.opens_form:
        await ask(interaction, await on_open.answer(button.action, pressed))
        return
    turns = pressed.controls.gallery.turns
    async with turns.of(interaction.user.id) if button.action.sends_pictures else nullcontext() as turn:
        await interaction.response.defer(thinking=not _in_place(pressed), ephemeral=True)
        if turn is not None:
            await turn.begin(button.server)
        await reply(interaction, await on_press.answer(button.action, pressed))


def _in_place(pressed: JobPress) -> bool:
    action, message = pressed.button.action, pressed.interaction.message
    alone = message is not None and message.flags.ephemeral
    return action.in_place or (action.asks and action.folded and alone)


@on_press(actions.TELL_ME)
async def tell_me(pressed: JobPress) -> Panel:
    button = pressed.button
    person, mine = await waiting_here(pressed.interaction, button.server)
    waiting = await pressed.controls.telling.job(button.number, person)
    return telling.answer(f"#{button.number} ends", mine, waiting=waiting)


@on_press(actions.TELL_BATCH)
async def tell_batch(pressed: JobPress) -> Panel:
    button = pressed.button
    person, mine = await waiting_here(pressed.interaction, button.server)
    waiting = await pressed.controls.telling.batch(button.number, person)
    return telling.answer(f"the batch of #{button.number} ends", mine, waiting=waiting)


@on_press(actions.CANCEL)
async def cancel(pressed: JobPress) -> Panel:
    await require_own(pressed.interaction, pressed.controls, pressed.button.number)
    one = await pressed.controls.cancelling.one(pressed.button.number, by=pressed.interaction.user.id)
    return answers.canceled_job(one.before, one.after)


@on_press(actions.CANCEL_BATCH)
async def cancel_batch(pressed: JobPress) -> Panel:
    await require_own_batch(pressed.interaction, pressed.controls, pressed.button.number)
    reach = await pressed.controls.cancelling.reach(Scope.BATCH, pressed.button.number)
    return await cancel_or_ask(pressed.interaction, pressed.controls, reach)


@on_press(actions.NEXT)
async def run_next(pressed: JobPress) -> Panel:
    asker = await asker_of(pressed.interaction)
    moved = await pressed.controls.in_front.next(pressed.button.number, asker)
    return answers.next_one(moved.number, moved.new)


@on_press(actions.RETRY)
async def retry(pressed: JobPress) -> Panel:
    await require_own(pressed.interaction, pressed.controls, pressed.button.number)
    asker = await asker_of(pressed.interaction)
    one = await pressed.controls.requeueing.retry(asker, pressed.button.number)
    return answers.retried(one.before, one.after)


@on_press(actions.FREE_AND_RETRY)
async def free_and_retry(pressed: JobPress) -> Panel:
    asker = await asker_of(pressed.interaction)
    one = await pressed.controls.requeueing.free_and_retry(asker, pressed.button.number)
    return answers.retried(one.before, one.after, freed=True)


@on_press(actions.RETRY_SMALLER)
async def retry_smaller(pressed: JobPress) -> Panel:
    await require_own(pressed.interaction, pressed.controls, pressed.button.number)
    asker = await asker_of(pressed.interaction)
    done = await pressed.controls.requeueing.smaller(asker, pressed.button.number)
    return answers.smaller(pressed.button.number, done.smaller, done.after)


@on_press(actions.RETRY_FAILED)
async def retry_failed(pressed: JobPress) -> Panel:
    await require_own_batch(pressed.interaction, pressed.controls, pressed.button.number)
    asker = await asker_of(pressed.interaction)
    return retried(await pressed.controls.requeueing.retry_failed(asker, pressed.button.number))


@on_press(actions.RETRY_ALIKE)
async def retry_alike(pressed: JobPress) -> Panel:
    await require_own_batch(pressed.interaction, pressed.controls, pressed.button.number)
    button, asker = pressed.button, await asker_of(pressed.interaction)
    return retried(await pressed.controls.requeueing.retry_alike(asker, button.number, button.count or 1))


def retried(done: RetriedBatch) -> Panel:
    return answers.retried_batch(done.job, done.failed, done.taken, done.new, done.after)


@on_press(actions.AGAIN, actions.AGAIN_FOUR)
async def again(pressed: JobPress) -> Panel:
    await require_shown(pressed.interaction, pressed.controls, pressed.button.number)
    button = pressed.button
    count = FOUR if button.action is actions.AGAIN_FOUR else 1
    asker = await asker_of(pressed.interaction)
    done = await pressed.controls.requeueing.again(asker, button.number, count)
    return answers.again(button.number, done.again, done.after)


@on_open(actions.TWEAK)
async def tweak(pressed: JobPress) -> Modal:
    button = pressed.button
    try:
        async with asyncio.timeout(FORM_TIMEOUT):
            await require_shown(pressed.interaction, pressed.controls, button.number)
            prompt = await pressed.controls.requeueing.prompt(button.number)
    except TimeoutError:
        raise InvokeAIUnavailable("InvokeAI is slow just now. Try again, or use /again.") from None
    disclosure = await disclosure_here(pressed.interaction)
    if disclosure.hide_prompts and not await is_operator(pressed.interaction):
        prompt = None
    return questions.tweak(button.number, button.server, prompt)


@on_press(actions.TWEAKED)
async def tweaked(pressed: JobPress) -> Panel:
    await require_shown(pressed.interaction, pressed.controls, pressed.button.number)
    number, typed = pressed.button.number, filled_in(pressed.interaction)
    form = questions.tweak(number, pressed.button.server, typed.get("prompt"))
    with handing_back(refilled(form, typed)):
        count = _whole(typed.get("count", ""), 1, MAX_COUNT, "The number of images")
        seed = typed.get("seed", "").strip()
        done = await pressed.controls.requeueing.again(
            await asker_of(pressed.interaction),
            number,
            count,
            seed=_whole(seed, 0, MAX_SEED, "A seed") if seed else None,
            prompt=typed.get("prompt"),
        )
    return answers.again(number, done.again, done.after)


@on_press(actions.STAR, actions.UNSTAR)
async def star(pressed: JobPress) -> Panel:
    starred = pressed.button.action is actions.STAR
    touched = await pressed.controls.gallery.star(pressed.button.number, starred=starred)
    return answers.starred(touched.job, touched.count, starred=starred)


@on_press(actions.DELETE)
async def delete(pressed: JobPress) -> Panel:
    await require_own(pressed.interaction, pressed.controls, pressed.button.number)
    job = await pressed.controls.gallery.job(pressed.button.number)
    return questions.delete_images(job, asked_by(pressed.interaction, pressed.clock()))


@on_press(actions.BOARD)
async def board(pressed: JobPress) -> Panel:
    job = await pressed.controls.gallery.job(pressed.button.number)
    return questions.which_board(job, await pressed.controls.gallery.boards())


@on_press(actions.MOVE)
async def move(pressed: JobPress) -> Panel:
    board_id = next(iter(chosen(pressed.interaction)), "")
    moved = await pressed.controls.gallery.move(pressed.button.number, board_id)
    return answers.moved(moved.job, moved.count, moved.board)


@on_press(actions.ORIGINAL)
async def original(pressed: JobPress) -> Panel:
    await require_original(pressed.interaction)
    disclosure = await disclosure_here(pressed.interaction)
    gallery = pressed.controls.gallery
    job = await gallery.job(pressed.button.number)
    limit = min(pressed.interaction.filesize_limit, MAX_ATTACHMENTS)
    found = await gallery.originals(job, limit, MAX_ATTACHMENTS)
    told = await rendered([job], lambda: veiled(job, disclosure))
    files = [image_file(told, one.place, one.data) for one in found if one.data is not None]
    left_out = [
        one.problem or answers.too_large(one.place, job, one.size, limit) for one in found if one.data is None
    ]
    if len(job.images) > len(found):
        left = job.images[len(found) :]
        left_out.append(f"{many(len(left), f'more {word_for(left)}')} in InvokeAI.")
    return covered(answers.originals(told, files, left_out), disclosure)


@on_press(actions.MORE)
async def more(pressed: JobPress) -> Panel:
    job = await pressed.controls.jobs.one(pressed.button.number)
    starred = await pressed.controls.gallery.starred(job)
    disclosure = await disclosure_here(pressed.interaction)
    details = not on_panel(pressed.interaction)
    return await rendered(
        [job], lambda: job_panel.more(veiled(job, disclosure), starred=starred, details=details)
    )


@on_press(actions.JSON)
async def documents(pressed: JobPress) -> Panel:
    await require_original(pressed.interaction, NO_DOCUMENTS)
    disclosure = await disclosure_here(pressed.interaction)
    job = await pressed.controls.jobs.one(pressed.button.number)
    limit = min(pressed.interaction.filesize_limit, MAX_ATTACHMENTS // MAX_DOCUMENTS)
    found = await pressed.controls.documents.files(job)
    files = [
        File(f"{job.number}-{one.name}.json", one.data, f"{one.name} of #{job.number}")
        for one in found
        if len(one.data) <= limit
    ]
    left_out = [
        answers.document_too_large(one.name, len(one.data), limit) for one in found if len(one.data) > limit
    ]
    return covered(answers.documents(job, files, left_out), disclosure)


@on_press(actions.DETAILS)
async def details(pressed: JobPress) -> Panel:
    job = await pressed.controls.jobs.one(pressed.button.number)
    return await whole_job(pressed.interaction, pressed.controls, job, pressed.clock)


def _whole(text: str, least: int, most: int, what: str) -> int:
    """The number that was typed; RequestRefused unless it is one of those."""
    typed = text.strip()
    if typed.isascii() and typed.isdigit() and least <= int(typed[:20]) <= most:
        return int(typed)
    raise RequestRefused(f"{what} is a whole number from {least} to {most}. Nothing was queued.")
