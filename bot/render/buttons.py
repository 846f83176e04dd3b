"""Which buttons stand under which job: within a thumb's reach, at most two rows, what destroys comes last."""

from collections.abc import Callable, Sequence

from bot.domain import actions
from bot.domain.actions import Action, Component
from bot.domain.jobs import Job
from bot.domain.limits import MAX_BUTTONS, MAX_OPTION_NAME, MAX_OPTIONS
from bot.render.custom_ids import JobButton, JobsMenu, QueueButton, encode
from bot.render.message import ActionRow, Button, Menu, MenuOption
from bot.render.recipes import open_prompt
from bot.render.text import bare, dotted

JOB_BUTTONS = tuple(actions.of_component(Component.JOB_BUTTON).values())
_SHORT_ROW = 4
"""So many stand beside each other where one row does not hold all."""


def rows(job: Job, server: str, *, starred: bool = False, details: bool = True) -> tuple[ActionRow, ...]:
    """For the job as it is now. `details` False: where its details stand already.

    A sample (#0) has none, and a job that the bot may not look into.
    """
    if job.number < 1 or job.hidden:
        return ()
    left_out = {actions.STAR if starred else actions.UNSTAR, *(() if details else (actions.DETAILS,))}
    offered = [
        of_job(action, server, job.number)
        for action in JOB_BUTTONS
        if job.status in action.offered and (job.images or not action.needs_image) and action not in left_out
    ]
    length = MAX_BUTTONS if len(offered) <= MAX_BUTTONS else _SHORT_ROW
    return tuple(
        ActionRow(tuple(offered[start : start + length])) for start in range(0, len(offered), length)
    )


def interrupted(job: Job, server: str) -> tuple[ActionRow, ...]:
    """For a job that InvokeAI's own end cut off: perhaps it was the culprit."""
    retry = of_job(actions.RETRY, server, job.number)
    batch = of_job(actions.CANCEL_BATCH, server, job.number)
    return (ActionRow((retry, of_queue(actions.PAUSE, server), batch)),)


def failures(job: Job, server: str, count: int) -> tuple[ActionRow, ...]:
    """For `count` jobs of a batch that failed alike; `job` is the first of them."""
    label = f"{actions.RETRY_ALIKE.label} {count}"
    retry = of_job(actions.RETRY_ALIKE, server, job.number, label=label, count=count)
    return (ActionRow((retry, of_job(actions.DETAILS, server, job.number))),)


def numbered(job: Job) -> str:
    """`#812 · red fox in snow`: a job in a menu, plain text, and so without a prompt that is a spoiler."""
    prompt = bare(open_prompt(job), 70)
    return dotted(f"#{job.number}", prompt)[:MAX_OPTION_NAME]


def which_one(
    jobs: Sequence[Job], hint: str = "Which one?", label: Callable[[Job], str] = numbered
) -> tuple[Menu, ...]:
    """For several jobs of one server in one message: what is picked shows its details and buttons."""
    options = tuple(MenuOption(label(job), str(job.number)) for job in jobs[:MAX_OPTIONS])
    return (Menu(encode(JobsMenu(jobs[0].server)), hint, options),)


def of_job(
    action: Action, server: str, number: int, *, label: str | None = None, count: int | None = None
) -> Button:
    """The action's button for that job; one that is `counted` takes its `count`."""
    custom_id = encode(JobButton(action, server, number, count))
    return Button(label or action.label, custom_id, action.style, action.emoji)


def of_queue(action: Action, server: str) -> Button:
    return Button(action.label, encode(QueueButton(action, server)), action.style, action.emoji)
