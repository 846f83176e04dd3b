"""The live card: what runs now, in one message that is edited. Its times count by themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import actions
from bot.domain.jobs import Job, Progress
from bot.domain.queue import HeldPause, QueueStatus
from bot.render import buttons
from bot.render.message import ActionRow, Block, Colour, File, MediaGallery, Panel, Text
from bot.render.queue_panel import bar, heading, held_line
from bot.render.text import ago, bare, dotted, duration, line, many, quoted

MAX_RUNNING = 3
"""Running jobs that are shown; of the others only the count."""
WORTH_SAYING = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class CardJob:
    """`job` read whole. `preview`: a JPEG of ours. `usual`: how long such jobs ran."""

    job: Job
    progress: Progress | None = None
    preview: bytes | None = None
    usual: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CardView:
    """`empty_at`: when the queue should be empty, None where that is not known."""

    status: QueueStatus
    jobs: tuple[CardJob, ...] = ()
    empty_at: datetime | None = None
    held: HeldPause | None = None


def card(view: CardView, *, server_name: str | None = None) -> Panel:
    """Nothing in it changes with the mere passing of time, so an edit always has something new to show."""
    status = view.status
    state, colour = _state(view)
    shown = view.jobs[:MAX_RUNNING]
    blocks: list[Block] = [Text(heading(state, server_name))]
    files: list[File] = []
    several = max(status.in_progress, len(view.jobs)) > 1
    for each in shown:
        blocks.append(Text(_lines(each, device=several)))
        file = _preview(each)
        if file is not None:
            files.append(file)
            blocks.append(MediaGallery((file.name,)))
    more = max(status.in_progress, len(view.jobs)) - len(shown)
    if shown and more > 0:
        blocks.append(Text(f"and {many(more, 'more running job')}"))
    if view.held is not None:
        blocks.append(Text(f"⏸️ {held_line(view.held)}"))
    if view.empty_at is not None and not status.paused:
        blocks.append(Text(f"🏁 Queue empty {ago(view.empty_at)}"))
    return Panel(colour, (*blocks, _buttons(status, shown)), tuple(files))


def unreachable(*, server_name: str | None = None) -> Panel:
    """Instead of what may not be true any more."""
    words = "⚠️ InvokeAI does not answer"
    return Panel(
        Colour.WARNING,
        (Text(heading(words, server_name)), Text("What runs is shown again when it is back.")),
    )


def _state(view: CardView) -> tuple[str, Colour]:
    status = view.status
    waiting = f"{many(status.pending, 'job')} waiting" if status.pending else "nothing waiting"
    count = max(status.in_progress, len(view.jobs))
    if status.paused:
        after = f" after the running job{'s' if count > 1 else ''}" if count else ""
        return f"⏸️ Paused{after} · {waiting}", Colour.WARNING
    if count:
        return f"{f'{count:,} running' if count > 1 else 'Running'} · {waiting}", Colour.RUNNING
    return f"About to start · {waiting}", Colour.RUNNING


def _lines(each: CardJob, *, device: bool) -> str:
    """Number and prompt; bar and step; since when and how long such jobs take."""
    job, progress = each.job, each.progress
    recipe = job.recipe
    first = dotted(f"▶️ **#{job.number}**", quoted(recipe.prompt if recipe else None, 120))
    second = ""
    if progress is not None and progress.number == job.number:
        second = dotted(bar(progress.share), line(progress.message, 60))
    third = dotted(
        f"started {ago(job.started_at)}" if job.started_at else "",
        f"usually {duration(each.usual)}" if each.usual is not None and each.usual > WORTH_SAYING else "",
        line(recipe.model if recipe else None, 60),
        line(job.device, 40) if device else "",
    )
    return "\n".join(part for part in (first, second, third) if part)


def _preview(each: CardJob) -> File | None:
    if each.preview is None:
        return None
    recipe = each.job.recipe
    prompt = bare(recipe.prompt if recipe else None, 200)
    description = f"Preview of #{each.job.number}{': ' if prompt else ''}{prompt}"
    return File(f"{each.job.number}-preview.jpg", each.preview, description)


def _buttons(status: QueueStatus, shown: tuple[CardJob, ...]) -> ActionRow:
    steer = buttons.of_queue(actions.RESUME if status.paused else actions.PAUSE, status.server)
    cancels = (
        buttons.of_job(actions.CANCEL, job.server, job.number, label=f"{actions.CANCEL.label} #{job.number}")
        for job in (each.job for each in shown)
    )
    return ActionRow((steer, *cancels))
