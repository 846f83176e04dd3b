"""The words of the domain: jobs, the queue, and what happened. Frozen; times are aware and UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.jobs import Job
from bot.domain.submissions import Asker


class EventKind(StrEnum):
    """What can happen to a job, and what a channel can subscribe to; the others happen to a server,
    a batch or a person.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    NEW_DATABASE = "new_database"
    QUEUE_EMPTY = "queue_empty"
    AWAY = "away"
    BACK = "back"
    STALLED = "stalled"
    WORKS_AGAIN = "works_again"
    LOGIN_REFUSED = "login_refused"
    RIGHTS_LOST = "rights_lost"
    ACCOUNT_BACK = "account_back"
    FAILING = "failing"
    RESUMED = "resumed"
    PAUSED_AGAIN = "paused_again"
    BATCH_DONE = "batch_done"
    PERSONAL = "personal"


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
class BatchCounts:
    """The jobs of a batch: how many there are, and how those ended that have."""

    total: int
    ended: Tally

    @property
    def left(self) -> int:
        return self.total - self.ended.all


@dataclass(frozen=True, slots=True)
class Left:
    """How many jobs of the whole queue, and of a job's batch, had not ended when it did; None: not known.

    `counts` are the batch's at that moment.
    """

    queue: int | None = None
    batch: int | None = None
    counts: BatchCounts | None = None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened, once. `pending` is how many jobs waited at that moment.

    In the outbox each image of a completed job is an event of its own: `image` is its place in
    `job.images`; None for a job without images and for every other kind. Its last one tells what was `left`,
    the others the batch's counts alone. BATCH_DONE is told of the job that ended last.
    Of an interrupted job, `restarts` is how often InvokeAI restarted within ten minutes while jobs of its
    batch ran, this time included, and `paused` is True if the processor is paused for that. Of a canceled
    one, `by` is the Discord id of who asked the bot for that. `asker`: who asked the bot for the job.
    """

    kind: EventKind
    job: Job
    pending: int = 0
    image: int | None = None
    left: Left = field(default_factory=Left)
    restarts: int = 0
    paused: bool = False
    by: int | None = None
    asker: Asker | None = None

    @property
    def urgent(self) -> bool:
        """Whether it must never come silently: a job seems to be what makes InvokeAI fall."""
        return self.restarts > 1

    @property
    def joins_album(self) -> bool:
        """Whether it is a picture of a batch of several jobs. Retries are none: somebody waits for each."""
        counts = self.left.counts
        picture = self.kind is EventKind.COMPLETED and self.image is not None
        several = counts is not None and counts.total > 1
        return picture and several and bool(self.job.batch_id) and self.job.retried_from is None


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """Something that concerns a server and none of its jobs. More, where the kind needs it:

    `about` is foreign text: the failure that comes again and again. `since` is when it began: a trouble that
    is over, or the work that is done now. `jobs`: how many wait, or failed alike. `tally`: what was done.
    """

    kind: EventKind
    server: str
    at: datetime
    about: str = ""
    since: datetime | None = None
    jobs: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class PersonalEvent:
    """What a person waited for is over: told to them alone, where they asked or in a direct message.

    `end`: how the job `number` ended. `counts`: it was that job's batch that ended. Neither: the queue is
    empty. `prompt` (foreign text) only where it is `direct`: a direct message. `parent_id`:
    of a thread where they asked the channel around it.
    """

    kind: EventKind
    server: str
    at: datetime
    user_id: int
    guild_id: int
    channel_id: int
    number: int | None = None
    end: EventKind | None = None
    counts: BatchCounts | None = None
    prompt: str | None = None
    direct: bool = False
    parent_id: int | None = None


Event = JobEvent | PersonalEvent | ServerEvent


def may_wait(event: Event) -> bool:
    """Whether it is a picture that may wait for the next job's, to go out in one message with it."""
    return isinstance(event, JobEvent) and event.kind is EventKind.COMPLETED and event.pending > 0


def server_of(event: Event) -> str:
    """The InvokeAI where it happened."""
    return event.job.server if isinstance(event, JobEvent) else event.server


def direct_channel(user_id: int) -> int:
    """Where a person's direct messages wait in the outbox: Discord gives that channel its id only later."""
    return -user_id


def person_of(channel_id: int) -> int | None:
    """Whose direct messages go there; None: it is no such channel."""
    return -channel_id if channel_id < 0 else None
