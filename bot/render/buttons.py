"""Which buttons stand under which job: one row within a thumb's reach, and the rest behind *More*."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.domain import actions
from bot.domain.actions import Action, Component
from bot.domain.failures import explain
from bot.domain.jobs import Job
from bot.domain.limits import MAX_OPTION_NAME, MAX_OPTIONS
from bot.render.custom_ids import JobButton, JobsMenu, QueueButton, encode
from bot.render.message import ActionRow, Button, Menu, MenuOption
from bot.render.recipes import open_prompt
from bot.render.text import bare, dotted

JOB_BUTTONS = tuple(actions.of_component(Component.JOB_BUTTON).values())
MAX_ROW = 3
"""So many stand beside each other where one row does not hold all."""
MAX_ROW_WIDTH, BUTTON_EDGES = 42, 6
"""In letters: what a panel holds on a phone, and what a button takes beside its label."""


def rows(job: Job, server: str, *, starred: bool = False, details: bool = True) -> tuple[ActionRow, ...]:
    """The row for the job as it is now, which fits a phone; *More* has the rest. `details` False: where its
    details stand already, in a panel; that is narrower, so the star is behind *More*.

    A sample (#0) has none, and a job that the bot may not look into.
    """
    first, rest = _split(_offered(job, starred=starred), details=details)
    shown = [*first, actions.MORE] if rest else first
    found = [of_job(one, server, job.number) for one in shown]
    if not details:
        return _packed(found)
    return (ActionRow(tuple(found)),) if found else ()


def more(job: Job, server: str, *, starred: bool = False, details: bool = True) -> tuple[ActionRow, ...]:
    """What stands behind *More* of that row, now; what destroys comes last."""
    _, rest = _split(_offered(job, starred=starred), details=details)
    return _packed([of_job(action, server, job.number) for action in rest])


def _packed(buttons: Sequence[Button]) -> tuple[ActionRow, ...]:
    """In their order, in rows that each fit a phone."""
    found: list[ActionRow] = []
    for button in buttons:
        if found and has_room(found[-1], button):
            found[-1] = ActionRow((*found[-1].buttons, button))
        else:
            found.append(ActionRow((button,)))
    return tuple(found)


def has_room(row: ActionRow, button: Button) -> bool:
    """Whether that one fits beside the others on a phone."""
    together = (*row.buttons, button)
    width = sum(len(one.label) + BUTTON_EDGES for one in together)
    return len(together) <= MAX_ROW and width <= MAX_ROW_WIDTH


def _offered(job: Job, *, starred: bool) -> list[Action]:
    if job.number < 1 or job.hidden:
        return []
    recipe, plain = job.recipe, explain(job.failure) if job.failure else None
    left_out = {actions.MORE, actions.STAR if starred else actions.UNSTAR}
    return [
        action
        for action in JOB_BUTTONS
        if job.status in action.offered
        and action not in left_out
        and (job.images or not action.needs_image)
        and ((recipe and recipe.width and recipe.height) or not action.needs_size)
        and ((plain and plain.vram) or not action.for_vram)
    ]


def _split(offered: Sequence[Action], *, details: bool) -> tuple[list[Action], list[Action]]:
    """What stands in the row, and what behind *More*. All that helps after an out of memory is too wide."""
    if not details:
        offered = [one for one in offered if one is not actions.DETAILS]
    if actions.FREE_AND_RETRY in offered:
        smaller = actions.RETRY_SMALLER in offered
        first = [actions.RETRY, actions.RETRY_SMALLER] if smaller else [actions.FREE_AND_RETRY]
    elif any(action.folded for action in offered):
        left_out = {actions.DETAILS} if details else {actions.STAR}
        first = [one for one in offered if not one.folded and one not in left_out]
    else:
        first = list(offered)
    return first, [one for one in offered if one not in first]


def interrupted(job: Job, server: str) -> tuple[ActionRow, ...]:
    """For a job that InvokeAI's own end cut off: perhaps it was the culprit."""
    retry = of_job(actions.RETRY, server, job.number)
    batch = of_job(actions.CANCEL_BATCH, server, job.number)
    pause = replace(of_queue(actions.PAUSE, server), emoji=None)  # so that all three fit a phone
    return (ActionRow((retry, pause, batch)),)


def failures(job: Job, server: str, count: int) -> tuple[ActionRow, ...]:
    """For `count` jobs of a batch that failed alike; `job` is the first of them."""
    label = f"{actions.RETRY_ALIKE.label} {count}"
    retry = of_job(actions.RETRY_ALIKE, server, job.number, label=label, count=count)
    return (ActionRow((retry, of_job(actions.DETAILS, server, job.number))),)


def numbered(job: Job) -> str:
    """`#812 · red fox in snow`: a job in a menu, plain text, and so without a prompt that is a spoiler."""
    prompt = bare(open_prompt(job), 70)
    return dotted(f"#{job.number}", prompt)[:MAX_OPTION_NAME]


def by_seed(job: Job) -> str:
    """`#812 · seed 33741`: where the prompt tells nothing apart."""
    seed = job.recipe.seed if job.recipe else None
    return dotted(f"#{job.number}", f"seed {seed}" if seed is not None else "")[:MAX_OPTION_NAME]


def which_one(
    jobs: Sequence[Job], hint: str = "Which one?", label: Callable[[Job], str] | None = None
) -> tuple[Menu, ...]:
    """For several jobs of one server in one message: what is picked shows its details and buttons.

    Without a `label` each is called by its prompt, or by its seed where all have the same.
    """
    if label is None:
        alike = len({open_prompt(job) for job in jobs}) == 1
        label = by_seed if alike else numbered
    options = tuple(MenuOption(label(job), str(job.number)) for job in jobs[:MAX_OPTIONS])
    return (Menu(encode(JobsMenu(jobs[0].server)), hint, options),)


def of_job(
    action: Action, server: str, number: int, *, label: str | None = None, count: int | None = None
) -> Button:
    """The action's button for that job; one that is `counted` takes its `count`."""
    custom_id = encode(JobButton(action, server, number, count))
    shown = "" if action.bare and action.emoji else label or action.label
    return Button(shown, custom_id, action.style, action.emoji)


def of_queue(action: Action, server: str) -> Button:
    shown = "" if action.bare and action.emoji else action.label
    return Button(shown, encode(QueueButton(action, server)), action.style, action.emoji)
