"""When a message may buzz. Pure: the facts and the time are arguments."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.time_input import clock_time, pause_end, zone_named
from bot.errors import RequestRefused

_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?"
_HOURS = re.compile(rf"\s*{_CLOCK}\s*(?:-|–|—|to|until)\s*{_CLOCK}(?:\s+(\S.*))?", re.IGNORECASE)
_MAX_TEXT = 100
MORNING = "07:00"


class Buzz(StrEnum):
    """Which messages of a channel may make a phone buzz; the others come silently."""

    EACH = "each"
    PER_BATCH = "per_batch"
    END = "end"
    FAILURES = "failures"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Each day from `start` up to `end` by the wall clock of `zone`; over midnight if `end` is earlier."""

    start: time
    end: time
    zone: ZoneInfo

    def cover(self, moment: datetime) -> bool:
        """Whether this (aware) moment is quiet. An hour that the clock shows twice is quiet twice."""
        clock = moment.astimezone(self.zone).time().replace(fold=0)
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def __str__(self) -> str:
        """`22:00-07:30 Europe/Berlin`, which `quiet_hours` reads again."""
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone.key}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a channel asks for. Jobs shorter than `shortest` do not buzz, but failures do, and where only the
    queue's end buzzes, that end does too.
    """

    buzz: Buzz = Buzz.PER_BATCH
    shortest: timedelta = timedelta(0)
    quiet: QuietHours | None = None
    failures_break_through: bool = False
    """Failures that may buzz at all buzz in quiet hours too."""
    snoozed_until: datetime | None = None
    """Until this (aware) moment nothing buzzes, failures neither."""

    def snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and now < self.snoozed_until


@dataclass(frozen=True, slots=True)
class News:
    """What a message tells. `ran`: how long its longest job ran, None if that is not known."""

    failed: bool = False
    ends_batch: bool = False
    ends_queue: bool = False
    apart: bool = False
    """It belongs to no batch."""
    ran: timedelta | None = None


def buzzes(rule: Rule, news: News, now: datetime) -> bool:
    """Whether the message may buzz now (aware)."""
    if rule.snoozed(now) or not _wanted(rule.buzz, news):
        return False
    brief = news.ran is not None and news.ran < rule.shortest
    if brief and not news.failed and rule.buzz is not Buzz.END:
        return False
    if rule.quiet is None or not rule.quiet.cover(now):
        return True
    return news.failed and rule.failures_break_through


def morning(rule: Rule, now: datetime, zone: ZoneInfo) -> datetime:
    """The next 07:00 (UTC) by the clock of the channel's quiet hours, else of `zone`."""
    return pause_end(f"until {MORNING}", now=now, zone=rule.quiet.zone if rule.quiet else zone)


def _wanted(buzz: Buzz, news: News) -> bool:
    match buzz:
        case Buzz.EACH:
            return True
        case Buzz.PER_BATCH:
            return news.ends_batch or news.ends_queue or news.apart or news.failed
        case Buzz.END:
            return news.ends_queue
        case Buzz.FAILURES:
            return news.failed
        case Buzz.NEVER:
            return False


def quiet_hours(text: str, zone: ZoneInfo | None = None) -> QuietHours:
    """Reads `22:00-07:30 Europe/Berlin`, or `10pm-7am` (then in `zone`). RequestRefused for anything else."""
    match = _HOURS.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if match is None:
        raise RequestRefused("Write quiet hours like this: 22:00-07:30 Europe/Berlin.")
    start, end = clock_time(*match.group(1, 2, 3)), clock_time(*match.group(4, 5, 6))
    if start == end:
        raise RequestRefused("Quiet hours that end when they begin would never end.")
    named = zone_named(match[7]) if match[7] else zone
    if named is None:
        raise RequestRefused("Say the time zone too, like this: 22:00-07:30 Europe/Berlin.")
    return QuietHours(start, end, named)
