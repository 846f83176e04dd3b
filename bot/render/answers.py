"""One sentence that says what is, after somebody steered the queue."""

from bot.events import Job, JobStatus, QueueStatus
from bot.render.message import Colour, Panel
from bot.render.panels import said


def canceled_job(before: Job, after: Job) -> Panel:
    """`before` and `after` are the same job, read from InvokeAI around the cancel."""
    name = f"#{after.number}"
    if before.status.finished:
        return said(f"{name} had already ended: it is {after.status}. Nothing was changed.", Colour.WARNING)
    if after.status is not JobStatus.CANCELED:
        return said(f"{name} was quicker than the cancel: it is {after.status}.", Colour.WARNING)
    if before.status is JobStatus.IN_PROGRESS:
        return said(f"{name} is canceled. It was running; its step in hand ends first.", Colour.CANCELED)
    return said(f"{name} is canceled. It had not started.", Colour.CANCELED)


def canceled_many(count: int, status: QueueStatus) -> Panel:
    """`count` jobs were cancelled; `status` is how the queue is now."""
    if not count:
        return said(f"There was nothing to cancel. {_left(status)}", Colour.WARNING)
    return said(
        f"{count} {'job is' if count == 1 else 'jobs are'} canceled. {_left(status)}", Colour.CANCELED
    )


def paused(before: QueueStatus, after: QueueStatus, running: Job | None) -> Panel:
    """`running` is the job that may still finish."""
    if not after.paused:
        return said("InvokeAI did not pause. Try once more.", Colour.WARNING)
    word = "The queue was paused already" if before.paused else "The queue is paused"
    rest = f"#{running.number} runs to its end; nothing new starts." if running else "Nothing runs."
    return said(f"⏸️ {word}. {rest} {_left(after)}", Colour.WARNING)


def resumed(before: QueueStatus, after: QueueStatus) -> Panel:
    if after.paused:
        return said("InvokeAI did not resume. Try once more.", Colour.WARNING)
    word = "The queue runs again" if before.paused else "The queue was not paused"
    return said(f"▶️ {word}. {_left(after)}", Colour.RUNNING)


def _left(status: QueueStatus) -> str:
    return f"{status.pending or 'No'} waiting, {status.in_progress or 'none'} running."
