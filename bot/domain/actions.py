"""What a person must be able to do to use a button, a menu or a form."""

from bot.domain.access import Capability
from bot.render.custom_ids import (
    Choice,
    ChoiceButton,
    JobAction,
    JobButton,
    JobsMenu,
    JobsPage,
    Meaning,
    QueueAction,
    QueueButton,
)

JOBS: dict[JobAction, Capability] = {
    JobAction.CANCEL: Capability.OPERATE,
    JobAction.CANCEL_BATCH: Capability.OPERATE,
    JobAction.RETRY: Capability.OPERATE,
    JobAction.RETRY_FAILED: Capability.OPERATE,
    JobAction.AGAIN: Capability.OPERATE,
    JobAction.AGAIN_FOUR: Capability.OPERATE,
    JobAction.TWEAK: Capability.OPERATE,
    JobAction.TWEAKED: Capability.OPERATE,
    JobAction.STAR: Capability.OPERATE,
    JobAction.UNSTAR: Capability.OPERATE,
    JobAction.DELETE: Capability.OPERATE,
    JobAction.BOARD: Capability.OPERATE,
    JobAction.MOVE: Capability.OPERATE,
    JobAction.ORIGINAL: Capability.VIEW,
    JobAction.DETAILS: Capability.VIEW,
}
QUEUE: dict[QueueAction, Capability] = {
    QueueAction.REFRESH: Capability.VIEW,
    QueueAction.PAUSE: Capability.OPERATE,
    QueueAction.RESUME: Capability.OPERATE,
}
CHOICES: dict[Choice, Capability] = {
    Choice.KEEP: Capability.VIEW,
    Choice.CLEAR: Capability.ADMIN,
    Choice.PRUNE: Capability.ADMIN,
    Choice.CANCEL_BATCH: Capability.OPERATE,
    Choice.CANCEL_WAITING: Capability.OPERATE,
    Choice.CANCEL_ALL: Capability.OPERATE,
    Choice.CANCEL_DESTINATION: Capability.OPERATE,
    Choice.DELETE_IMAGES: Capability.OPERATE,
}


def needed(meaning: Meaning | None) -> Capability:
    """For what means nothing, or only shows: view."""
    match meaning:
        case JobButton(action):
            return JOBS[action]
        case QueueButton(action):
            return QUEUE[action]
        case ChoiceButton(choice):
            return CHOICES[choice]
        case JobsMenu() | JobsPage() | None:
            return Capability.VIEW
