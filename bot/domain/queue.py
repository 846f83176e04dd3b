"""A queue's counts and its processor, and a pause that is held. Frozen; times are aware and UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.jobs import BatchPlace, Job, Progress


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

    @property
    def finished(self) -> int:
        return self.completed + self.failed + self.canceled

    @property
    def not_started(self) -> int:
        """Those that wait for their turn, and those that wait for another job."""
        return self.pending + self.waiting

    @property
    def unfinished(self) -> int:
        return self.not_started + self.in_progress

    @property
    def total(self) -> int:
        return self.unfinished + self.finished


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of what was just queued. `place`: the first one's among those that wait, from 1; None: it waits for
    somebody's turn. `done_at`: when the last one should be done; None: that can't be told, or it is soon.
    """

    paused: bool
    place: int | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What stands at the address."""

    server: str
    url: str
    version: str


@dataclass(frozen=True, slots=True)
class HeldPause:
    """A pause that the bot remembers. `until` None: until somebody resumes.

    `after_batch`: it begins when this batch has ended; None once it has begun. `channel_id` and `guild_id`:
    where it was asked for, None if no notice can go there.
    """

    server: str
    user_id: int
    asked_at: datetime
    until: datetime | None = None
    reason: str | None = None
    channel_id: int | None = None
    after_batch: str | None = None
    guild_id: int | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """A channel that takes no messages for now. `pending`: how many rows of the outbox wait for it."""

    channel_id: int
    reason: str
    since: datetime
    next_attempt_at: datetime
    pending: int


@dataclass(frozen=True, slots=True)
class RunningJob:
    """`job` whole, or as a list has it (then without its prompt). `usual`: how long such jobs run.
    `preview`: a JPEG of ours. `place`: how far its batch has come.
    """

    job: Job
    progress: Progress | None = None
    usual: timedelta | None = None
    preview: bytes | None = None
    place: BatchPlace | None = None


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """Jobs of one batch that wait: the first of them, whole if it could be read, and how many they are."""

    job: Job
    count: int


@dataclass(frozen=True, slots=True)
class RecentFailures:
    """How many of the newest jobs have failed since then."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Notices that are late, those that are not tried again, and channels that take none for now."""

    late: int = 0
    dead_letters: int = 0
    suspended: int = 0


@dataclass(frozen=True, slots=True)
class QueueView:
    """Everything that the panel shows. `waiting`: the batches whose turn is next, as far as they were read;
    `empty_at`: when the queue should be empty.

    `sees_all` is False for an account that sees only its own jobs; `doubtful_queue` is True where the
    queue's name looks mistyped.
    """

    status: QueueStatus
    running: tuple[RunningJob, ...] = ()
    waiting: tuple[WaitingBatch, ...] = ()
    empty_at: datetime | None = None
    failures: RecentFailures | None = None
    undelivered: Undelivered = Undelivered()
    sees_all: bool = True
    doubtful_queue: bool = False
    held: HeldPause | None = None
