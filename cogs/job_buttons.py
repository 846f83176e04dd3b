"""What the buttons, menus and forms of one job do. Whoever comes here may do it: `actions` has checked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import discord
import structlog

from bot.controls import Controls, Scope
from bot.discord.client import InvokeAIBot
from bot.discord.sink import ask, chosen, filled_in, reply
from bot.domain.actions import JobAction
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.render import answers, panels, questions
from bot.render.albums import image_file
from bot.render.custom_ids import JobButton
from bot.render.message import Panel
from bot.render.text import many
from cogs.confirmations import asked_by, cancel_or_ask
from cogs.jobs import ROOM

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

FORM_TIMEOUT = 2.0
"""Seconds: Discord takes a form only as the first answer, within three."""
FOUR = 4
_LOOKS = frozenset(
    {JobAction.DETAILS, JobAction.ORIGINAL, JobAction.TWEAK, JobAction.BOARD, JobAction.DELETE}
)
"""These change nothing by themselves."""

Interaction = discord.Interaction[InvokeAIBot]


class JobButtons:
    def __init__(self, controls: Controls, clock: Callable[[], datetime]) -> None:
        self._controls = controls
        self._clock = clock
        self._answers: Mapping[JobAction, Callable[[Interaction, int], Awaitable[Panel]]] = {
            JobAction.CANCEL: self._cancel,
            JobAction.CANCEL_BATCH: self._cancel_batch,
            JobAction.RETRY: self._retry,
            JobAction.RETRY_FAILED: self._retry_failed,
            JobAction.AGAIN: lambda _, number: self._again(number, 1),
            JobAction.AGAIN_FOUR: lambda _, number: self._again(number, FOUR),
            JobAction.TWEAKED: self._tweaked,
            JobAction.STAR: lambda _, number: self._star(number, starred=True),
            JobAction.UNSTAR: lambda _, number: self._star(number, starred=False),
            JobAction.DELETE: self._delete,
            JobAction.BOARD: self._board,
            JobAction.MOVE: self._move,
            JobAction.ORIGINAL: self._original,
            JobAction.DETAILS: self._details,
        }

    async def press(self, interaction: Interaction, button: JobButton) -> None:
        """The answer is seen only by the person who pressed; the message that was pressed stays as it is."""
        if button.action not in _LOOKS:
            log.info(
                "job_button_pressed",
                action=button.action.value,
                job=button.number,
                user=interaction.user.id,
            )
        if button.action is JobAction.TWEAK:
            await self._tweak(interaction, button)
            return
        in_place = button.action is JobAction.MOVE
        await interaction.response.defer(thinking=not in_place, ephemeral=True)
        await reply(interaction, await self._answers[button.action](interaction, button.number))

    async def _cancel(self, _: Interaction, number: int) -> Panel:
        one = await self._controls.cancel_job(number)
        return answers.canceled_job(one.before, one.after)

    async def _cancel_batch(self, interaction: Interaction, number: int) -> Panel:
        reach = await self._controls.reach(Scope.BATCH, number)
        return await cancel_or_ask(self._controls, reach, asked_by(interaction, self._clock()))

    async def _retry(self, _: Interaction, number: int) -> Panel:
        one = await self._controls.retry_job(number)
        return answers.retried(one.before, one.after)

    async def _retry_failed(self, _: Interaction, number: int) -> Panel:
        many = await self._controls.retry_batch(number)
        return answers.retried_batch(many.job, many.failed, many.taken, many.new, many.after)

    async def _again(self, number: int, count: int) -> Panel:
        done = await self._controls.rerunning.again(number, count)
        return answers.again(number, done.again, done.after)

    async def _tweak(self, interaction: Interaction, button: JobButton) -> None:
        try:
            async with asyncio.timeout(FORM_TIMEOUT):
                prompt = await self._controls.rerunning.prompt(button.number)
        except TimeoutError:
            raise InvokeAIUnavailable("InvokeAI is slow just now. Try again, or use /again.") from None
        await ask(interaction, questions.tweak(button.number, button.server, prompt))

    async def _tweaked(self, interaction: Interaction, number: int) -> Panel:
        typed = filled_in(interaction)
        count = _whole(typed.get("count", ""), 1, questions.MAX_TWEAK_COUNT, "The number of images")
        seed = typed.get("seed", "").strip()
        done = await self._controls.rerunning.again(
            number,
            count,
            seed=_whole(seed, 0, 2**32 - 1, "A seed") if seed else None,
            prompt=typed.get("prompt"),
        )
        return answers.again(number, done.again, done.after)

    async def _star(self, number: int, *, starred: bool) -> Panel:
        touched = await self._controls.curating.star(number, starred=starred)
        return answers.starred(touched.job, touched.count, starred=starred)

    async def _delete(self, interaction: Interaction, number: int) -> Panel:
        job = await self._controls.curating.job(number)
        return questions.delete_images(job, asked_by(interaction, self._clock()))

    async def _board(self, _: Interaction, number: int) -> Panel:
        job = await self._controls.curating.job(number)
        return questions.which_board(job, await self._controls.curating.boards())

    async def _move(self, interaction: Interaction, number: int) -> Panel:
        board_id = next(iter(chosen(interaction)), "")
        moved = await self._controls.curating.move(number, board_id)
        return answers.moved(moved.job, moved.count, moved.board)

    async def _original(self, interaction: Interaction, number: int) -> Panel:
        job = await self._controls.curating.job(number)
        limit = min(interaction.filesize_limit, ROOM)
        found = await self._controls.curating.originals(job, limit, ROOM)
        files = [image_file(job, one.place, one.data) for one in found if one.data is not None]
        left_out = [
            one.problem or answers.too_large(one.place, len(job.images), one.size, limit)
            for one in found
            if one.data is None
        ]
        if len(job.images) > len(found):
            left_out.append(f"{many(len(job.images) - len(found), 'more image')} in InvokeAI.")
        return answers.originals(job, files, left_out)

    async def _details(self, interaction: Interaction, number: int) -> Panel:
        job = await self._controls.job(number)
        pictures = await self._controls.pictures(job, interaction.filesize_limit, ROOM)
        starred = await self._controls.curating.starred(job)
        return panels.job(job, pictures, self._clock(), starred=starred)


def _whole(text: str, least: int, most: int, what: str) -> int:
    """The number that was typed; RequestRefused unless it is one of those."""
    typed = text.strip()
    if typed.isascii() and typed.isdigit() and least <= int(typed[:20]) <= most:
        return int(typed)
    raise RequestRefused(f"{what} is a whole number from {least} to {most}. Nothing was queued.")
