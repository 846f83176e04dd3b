"""Every verb that people have, one row each. Buttons, menus, questions, the guard and the commands read it.

A new button is a row here and a function in `cogs` that registers itself for that row.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.access import Capability
from bot.domain.jobs import FINISHED, JobStatus


class ButtonStyle(StrEnum):
    """As Discord colours it: blue, grey, green, red."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    SUCCESS = "success"
    DANGER = "danger"


class Component(StrEnum):
    """By what a person says the verb, if not by a command alone."""

    JOB_BUTTON = "job button"
    JOB_MENU = "job menu"
    JOB_FORM = "job form"
    QUEUE_BUTTON = "queue button"
    CHANNEL_BUTTON = "channel button"
    CHANNEL_MENU = "channel menu"
    CHANNEL_FORM = "channel form"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Action:
    """`name` stands in custom ids and in the log; `label`, `emoji` and `style` on its button.

    `offered`: under jobs of these states, in the order of the rows; with `needs_image` only where the job
    has one, with `needs_size` only where its size is known, with `for_vram` only where it ran out of that.
    `folded`: behind *More*. `bare`: the emoji stands for the label. `changes`: a press may change something
    for others at once. `asks`: before it does it may ask, and the yes carries the job's number if `of_job`.
    `opens_form`: a press is answered with a form. `in_place`: with an edit of the panel that was pressed,
    not beside it. `counted`: its button says how many jobs. `sends_pictures`: the answer may be heavy, so
    each person gets one at a time.
    """

    name: str
    capability: Capability
    component: Component | None = None
    label: str = ""
    emoji: str | None = None
    style: ButtonStyle = ButtonStyle.SECONDARY
    offered: frozenset[JobStatus] = frozenset()
    needs_image: bool = False
    needs_size: bool = False
    for_vram: bool = False
    folded: bool = False
    bare: bool = False
    changes: bool = True
    asks: bool = False
    of_job: bool = False
    opens_form: bool = False
    in_place: bool = False
    counted: bool = False
    sends_pictures: bool = False


VIEW, CREATE, OPERATE, ADMIN = Capability.VIEW, Capability.CREATE, Capability.OPERATE, Capability.ADMIN
JOB_BUTTON, QUEUE_BUTTON = Component.JOB_BUTTON, Component.QUEUE_BUTTON
BLUE, GREEN, RED = ButtonStyle.PRIMARY, ButtonStyle.SUCCESS, ButtonStyle.DANGER

ANY = frozenset(JobStatus)
UNFINISHED = ANY - FINISHED
COMPLETED = frozenset({JobStatus.COMPLETED})
FAILED = frozenset({JobStatus.FAILED})
CANCELED = frozenset({JobStatus.CANCELED})
RETRIABLE = FAILED | CANCELED
"""InvokeAI queues only these once more as they were."""

# What is done to one job, to its batch or to its images; in the order in which buttons stand. What creators
# may do they may do to jobs that are theirs, and run again what their channel shows (`cogs/ownership.py`).
CANCEL = Action("cancel", CREATE, JOB_BUTTON, "Cancel", "🚫", RED, offered=UNFINISHED)
CANCEL_BATCH = Action(
    "cancel-batch", CREATE, JOB_BUTTON, "Cancel batch…", offered=UNFINISHED, asks=True, of_job=True
)
TELL_ME = Action("tell-me", VIEW, JOB_BUTTON, "Tell me", "🔔", offered=UNFINISHED, changes=False)
TELL_BATCH = Action("tell-batch", VIEW, JOB_BUTTON, "The batch", changes=False)
NEXT = Action("next", OPERATE, JOB_BUTTON, "Run next")
CANCEL_DESTINATION = Action("cancel-destination", OPERATE, asks=True, of_job=True)
RETRY = Action("retry", CREATE, JOB_BUTTON, "Retry", style=BLUE, offered=RETRIABLE)
RETRY_SMALLER = Action(
    "retry-smaller", CREATE, JOB_BUTTON, "Retry smaller", offered=FAILED, for_vram=True, needs_size=True
)
FREE_AND_RETRY = Action(
    "free-and-retry", ADMIN, JOB_BUTTON, "Free VRAM and retry", offered=FAILED, for_vram=True
)
RETRY_FAILED = Action("retry-failed", CREATE, JOB_BUTTON, "Retry all failed")
RETRY_ALIKE = Action("retry-alike", CREATE, JOB_BUTTON, "Retry all", style=BLUE, counted=True)
AGAIN = Action("again", CREATE, JOB_BUTTON, "Again", style=BLUE, offered=COMPLETED | CANCELED)
AGAIN_FOUR = Action("again4", CREATE, JOB_BUTTON, "×4", offered=COMPLETED, folded=True)
TWEAK = Action("tweak", CREATE, JOB_BUTTON, "Tweak…", offered=COMPLETED, changes=False, opens_form=True)
TWEAKED = Action("tweaked", CREATE, Component.JOB_FORM)
STAR = Action("star", OPERATE, JOB_BUTTON, "Star", "⭐", offered=COMPLETED, needs_image=True, bare=True)
UNSTAR = Action("unstar", OPERATE, JOB_BUTTON, "Unstar", offered=COMPLETED, needs_image=True, folded=True)
ORIGINAL = Action(
    "original",
    VIEW,
    JOB_BUTTON,
    "Original",
    offered=COMPLETED,
    needs_image=True,
    folded=True,
    changes=False,
    sends_pictures=True,
)
BOARD = Action(
    "board", OPERATE, JOB_BUTTON, "Board…", offered=COMPLETED, needs_image=True, folded=True, changes=False
)
MOVE = Action("move", OPERATE, Component.JOB_MENU, in_place=True)
SAVE_AS_STYLE = Action(
    "save-as-style",
    OPERATE,
    JOB_BUTTON,
    "Save as style…",
    offered=COMPLETED,
    needs_image=True,
    folded=True,
    changes=False,
    opens_form=True,
)
SAVED_AS_STYLE = Action("saved-as-style", OPERATE, Component.JOB_FORM)
DETAILS = Action("details", VIEW, JOB_BUTTON, "Details", offered=ANY, changes=False, sends_pictures=True)
JSON = Action("json", VIEW, JOB_BUTTON, "JSON", changes=False, sends_pictures=True)
DELETE = Action(
    "delete",
    CREATE,
    JOB_BUTTON,
    "Delete…",
    style=RED,
    offered=COMPLETED,
    needs_image=True,
    folded=True,
    changes=False,
    asks=True,
    of_job=True,
)
DELETE_POSTS = Action("delete-posts", CREATE, asks=True, of_job=True)
MORE = Action("more", VIEW, JOB_BUTTON, "More", offered=COMPLETED | FAILED, changes=False)

