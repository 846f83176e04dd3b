"""The live card: what runs now, in one message that is edited. Its times count by themselves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain import actions
from bot.domain.actions import ButtonStyle
from bot.domain.queue import HeldPause, QueueStatus, RunningJob
from bot.render import buttons
from bot.render.message import ActionRow, Block, Colour, File, MediaGallery, Panel, Text
from bot.render.queue_panel import heading, held_line, more_running, running_lines, state_of
from bot.render.recipes import open_prompt
from bot.render.text import bare

MAX_RUNNING = 3
"""Running jobs that are shown; of the others only the count."""


def card(
    status: QueueStatus,
    running: tuple[RunningJob, ...] = (),
    *,
    empty_at: datetime | None = None,
    held: HeldPause | None = None,
    server_name: str | None = None,
) -> Panel:
    """Nothing in it changes with the mere passing of time, so an edit always has something new to show.

    `running`: read whole. `empty_at`: when the queue should be empty.
    """
    state, colour = state_of(status, len(running), empty_at)
    shown, count = running[:MAX_RUNNING], max(status.in_progress, len(running))
    blocks: list[Block] = [Text(heading(state, server_name))]
    files: list[File] = []
    for each in shown:
        blocks.append(Text(running_lines(each, device=count > 1)))
        if each.preview is not None:
            file = preview_of(each, each.preview)
            files.append(file)
            blocks.append(MediaGallery.of(file))
    if shown:
        blocks += more_running(count - len(shown))
    if held is not None:
        blocks.append(Text(held_line(held, paused=status.paused)))
    return Panel(colour, (*blocks, buttons_of(status, shown, alone=count == 1)), tuple(files))


def unreachable(*, server_name: str | None = None) -> Panel:
    """Instead of what may not be true any more."""
    words = "⚠️ InvokeAI does not answer"
    return Panel(
        Colour.WARNING,
        (Text(heading(words, server_name)), Text("What runs is shown again when it is back.")),
    )


def preview_of(running: RunningJob, data: bytes, server: str = "") -> File:
    """`server`: its name, where the message has previews of several."""
    job = running.job
    prompt = bare(open_prompt(job), 200)
    description = f"Preview of #{job.number}{': ' if prompt else ''}{prompt}"
    return File(f"{job.number}-{server}{'-' if server else ''}preview.jpg", data, description)


def buttons_of(status: QueueStatus, shown: Sequence[RunningJob], *, alone: bool) -> ActionRow:
    """`shown`: at most MAX_RUNNING; `alone`: no other job runs."""
    steer = buttons.of_queue(actions.RESUME if status.paused else actions.PAUSE, status.server)
    open_ones = [each for each in shown if not each.job.hidden]
    row = [replace(steer, emoji=None)]  # so that all fit a phone
    for job in (each.job for each in open_ones):
        label = "Skip" if alone else f"Skip #{job.number}"
        skip = buttons.of_job(actions.CANCEL, job.server, job.number, label=label)
        row.append(replace(skip, emoji=None, style=ButtonStyle.SECONDARY))
    for each in open_ones:
        if alone and each.place is not None and each.place.total > 1:
            job = each.job
            row.append(buttons.of_job(actions.CANCEL_BATCH, job.server, job.number, label="Stop…"))
    return ActionRow((*row, buttons.of_queue(actions.TELL_WHEN, status.server)))
