"""How long jobs usually run, by the last ones of the same model and size, and so when a queue is empty."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from statistics import median

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus

REMEMBERED = 20
MAX_KINDS = 200
"""So many kinds of jobs are remembered; the one that was not seen for longest goes first."""
MIN_SAMPLES = 3
"""Fewer samples than that say nothing."""
MIN_TOLD = timedelta(seconds=10)
"""Shorter times than that are not worth telling beforehand."""

Kind = tuple[str, int | None, int | None, int | None]


class Estimates:
    """Of one server, in memory, fed with jobs as they end. The time that a job waited does not count."""

    def __init__(self) -> None:
        self._by_kind: dict[Kind, deque[float]] = {}
        self._last: deque[float] = deque(maxlen=REMEMBERED)

    def learn(self, job: Job) -> None:
        """What did not complete, or has no times, tells nothing."""
        if job.status is not JobStatus.COMPLETED or job.ran is None or job.ran < timedelta(0):
            return
        seconds = job.ran.total_seconds()
        self._last.append(seconds)
        kind = _kind(job)
        if kind is not None:
            kept = self._by_kind.pop(kind, None) or deque[float](maxlen=REMEMBERED)
            kept.append(seconds)
            self._by_kind[kind] = kept
            if len(self._by_kind) > MAX_KINDS:
                del self._by_kind[next(iter(self._by_kind))]

    def usual(self, job: Job) -> timedelta | None:
        """How long jobs like this one ran, which must be read whole; None if that is not known."""
        kind = _kind(job)
        return _median(self._by_kind.get(kind)) if kind is not None else None

    def any_job(self) -> timedelta | None:
        """How long the last jobs ran, of whatever kind."""
        return _median(self._last)

    def queue_empty_at(self, status: QueueStatus, running: Iterable[Job], now: datetime) -> datetime | None:
        """When nothing should be left, to the ten seconds; None if that is not known, or soon.

        `running`: those that run, read whole.
        """
        return self.done_at(status.pending, status.in_progress, running, now)

    def done_at(
        self, waiting: int, in_progress: int, running: Iterable[Job], now: datetime
    ) -> datetime | None:
        """When those that run and so many of those that wait should be done; otherwise as above."""
        usual = self.any_job()
        if usual is None:
            return None
        left = timedelta(0)
        for job in running:
            whole = self.usual(job) or usual
            left = max(left, (job.started_at or now) + whole - now)
        left += usual * waiting / max(in_progress, 1)
        if left <= MIN_TOLD:
            return None
        return datetime.fromtimestamp(round((now + left).timestamp(), -1), UTC)


def _kind(job: Job) -> Kind | None:
    recipe = job.recipe
    if recipe is None or recipe.model is None:
        return None
    return recipe.model, recipe.width, recipe.height, recipe.steps


def _median(samples: deque[float] | None) -> timedelta | None:
    return timedelta(seconds=median(samples)) if samples and len(samples) >= MIN_SAMPLES else None
