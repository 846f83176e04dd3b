"""How busy the servers were: jobs, pictures and time, by server, model and person. Times are aware."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from bot.domain.jobs import Job, JobStatus

Key = TypeVar("Key", bound=Hashable)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DAYS = 7


class Period(StrEnum):
    TODAY = "today"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Requester:
    """Who a job was for: by their Discord id if they asked the bot, else by InvokeAI's name of them.

    Neither: nobody is known.
    """

    user_id: int = 0
    name: str = ""

    def __bool__(self) -> bool:
        return bool(self.user_id or self.name)


@dataclass(frozen=True, slots=True)
class Total:
    """The jobs that ended in an hour and have all this in common. `ran`: how long they ran, put together."""

    hour: datetime
    server: str
    model: str
    person: Requester
    status: JobStatus
    jobs: int
    images: int
    ran: timedelta


def total_of(job: Job, asker: int | None, now: datetime) -> Total:
    """One job that ended."""
    ended = job.completed_at or now
    began = job.started_at or ended
    model = job.recipe.model if job.recipe is not None else None
    return Total(
        ended.replace(minute=0, second=0, microsecond=0),
        job.server,
        model or "",
        Requester(asker) if asker is not None else Requester(name=job.user or ""),
        job.status,
        1,
        len(job.images),
        max(ended - began, timedelta()),
    )


@dataclass(slots=True)
class Sum:
    jobs: int = 0
    images: int = 0
    failed: int = 0
    canceled: int = 0
    ran: timedelta = field(default_factory=timedelta)

    def add(self, total: Total) -> None:
        self.jobs += total.jobs
        self.images += total.images
        self.failed += total.jobs if total.status is JobStatus.FAILED else 0
        self.canceled += total.jobs if total.status is JobStatus.CANCELED else 0
        self.ran += total.ran


@dataclass(frozen=True, slots=True)
class Statistics:
    """`slots`: each hour of today, or each day of the week, by its beginning. The others: most jobs first."""

    period: Period
    since: datetime
    all: Sum
    slots: Sequence[tuple[datetime, Sum]]
    servers: Sequence[tuple[str, Sum]]
    models: Sequence[tuple[str, Sum]]
    people: Sequence[tuple[Requester, Sum]]


def begin_of(period: Period, now: datetime, zone: tzinfo) -> datetime:
    """The midnight with which the period begins, in that zone: today's, or that of six days ago."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if period is Period.TODAY else midnight - DAY * (DAYS - 1)


def statistics(totals: Sequence[Total], period: Period, now: datetime, zone: tzinfo) -> Statistics:
    """Of those that ended within the period. An hour that a zone's day cuts in two counts where it begins."""
    since = begin_of(period, now, zone)
    within = [total for total in totals if since <= total.hour <= now]
    everything = Sum()
    slots = {start: Sum() for start in _slots(period, since, now)}  # in UTC, which has no hour twice
    for total in within:
        everything.add(total)
        slots[max(start for start in slots if start <= total.hour)].add(total)
    return Statistics(
        period,
        since,
        everything,
        [(start.astimezone(zone), slot) for start, slot in slots.items()],
        _by(within, lambda total: total.server),
        _by(within, lambda total: total.model),
        _by(within, lambda total: total.person),
    )


def _slots(period: Period, since: datetime, now: datetime) -> Sequence[datetime]:
    """Days begin at midnight by the clock on the wall; hours follow each other, whatever that clock does."""
    if period is Period.WEEK:
        return [(since + DAY * day).astimezone(UTC) for day in range(DAYS)]
    start = since.astimezone(UTC)
    return [start + HOUR * hour for hour in range(int((now - start) / HOUR) + 1)]


def _by(totals: Sequence[Total], key: Callable[[Total], Key]) -> Sequence[tuple[Key, Sum]]:
    sums: dict[Key, Sum] = defaultdict(Sum)
    for total in totals:
        sums[key(total)].add(total)
    return sorted(sums.items(), key=lambda each: -each[1].jobs)
