"""Which buttons stand under which job: within a thumb's reach, at most two rows, what destroys comes last."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain.actions import JobAction, QueueAction
from bot.domain.jobs import Job, JobPage, JobStatus
from bot.render.custom_ids import JobButton, JobsMenu, JobsPage, QueueButton, encode
from bot.render.message import Button, ButtonStyle, Menu, Option, Row
from bot.render.questions import MENU
from bot.render.text import bare, dotted

_LOOKS: dict[JobAction, tuple[str, str | None, ButtonStyle]] = {
    JobAction.CANCEL: ("Cancel", "🚫", ButtonStyle.DANGER),
    JobAction.CANCEL_BATCH: ("Cancel batch…", None, ButtonStyle.SECONDARY),
    JobAction.RETRY: ("Retry", "🔁", ButtonStyle.PRIMARY),
    JobAction.RETRY_FAILED: ("Retry all failed", None, ButtonStyle.SECONDARY),
    JobAction.AGAIN: ("Again", "🎲", ButtonStyle.PRIMARY),
    JobAction.AGAIN_FOUR: ("×4", None, ButtonStyle.SECONDARY),
    JobAction.TWEAK: ("Tweak…", None, ButtonStyle.SECONDARY),
    JobAction.STAR: ("Star", "⭐", ButtonStyle.SECONDARY),
    JobAction.UNSTAR: ("Unstar", "⭐", ButtonStyle.SECONDARY),
    JobAction.ORIGINAL: ("Original", None, ButtonStyle.SECONDARY),
    JobAction.BOARD: ("Board…", None, ButtonStyle.SECONDARY),
    JobAction.DETAILS: ("Details", None, ButtonStyle.SECONDARY),
    JobAction.DELETE: ("Delete…", None, ButtonStyle.DANGER),
}
_AGAIN = (JobAction.AGAIN, JobAction.AGAIN_FOUR, JobAction.TWEAK)
_STOP = (JobAction.CANCEL, JobAction.CANCEL_BATCH, JobAction.DETAILS)
_BY_STATUS: dict[JobStatus, tuple[tuple[JobAction, ...], ...]] = {
    JobStatus.PENDING: (_STOP,),
    JobStatus.WAITING: (_STOP,),
    JobStatus.IN_PROGRESS: (_STOP,),
    JobStatus.COMPLETED: (
        (*_AGAIN, JobAction.STAR),
        (JobAction.ORIGINAL, JobAction.BOARD, JobAction.DETAILS, JobAction.DELETE),
    ),
    JobStatus.FAILED: ((JobAction.RETRY, JobAction.RETRY_FAILED, JobAction.DETAILS),),
    JobStatus.CANCELED: ((JobAction.RETRY, JobAction.AGAIN, JobAction.DETAILS),),
}
_IMAGELESS = ((*_AGAIN, JobAction.DETAILS),)


def rows(job: Job, server: str, *, starred: bool = False, details: bool = True) -> tuple[Row, ...]:
    """For the job as it is now. `details` False: where its details stand already. A sample (#0) has none."""
    if job.number < 1:
        return ()
    offered = _BY_STATUS[job.status]
    if job.status is JobStatus.COMPLETED and not job.images:
        offered = _IMAGELESS
    left_out = set[JobAction]() if details else {JobAction.DETAILS}
    swapped = {JobAction.STAR: JobAction.UNSTAR} if starred else {}
    kept = [[swapped.get(one, one) for one in row if one not in left_out] for row in offered]
    return tuple(Row(tuple(_button(action, server, job.number) for action in row)) for row in kept)


def interrupted(job: Job, server: str) -> tuple[Row, ...]:
    """For a job that InvokeAI's own end cut off: perhaps it was the culprit."""
    pause = Button("Pause", encode(QueueButton(QueueAction.PAUSE, server)), emoji="⏸️")
    retry, batch = (
        _button(action, server, job.number) for action in (JobAction.RETRY, JobAction.CANCEL_BATCH)
    )
    return (Row((retry, pause, batch)),)


def failures(job: Job, server: str, count: int) -> tuple[Row, ...]:
    """For `count` jobs of a batch that failed alike; `job` is one of them."""
    every = encode(JobButton(JobAction.RETRY_FAILED, server, job.number))
    retry = Button(f"Retry all {count}", every, ButtonStyle.PRIMARY, "🔁")
    return (Row((retry, _button(JobAction.DETAILS, server, job.number))),)


def numbered(job: Job) -> str:
    """`#812 · red fox in snow`: a job in a menu, plain text of at most 100 characters."""
    prompt = bare(job.recipe.prompt if job.recipe else None, 70)
    return dotted(f"#{job.number}", prompt)[:100]


def which_one(
    jobs: Sequence[Job], hint: str = "Which one?", label: Callable[[Job], str] = numbered
) -> tuple[Menu, ...]:
    """For several jobs of one server in one message: what is picked shows its details and buttons."""
    options = tuple(Option(label(job), str(job.number)) for job in jobs[:MENU])
    return (Menu(encode(JobsMenu(jobs[0].server)), hint, options),)


def turning(page: JobPage, at: JobsPage) -> tuple[Row, ...]:
    """To the newest jobs and to older ones, each always in its place; nothing where one page holds all."""
    if page.before is None and at.before is None:
        return ()
    below = page.before or (page.jobs[-1].number if page.jobs else at.before)
    newest = Button("Newest", encode(replace(at, before=None)), disabled=at.before is None)
    older = Button("Older", encode(replace(at, before=below)), disabled=page.before is None)
    return (Row((newest, older)),)


def _button(action: JobAction, server: str, number: int) -> Button:
    label, emoji, style = _LOOKS[action]
    return Button(label, encode(JobButton(action, server, number)), style, emoji)
