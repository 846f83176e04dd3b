"""What people asked the bot to queue, and how much of it one person may have. Times are aware and UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.jobs import Job
from bot.errors import QuotaReached

DAY = timedelta(days=1)
MAX_MINUTES = 90
"""A longer time is told in hours."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked, and where. `counted`: the quotas are for this person. `reply_to`: the answer's message, if
    everybody in the channel sees it. `parent_id`: of a thread the channel around it. `linked`:
    they asked on InvokeAI's own page, and the channel is the one of their link.
    """

    user_id: int
    guild_id: int | None = None
    channel_id: int | None = None
    counted: bool = False
    reply_to: int | None = None
    parent_id: int | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """Jobs of one batch that a person asked for. `sent` of the `jobs` are in InvokeAI's queue.

    `in_flight`: so many more were being sent when we last knew, and may be there or not. `body` is the
    batch's, as text; None once all is sent. `first`: it runs before all that waits.
    """

    id: int
    server: str
    batch_id: str
    asker: Asker
    asked_at: datetime
    jobs: int
    sent: int = 0
    in_flight: int = 0
    body: str | None = field(default=None, repr=False)
    first: bool = False

    @property
    def unsent(self) -> int:
        return self.jobs - self.sent


@dataclass(frozen=True, slots=True)
class Retry:
    """A job that a person asked to be queued again by InvokeAI itself, which keeps its batch.

    The new one names `retried` as its original, and its number is above `above`. `number`: the new one's,
    once it is known.
    """

    id: int
    server: str
    asker: Asker
    asked_at: datetime
    retried: int
    above: int
    number: int | None = None


class Step(StrEnum):
    """How far a job has taken another one's place."""

    QUEUED = "queued"
    CANCELING = "canceling"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A submission that takes the place of the job `number`. `stands`: InvokeAI has it."""

    submission_id: int
    number: int
    step: Step
    batch_id: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Owned:
    """What one person asked for: whole batches, and single retries by number."""

    batches: frozenset[str]
    numbers: frozenset[int]

    def has(self, job: Job) -> bool:
        return job.number in self.numbers or job.batch_id in self.batches


@dataclass(frozen=True, slots=True)
class BatchState:
    """How many jobs of a batch InvokeAI has, and how many of these wait or run."""

    total: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person has. `unfinished`: jobs that wait or run. `asked`: jobs of the last day, by when."""

    unfinished: int = 0
    asked: Sequence[tuple[datetime, int]] = ()

    @property
    def today(self) -> int:
        return sum(jobs for _, jobs in self.asked)


@dataclass(frozen=True, slots=True)
class PersonUsage:
    """What one of many people has. `counted`: the quotas are for this person."""

    user_id: int
    usage: Usage
    counted: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """How much one creator may have. None: no limit."""

    waiting: int
    daily: int | None = None

    def require(self, usage: Usage, jobs: int, now: datetime) -> None:
        """QuotaReached, with the figure, unless so many `jobs` more may come now."""
        if usage.unfinished + jobs > self.waiting:
            raise QuotaReached(_too_many_waiting(usage.unfinished, jobs, self.waiting))
        if self.daily is not None and usage.today + jobs > self.daily:
            raise QuotaReached(_too_many_today(usage, jobs, self.daily, now))


def _too_many_today(usage: Usage, jobs: int, daily: int, now: datetime) -> str:
    if jobs > daily:
        return f"You may queue {daily} in 24 hours. Ask for fewer."
    spare, again = daily - usage.today, now
    for asked_at, count in sorted(usage.asked):
        if spare >= jobs:
            break
        spare, again = spare + count, asked_at + DAY
    return (
        f"You have queued {usage.today} of the {daily} that you may in 24 hours. "
        f"Ask for {'one' if jobs == 1 else 'so many'} again in {_rounded_up(again - now)}."
    )


def _rounded_up(time: timedelta) -> str:
    minutes = max(-(-time // timedelta(minutes=1)), 1)
    if minutes <= MAX_MINUTES:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{-(-minutes // 60)} hours"


def _too_many_waiting(unfinished: int, jobs: int, most: int) -> str:
    if jobs > most:
        return f"You may have {most} waiting or running at a time. Ask for fewer."
    if unfinished + 1 > most:
        are = "is" if unfinished == 1 else "are"
        return f"{unfinished} of yours {are} waiting or running. The next may come when one ends."
    return (
        f"{unfinished} of yours {'is' if unfinished == 1 else 'are'} waiting or running, and you may have "
        f"{most}. Ask for {most - unfinished} now, or wait until one ends."
    )
