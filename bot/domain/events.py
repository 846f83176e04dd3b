"""The words of the domain: jobs, the queue, and what happened. Frozen; times are aware and UTC."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class JobStatus(StrEnum):
    """InvokeAI's words for the state of a queue item."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def finished(self) -> bool:
        return self in FINISHED


FINISHED = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED})


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA and how strongly it was applied; `weight` None if that is not known."""

    name: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an image was made, as far as InvokeAI's metadata tells."""

    prompt: str | None = None
    negative_prompt: str | None = None
    model: str | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    cfg_scale: float | None = None
    scheduler: str | None = None
    loras: tuple[Lora, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed, in the server's own (foreign) words."""

    error_type: str
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Job:
    """One queue item. `number` is its item_id.

    From a list it comes without `recipe` (None), `images` and `failure`; read whole it has them:
    `images` are the image names of its final outputs, each once.
    """

    server: str
    number: int
    status: JobStatus
    batch_id: str
    session_id: str | None
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    origin: str | None = None
    destination: str | None = None
    user: str | None = None
    device: str | None = None
    priority: int = 0
    retried_from: int | None = None
    parent: int | None = None
    recipe: Recipe | None = None
    images: tuple[str, ...] = ()
    failure: Failure | None = None
    boards: tuple[str, ...] = ()
    """Ids of the boards that its final images go to, `none` for no board; known only of a job read whole."""
    interrupted: bool = False
    """Canceled by InvokeAI itself, because it restarted while the job ran; known only of a job read whole."""

    @property
    def ran(self) -> timedelta | None:
        """How long it ran; None if it never started or has not ended."""
        if self.started_at is None or self.completed_at is None:
            return None
        return self.completed_at - self.started_at


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs from the newest number down. `before` asks for the next page; None: this was the last."""

    jobs: tuple[Job, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The queue's counts and the processor's state, as InvokeAI says."""

    server: str
    pending: int
    in_progress: int
    waiting: int
    completed: int
    failed: int
    canceled: int
    paused: bool
    processing: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running job stands. `share` is 0..1, None when InvokeAI does not tell."""

    server: str
    number: int
    message: str
    share: float | None
    preview: str | None = field(default=None, repr=False)
    """A data URL (JPEG), or None."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What stands at the address."""

    server: str
    url: str
    version: str


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What InvokeAI took of a new batch: `count` of the `requested` jobs, the rest had no room.

    `numbers` rise; none where InvokeAI does not tell them (before 6.0).
    """

    batch_id: str
    requested: int
    count: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """A job queued again. `seeds` are in the numbers' order; none if its graph draws its seed by itself."""

    enqueued: Enqueued
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Where InvokeAI keeps images together; `name` is foreign text."""

    id: str
    name: str


class EventKind(StrEnum):
    """What can happen to a job, and what a channel can subscribe to; the last ones happen to a server."""

    STARTED = "started"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    NEW_DATABASE = "new_database"
    QUEUE_EMPTY = "queue_empty"
    AWAY = "away"
    BACK = "back"
    FAILING = "failing"
    RESUMED = "resumed"
    PAUSED_AGAIN = "paused_again"


@dataclass(frozen=True, slots=True)
class Left:
    """How many jobs of the whole queue, and of a job's batch, had not ended when it did; None: not known."""

    queue: int | None = None
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened, once. `pending` is how many jobs waited at that moment.

    In the outbox each image of a completed job is an event of its own: `image` is its place in
    `job.images`; None for a job without images and for every other kind. Its last one tells what was `left`.
    Of an interrupted job, `restarts` is how often InvokeAI restarted within ten minutes while jobs of its
    batch ran, this time included, and `paused` is True if the processor is paused for that.
    """

    kind: EventKind
    job: Job
    pending: int = 0
    image: int | None = None
    left: Left = field(default_factory=Left)
    restarts: int = 0
    paused: bool = False

    @property
    def urgent(self) -> bool:
        """Whether it must never come silently: a job seems to be what makes InvokeAI fall."""
        return self.restarts > 1


@dataclass(frozen=True, slots=True)
class Tally:
    """How many jobs ended, and how."""

    completed: int = 0
    failed: int = 0
    canceled: int = 0

    @property
    def all(self) -> int:
        return self.completed + self.failed + self.canceled


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """Something that concerns a server and none of its jobs. More, where the kind needs it:

    `about` is foreign text: the failure that comes again and again. `since` is when it began: an absence, or
    the work that is done now. `jobs`: how many wait, or failed alike. `tally`: what was done.
    """

    kind: EventKind
    server: str
    at: datetime
    about: str = ""
    since: datetime | None = None
    jobs: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class HeldPause:
    """A pause that the bot remembers. `until` None: until somebody resumes.

    `after_batch`: it begins when this batch has ended; None once it has begun. `channel_id`: where it was
    asked for, None if no notice can go there.
    """

    server: str
    user_id: int
    asked_at: datetime
    until: datetime | None = None
    reason: str | None = None
    channel_id: int | None = None
    after_batch: str | None = None


Event = JobEvent | ServerEvent


@dataclass(frozen=True, slots=True)
class Suspension:
    """A channel that takes no messages for now. `owed`: how many rows of the outbox wait for it."""

    channel_id: int
    reason: str
    since: datetime
    look_at: datetime
    owed: int
