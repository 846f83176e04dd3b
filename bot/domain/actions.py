"""What buttons, menus and forms can do, and what a person must be able to do to use them."""

from enum import StrEnum

from bot.domain.access import Capability


class JobAction(StrEnum):
    """What a job's button does to that one job, or to its batch. MOVE is a menu's, TWEAKED a form's."""

    CANCEL = "cancel"
    CANCEL_BATCH = "cancel-batch"
    RETRY = "retry"
    RETRY_FAILED = "retry-failed"
    AGAIN = "again"
    AGAIN_FOUR = "again4"
    TWEAK = "tweak"
    TWEAKED = "tweaked"
    STAR = "star"
    UNSTAR = "unstar"
    DELETE = "delete"
    BOARD = "board"
    MOVE = "move"
    ORIGINAL = "original"
    DETAILS = "details"


class QueueAction(StrEnum):
    """What the queue's panel offers."""

    REFRESH = "refresh"
    PAUSE = "pause"
    RESUME = "resume"


class Choice(StrEnum):
    """What a question can be answered with; KEEP leaves everything as it is."""

    KEEP = "keep"
    CLEAR = "clear"
    PRUNE = "prune"
    CANCEL_BATCH = "cancel-batch"
    CANCEL_WAITING = "cancel-waiting"
    CANCEL_ALL = "cancel-all"
    CANCEL_DESTINATION = "cancel-destination"
    DELETE_IMAGES = "delete-images"


BY_JOB = frozenset({Choice.CANCEL_BATCH, Choice.CANCEL_DESTINATION, Choice.DELETE_IMAGES})
"""Choices that a job's number is part of: it names the batch, the destination, or whose images go."""


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
