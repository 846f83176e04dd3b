"""One sentence that says what is, after somebody steered the queue."""

from collections.abc import Sequence

from bot.events import Job, JobStatus, QueueStatus
from bot.render.message import Colour, Panel
from bot.render.panels import said
from bot.render.questions import numbers
from bot.render.text import many


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
    return said(f"{_are(count)} canceled. {_left(status)}", Colour.CANCELED)


def cleared(count: int, status: QueueStatus) -> Panel:
    """`count` jobs were removed, those that ran too; `status` is how the queue is now."""
    if not count:
        return said(f"There was nothing to clear. {_all_left(status)}", Colour.WARNING)
    return said(f"{_are(count)} cleared. {_all_left(status)}", Colour.CANCELED)


def pruned(count: int, status: QueueStatus) -> Panel:
    """`count` finished jobs were removed; `status` is how the queue is now."""
    if not count:
        return said(f"There was nothing to prune. {_all_left(status)}", Colour.WARNING)
    return said(f"{_are(count)} pruned. {_all_left(status)}", Colour.CANCELED)


def kept() -> Panel:
    return said("Nothing was changed.", Colour.CANCELED)


def retried(before: Job, after: Job | None) -> Panel:
    """`after` is the new job; None if it can't be told from others."""
    name = f" as #{after.number}" if after else ""
    return said(f"#{before.number} is queued again{name}.")


def retried_batch(job: Job, failed: int, taken: int, new: Sequence[int], status: QueueStatus) -> Panel:
    """Of the `failed` jobs of that job's batch InvokeAI took `taken`; `new` are their new numbers."""
    names = ""
    if new:
        names = f" as #{new[0]}" if len(new) == 1 else f" as #{new[0]} to #{new[-1]}"
    if taken < failed:
        words = f"{taken:,} of {many(failed, 'failed job')} of #{job.number}'s batch"
        return said(
            f"{words} are queued again{names}; the queue has no room for more. {_left(status)}",
            Colour.WARNING,
        )
    words = f"{many(taken, 'failed job')} of #{job.number}'s batch"
    return said(f"{words} {'is' if taken == 1 else 'are'} queued again{names}. {_left(status)}")


def paused(before: QueueStatus, after: QueueStatus, running: Sequence[Job]) -> Panel:
    """`running` are the jobs that may still finish."""
    if not after.paused:
        return said("InvokeAI did not pause. Try once more.", Colour.WARNING)
    word = "The queue was paused already" if before.paused else "The queue is paused"
    rest = "Nothing runs."
    if running:
        end = "runs to its end" if len(running) == 1 else "run to their end"
        rest = f"{numbers(running)} {end}; nothing new starts."
    return said(f"⏸️ {word}. {rest} {_left(after)}", Colour.WARNING)


def resumed(before: QueueStatus, after: QueueStatus) -> Panel:
    if after.paused:
        return said("InvokeAI did not resume. Try once more.", Colour.WARNING)
    word = "The queue runs again" if before.paused else "The queue was not paused"
    return said(f"▶️ {word}. {_left(after)}", Colour.RUNNING)


def _are(count: int) -> str:
    return f"{many(count, 'job')} {'is' if count == 1 else 'are'}"


def _all_left(status: QueueStatus) -> str:
    finished = status.completed + status.failed + status.canceled
    waiting, running = status.pending + status.waiting, status.in_progress
    return f"Left: {waiting or 'none'} waiting, {running or 'none'} running, {finished or 'none'} finished."


def _left(status: QueueStatus) -> str:
    return f"{status.pending or 'No'} waiting, {status.in_progress or 'none'} running."
