"""A job as InvokeAI has it, and what it made. Frozen; times are aware and UTC."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class JobStatus(StrEnum):
    """InvokeAI's words for the state of a queue item."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"
    """Not InvokeAI's own: the job is there, in a state that we can't read. It counts as unfinished."""

    @classmethod
    def _missing_(cls, value: object) -> "JobStatus | None":
        """A word of a later InvokeAI."""
        return cls.UNKNOWN if isinstance(value, str) else None

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
    """How an image was made, as far as InvokeAI's metadata and the job's graph tell.

    The size is the one at which it was generated; the file's own can be another.
    """

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
    texts: tuple[str, ...] = ()
    """Further texts that say what the image shows: to be hidden where prompts are."""


class OutputKind(StrEnum):
    PICTURE = "picture"
    VIDEO = "video"
    TEXT = "text"
    NUMBER = "number"


class Purpose(StrEnum):
    """Who waits for a job: people for a final one; the canvas for what it stages, and for a utility."""

    FINAL = "final"
    STAGING = "staging"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True)
class Output:
    """One thing that a job made. A picture or a video has a `name` and the file's own `size`, if it is known.

    Without a name it was due, but is not there. `text` is what a text or a number says.
    """

    kind: OutputKind
    name: str | None = None
    text: str = ""
    size: tuple[int, int] | None = None
    staged: bool = False
    """It waits in the canvas until a person takes it."""
    deleted: bool = False


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
    `images` are the names of the final pictures and videos among its `outputs`, each once.
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
    outputs: tuple[Output, ...] = ()
    """All that it made, what is staged and what is missing included; known only of a job read whole."""
    purpose: Purpose = Purpose.FINAL
    """Known only of a job read whole."""
    account: str | None = None
    """The id of the InvokeAI account that asked for it."""
    hidden: bool = False
    """Somebody else's, and the bot's account may not look into it: only number, state and times are known."""

    @property
    def silent(self) -> bool:
        """Whether nobody is to hear of its end: the canvas takes what is staged, and no person asked."""
        asked = self.purpose is Purpose.FINAL
        return not asked and not self.interrupted and self.status in {JobStatus.COMPLETED, JobStatus.CANCELED}

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
class JobDocuments:
    """What InvokeAI keeps of a job: queue item, its first image's metadata, workflow; None: there is none."""

    item: Any = field(repr=False)
    metadata: Any = field(repr=False)
    workflow: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """How many of a batch's jobs have ended, of how many."""

    ended: int
    total: int


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
class Enqueued:
    """What InvokeAI took of a new batch: `count` of the `requested` jobs, the rest had no room.

    `numbers` rise; none where InvokeAI does not tell them (before 6.0).
    """

    batch_id: str
    requested: int
    count: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Where InvokeAI keeps images together; `name` is foreign text."""

    id: str
    name: str
