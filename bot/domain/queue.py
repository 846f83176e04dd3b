"""A queue's counts and its processor, and a pause that is held. Frozen; times are aware and UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.jobs import Job, Progress


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
    `preview`: a JPEG of ours.
    """

    job: Job
    progress: Progress | None = None
    usual: timedelta | None = None
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """Everything that the panel shows. `pending_notices`: not delivered yet; `dead_letters`: notices that
    are not tried again; `suspended`: channels that take none for now.

    `sees_all` is False for an account that sees only its own jobs; `doubtful_queue` is True where the
    queue's name looks mistyped.
    """

    status: QueueStatus
    info: ServerInfo | None = None
    running: tuple[RunningJob, ...] = ()
    upcoming: Job | None = None
    pending_notices: int = 0
    dead_letters: int = 0
    suspended: int = 0
    sees_all: bool = True
    doubtful_queue: bool = False
    held: HeldPause | None = None