# What is new in the queue.
IMAGINE = Action("imagine", CREATE)
USE_AS_INPUT = Action("use-as-input", CREATE, Component.FORM)
WORKFLOW = Action("workflow", CREATE)
STATISTICS = Action("stats", VIEW, changes=False)
QUOTA = Action("quota", CREATE, changes=False)
STYLES = Action("styles", VIEW, changes=False)
SAVE_STYLE = Action("save-style", OPERATE)

# What is done to the queue.
REFRESH = Action("refresh", VIEW, QUEUE_BUTTON, "Refresh", changes=False, in_place=True)
PAUSE = Action("pause", OPERATE, QUEUE_BUTTON, "Pause", "⏸️", in_place=True)
RESUME = Action("resume", OPERATE, QUEUE_BUTTON, "Resume", "▶️", GREEN, in_place=True)
TELL_WHEN = Action("tell-when", VIEW, QUEUE_BUTTON, "Tell me", "🔔", bare=True, changes=False)
TELL_EMPTY = Action("tell-empty", VIEW, QUEUE_BUTTON, "The queue", changes=False)
LIST_JOBS = Action("jobs", VIEW, changes=False)
CANCEL_WAITING = Action("cancel-waiting", OPERATE, asks=True)
CANCEL_ALL = Action("cancel-all", OPERATE, asks=True)
CLEAR = Action("clear", ADMIN, asks=True)
PRUNE = Action("prune", ADMIN, asks=True)
FREE_VRAM = Action("free-vram", ADMIN)

# What else is said: no to a question, and which channel gets what.
KEEP = Action("keep", VIEW, changes=False)
NOTIFY = Action("notify", ADMIN)
LINK = Action("link", ADMIN)

# How a channel is told; its panel is private.
CHANNEL_BUTTON, CHANNEL_MENU = Component.CHANNEL_BUTTON, Component.CHANNEL_MENU
CHANNEL_SHOW = Action("channel-show", ADMIN, CHANNEL_BUTTON, "Back", changes=False, in_place=True)
CHANNEL_CHANGE = Action("channel-change", ADMIN, CHANNEL_BUTTON, "Change…", changes=False, in_place=True)
CHANNEL_TEST = Action("channel-test", ADMIN, CHANNEL_BUTTON, "Test", in_place=True)
CHANNEL_SNOOZE = Action("channel-snooze", ADMIN, CHANNEL_BUTTON, "Snooze…", changes=False, in_place=True)
SNOOZE_HOUR = Action("snooze-hour", ADMIN, CHANNEL_BUTTON, "1 hour", in_place=True)
SNOOZE_MORNING = Action("snooze-morning", ADMIN, CHANNEL_BUTTON, "Until morning", in_place=True)
SNOOZE_END = Action("snooze-end", ADMIN, CHANNEL_BUTTON, "End snooze", in_place=True)
CHANNEL_STOP = Action("channel-stop", ADMIN, CHANNEL_BUTTON, "Stop…", changes=False, in_place=True)
CHANNEL_END = Action("channel-end", ADMIN, CHANNEL_BUTTON, "Stop", style=RED, in_place=True)
CHANNEL_WHAT = Action("channel-what", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_BUZZ = Action("channel-buzz", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_SERVERS = Action("channel-servers", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_BOARDS = Action("channel-boards", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_USERS = Action("channel-users", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_MENTION = Action("channel-mention", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_MINE = Action("channel-mine", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_PRIVACY = Action("channel-privacy", ADMIN, CHANNEL_MENU, in_place=True)
CHANNEL_QUIET = Action("channel-quiet", ADMIN, CHANNEL_BUTTON, "Quiet hours…", changes=False, opens_form=True)
CHANNEL_HOURS = Action("channel-hours", ADMIN, Component.CHANNEL_FORM, in_place=True)
CHANNEL_MORE = Action("channel-more", ADMIN, CHANNEL_BUTTON, "More…", changes=False, opens_form=True)
CHANNEL_FILTERS = Action("channel-filters", ADMIN, Component.CHANNEL_FORM, in_place=True)

ACTIONS = tuple(row for row in tuple(globals().values()) if isinstance(row, Action))
"""All rows above."""


def of_component(*components: Component) -> dict[str, Action]:
    """The rows of these components by name, in their order."""
    return {row.name: row for row in ACTIONS if row.component in components}


ANSWERS = {row.name: row for row in ACTIONS if row.asks or row is KEEP}
"""With what a question can be answered: the verb itself is the yes."""
