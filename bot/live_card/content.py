"""What runs now, for the live card: read from InvokeAI no more often than needed."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.backoff import backoff
from bot.domain.estimates import Estimates
from bot.domain.jobs import BatchPlace, Job, JobStatus
from bot.domain.queue import QueueStatus, QueueView, RunningJob
from bot.domain.queue_state import QueueState
from bot.domain.subscriptions import Disclosure, Subscription
from bot.errors import InvokeAIError, JobUnknown
from bot.images.preview import preview
from bot.render.beside_the_loop import rendered
from bot.render.card import MAX_RUNNING, card, unreachable
from bot.render.message import Panel
from bot.render.presentation import veiled_queue

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_BUSY = timedelta(seconds=2)
"""A queue that is empty again so soon gets no card."""
MAX_READ = 12
"""Running jobs that are read whole: a channel shows the first few that its filters match."""
MIN_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(seconds=6), timedelta(minutes=1)
"""How long an InvokeAI that did not answer is not asked again."""


class RunningJobs(Protocol):
    """What is asked of InvokeAI: at most once when something changed, and each running job once."""

    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def job(self, number: int) -> Job: ...


class Batches(Protocol):
    async def batch_place(self, batch_id: str) -> BatchPlace | None:
        """How far a batch has come; asked once for each job that runs alone."""
        ...


class CardContent(Protocol):
    """What cards shall show, of one InvokeAI or of several."""

    @property
    def due(self) -> bool:
        """Whether there is anything to show."""
        ...

    async def refresh(self, *, retry: bool) -> None:
        """Read what changed; with `retry` also, now and then, what does not answer."""
        ...

    async def panels(
        self, subscriptions: Iterable[Subscription], shown: Collection[int] = ()
    ) -> dict[int, Panel]:
        """By channel; `shown`: those that have a card."""
        ...

    def premature(self, channel_id: int) -> bool:
        """Whether a card is due there soon, and not yet."""
        ...

    def waits(self, *, shown: bool) -> bool:
        """Whether to look again though no event may come; `shown`: there is a card."""
        ...

    async def close(self) -> None:
        """Ends what still goes on."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """The running jobs that a channel may see, and those of them of which it may see the preview."""

    numbers: tuple[int, ...] = ()
    previews: tuple[int, ...] = ()


class LiveCardContent:
    """One server's running jobs as a panel."""

    def __init__(
        self,
        state: QueueState,
        queue: RunningJobs,
        batches: Batches,
        estimates: Estimates,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._queue = queue
        self._batches = batches
        self._estimates = estimates
        self._clock = clock
        self._version: int | None = None
        """The queue's, as it was read last."""
        self._failures = 0
        self._retry_at: datetime | None = None
        self._status: QueueStatus | None = None
        self._busy_since: datetime | None = None
        self._jobs: dict[int, Job] = {}
        self._place: tuple[int, BatchPlace | None] | None = None
        """Of the job of that number in its batch."""
        self._empty_at: datetime | None = None
        self._previews: dict[int, tuple[str, bytes | None]] = {}

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return self._status is not None and self._busy_since is not None

    @property
    def lost(self) -> bool:
        """Whether it did not answer when it was last asked, and had something to do before."""
        return self._status is None and self._busy_since is not None

    @property
    def fresh(self) -> bool:
        """Whether it has been busy for so short a time that it gets no card yet."""
        return self._busy_since is not None and self._clock() - self._busy_since < MIN_BUSY

    def premature(self, channel_id: int) -> bool:  # noqa: ARG002 - the same for each channel
        """Whether a card is due there soon, and not yet."""
        return self.fresh

    def waits(self, *, shown: bool) -> bool:
        """Whether to look again though no event may come; `shown`: there is a card."""
        return self.fresh or (shown and self._retry_at is not None)

    async def close(self) -> None:
        """Nothing goes on between the calls."""

    async def refresh(self, *, retry: bool) -> None:
        """Read the queue if it changed; with `retry` also, now and then, while it does not answer."""
        now = self._clock()
        due = retry and self._retry_at is not None and now >= self._retry_at
        if self._version == self._state.version and not due:
            return
        self._version = self._state.version
        try:
            status = await self._queue.status()
            await self._read(await self._numbers(status))
        except InvokeAIError as error:
            self._status = None
            self._failures += 1
            self._retry_at = now + backoff(self._failures, MIN_RETRY_DELAY, MAX_RETRY_DELAY)
            log.debug("card_read_failed", server=self._state.server, reason=error.with_details)
            return
        self._retry_at, self._failures, self._status = None, 0, status
        busy = bool(status.pending or status.in_progress)
        self._busy_since = (self._busy_since or now) if busy else None
        self._empty_at = self._estimates.queue_empty_at(status, self._jobs.values(), now)

    @property
    def due(self) -> bool:
        """Whether there is anything to show."""
        return self._status is None or self._busy_since is not None

    async def panels(
        self, subscriptions: Iterable[Subscription], shown: Collection[int] = ()
    ) -> dict[int, Panel]:
        """By channel what its card shall show: of jobs that it may not see only the count. None: no card.

        `shown`: the channels that have one. That InvokeAI does not answer is said in these alone.
        """
        wanted = [one for one in subscriptions if one.wants_card(self._state.server)]
        if self._status is None:
            return {one.channel_id: unreachable() for one in wanted if one.channel_id in shown}
        if not self.due:
            return {}
        seen = {one.channel_id: self.seen_by(one) for one in wanted}
        await self.decode({number for each in seen.values() for number in each.previews})
        made: dict[tuple[Seen, Disclosure], Panel | None] = {}
        panels: dict[int, Panel] = {}
        for one in wanted:
            alike = seen[one.channel_id], one.preferences.disclosure
            if alike not in made:
                made[alike] = await self._panel(*alike)
            panel = made[alike]
            if panel is not None:
                panels[one.channel_id] = panel
        return panels

    def seen_by(self, one: Subscription) -> Seen:
        """What such a channel may see of what runs."""
        jobs = [job for _, job in sorted(self._jobs.items()) if one.may_show(job)][:MAX_RUNNING]
        previews = [job.number for job in jobs if one.may_preview(job)]
        return Seen(tuple(job.number for job in jobs), tuple(previews))

    def view(self, seen: Seen) -> QueueView | None:
        """The queue as far as that is seen, without veils; None while InvokeAI does not answer."""
        if self._status is None:
            return None
        running = tuple(
            RunningJob(
                job,
                self._state.progress.get(number),
                self._estimates.usual(job),
                self._previews.get(number, ("", None))[1] if number in seen.previews else None,
                self._place[1] if self._place is not None and self._place[0] == number else None,
            )
            for number in seen.numbers
            if (job := self._jobs.get(number)) is not None
        )
        return QueueView(self._status, running, empty_at=self._empty_at, held=self._state.held)

    async def _panel(self, seen: Seen, disclosure: Disclosure) -> Panel | None:
        view = self.view(seen)
        if view is None:
            return None

        def panel() -> Panel:
            told = veiled_queue(view, disclosure)
            return card(told.status, told.running, empty_at=told.empty_at, held=told.held)

        return await rendered([one.job for one in view.running], panel)

    async def _numbers(self, status: QueueStatus) -> list[int]:
        """As the socket told, or as InvokeAI says where that can't be all."""
        numbers = sorted(self._state.running)
        if len(numbers) != status.in_progress:
            numbers = sorted(job.number for job in await self._queue.running()) if status.in_progress else []
        return numbers

    async def _read(self, numbers: Collection[int]) -> None:
        """Each running job whole, once."""
        jobs: dict[int, Job] = {}
        for number in numbers:
            known = self._jobs.get(number)
            if known is None and len(jobs) < MAX_READ:
                try:
                    known = await self._queue.job(number)
                except JobUnknown:
                    continue
            if known is not None and known.status is JobStatus.IN_PROGRESS:
                jobs[number] = known
        self._jobs = jobs
        self._place = await self._placed(list(jobs.values()))

    async def _placed(self, jobs: Sequence[Job]) -> tuple[int, BatchPlace | None] | None:
        """Of several that run nobody could say which is which."""
        if len(jobs) != 1:
            return None
        [job] = jobs
        if self._place is not None and self._place[0] == job.number:
            return self._place
        try:
            return job.number, await self._batches.batch_place(job.batch_id)
        except InvokeAIError as error:
            log.debug("batch_read_failed", server=self._state.server, reason=error.with_details)
            return None

    async def decode(self, numbers: Collection[int]) -> None:
        """The pictures that are new, in a thread. A step without one keeps the last."""
        self._previews = {number: kept for number, kept in self._previews.items() if number in numbers}
        progress = self._state.progress
        for number in numbers:
            newest = progress.get(number)
            url = newest.preview if newest is not None else None
            if url is not None and self._previews.get(number, ("", None))[0] != url:
                self._previews[number] = (url, await asyncio.to_thread(preview, url))
