"""What came of an order: read from InvokeAI before and after."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.creation import Again, Smaller
from bot.domain.jobs import Board, Job
from bot.domain.queue import QueueStatus


class Scope(StrEnum):
    """How much a cancel takes. WAITING is all but what runs, ALL what runs too."""

    JOB = "job"
    BATCH = "batch"
    DESTINATION = "destination"
    WAITING = "waiting"
    ALL = "all"


class RetryScope(StrEnum):
    """How much a retry takes: one job, or all failed ones of its batch."""

    JOB = "job"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Contents:
    """All that the queue holds; `running` by number."""

    status: QueueStatus
    running: tuple[Job, ...]

    @property
    def finished(self) -> int:
        return self.status.finished

    @property
    def jobs(self) -> int:
        status = self.status
        return status.finished + status.not_started + max(status.in_progress, len(self.running))


@dataclass(frozen=True, slots=True)
class Reach:
    """How many unfinished jobs a cancel would take now; `job` names the batch or the destination.

    `taken`: those of them that are known, in the order in which they run.
    """

    scope: Scope
    server: str
    running: int
    waiting: int
    job: Job | None
    taken: tuple[Job, ...] = ()

    @property
    def count(self) -> int:
        return self.running + self.waiting


@dataclass(frozen=True, slots=True)
class CanceledJob:
    """One job before and after."""

    before: Job
    after: Job


@dataclass(frozen=True, slots=True)
class Taken:
    """How many jobs InvokeAI says it took (canceled, removed), and how the queue is now."""

    count: int
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class ProcessorChange:
    """The processor before and after; `running` are the jobs that a pause lets finish."""

    before: QueueStatus
    after: QueueStatus
    running: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class RetriedJob:
    """`after` is the new job; None if it can't be told from others."""

    before: Job
    after: Job | None


@dataclass(frozen=True, slots=True)
class RetriedBatch:
    """Of a batch's `failed` jobs InvokeAI took `taken`; `new` are the new jobs' numbers, rising."""

    job: Job
    failed: int
    taken: int
    new: tuple[int, ...]
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class JobAgain:
    """Job `number` was asked for again."""

    number: int
    again: Again
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class JobSmaller:
    """A job was asked for again with fewer pixels."""

    smaller: Smaller
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class ImagesTouched:
    """Of the job's images `count` were still there."""

    job: Job
    count: int


@dataclass(frozen=True, slots=True)
class ImagesMoved:
    """Of the job's images `count` are on the board now; the others are gone."""

    job: Job
    count: int
    board: Board


@dataclass(frozen=True, slots=True)
class Original:
    """The file of the job's image at `place`. Without `data` the `problem` says why; no problem: too large.

    `size` in bytes, if that is known.
    """

    place: int
    data: bytes | None = field(repr=False)
    problem: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class JobFile:
    """A document of a job: `job`, `metadata` or `workflow`."""

    name: str
    data: bytes = field(repr=False)
