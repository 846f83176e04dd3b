"""From the outbox to Discord: claim a group, render it, send it; acknowledge, retry or abandon."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from bot.delivery.attachments import Attachments
from bot.domain.events import Event, EventKind, JobEvent
from bot.domain.subscriptions import Preferences
from bot.errors import (
    ChannelUnusable,
    DatabaseTrouble,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTooLarge,
    InvokeAIUnavailable,
    StartRefused,
)
from bot.images.loader import ImageLoader
from bot.render import notices
from bot.render.message import Notice
from bot.render.notices import Picture
from bot.render.presentation import apply, presentation_of, redacted
from bot.render.recipes import NoticeContext
from bot.render.scrub import scrub
from bot.store.outbox import Claim, Outbox, OutboxEntry
from bot.store.suspensions import Suspensions
from bot.telemetry import Metrics

T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
MAX_FILES = 10
MIN_DELAY = timedelta(seconds=2)
MAX_DELAY = timedelta(minutes=5)
MIN_REST = 0.05
COALESCING_WINDOW = timedelta(minutes=50)
"""An older message takes up no more failures: Discord lets one of more than an hour hardly be edited."""
MAX_REST = 60.0
"""Seconds."""
MIN_DATABASE_PAUSE = 1.0
MAX_DATABASE_PAUSE = 60.0
"""Seconds between two tries to write into a database that can't be written."""
OUTAGE_COALESCING_WINDOW = timedelta(days=7)
"""So long is the message that tells of an absence looked for."""
SHUTDOWN_TIMEOUT = 10.0
ALBUM_WINDOW = timedelta(seconds=10)
"""So long after a message pictures may wait for company, while more jobs wait to run."""
MAX_ATTEMPTS = 12
"""So often may an unexpected error strike the same group before it is set aside."""


class Sink(Protocol):
    """Where notices go. Raises the DeliveryError tree, or StartRefused where no sending makes sense."""

    async def ready(self) -> None:
        """Returns when the limits of the channels are known."""
        ...

    def file_limit(self, channel_id: int) -> int:
        """The largest file, in bytes, that the channel's guild takes."""
        ...

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        """The new message's id."""
        ...

    async def find(self, channel_id: int, mark: str, since: datetime) -> int | None:
        """The id of our own message with that mark, sent after `since`; None if there is none."""
        ...

    async def edit(self, channel_id: int, message_id: int, notice: Notice) -> bool:
        """Our message says this now, and keeps its files; False if it is gone or takes no more edits."""
        ...


class Deliverer:
    """Serves each channel in order, the channels side by side. `page`: InvokeAI's own, for people.

    `wishes` tells a channel's, at the moment of sending. `wake` is set when something new is owed.

    What happened to a message is written down, however long the database can't be written: `sleep` (seconds)
    waits between the tries, and the channel waits with it.
    """

    def __init__(
        self,
        outbox: Outbox,
        suspensions: Suspensions,
        ladder: ImageLoader,
        sink: Sink,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        new_group: Callable[[], str],
        wishes: Callable[[int], Awaitable[Preferences]],
        wake: asyncio.Event,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        page: str | None = None,
        longest_rest: float = MAX_REST,
    ) -> None:
        self._outbox = outbox
        self._suspensions = suspensions
        self._pictures = Attachments(ladder)
        self._sink = sink
        self._metrics = metrics
        self._clock = clock
        self._new_group = new_group
        self._wishes = wishes
        self._sleep = sleep
        self._page = page
        self._devices: dict[str, set[str]] = {}
        """The devices seen at work since the start, of each server."""
        self._longest_rest = longest_rest
        self._wake = wake
        self._served: set[int] = set()
        self._most: dict[int, int] = {}
        """Channels in which a message was too large: how many files the next one may have."""
        self._sent_at: dict[int, datetime] = {}
        """When the last message of pictures went to each channel."""

    async def run(self) -> None:
        """Endless. When it is cancelled, the messages in hand still go out, for GRACE seconds at most."""
        await self._sink.ready()
        await self._insist(lambda: self._outbox.take_over(self._clock()))
        await self._insist(lambda: self._suspensions.look_now(self._clock()))
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                await self._rest(await self._insist(lambda: self._serve_due(tasks)))

    async def deliver_due(self) -> None:
        """Everything that is due now, once."""
        async with asyncio.TaskGroup() as tasks:
            await self._start_serving(tasks)

    async def _serve_due(self, tasks: asyncio.TaskGroup) -> datetime | None:
        """When to look again at the latest."""
        gathering = await self._start_serving(tasks)
        due = await self._outbox.next_due(but=gathering)
        return min([*gathering.values(), *([due] if due else [])], default=None)

    async def _start_serving(self, tasks: asyncio.TaskGroup) -> Mapping[int, datetime]:
        """The channels that wait for company, and until when."""
        gathering: dict[int, datetime] = {}
        for channel_id in await self._outbox.channels_due(self._clock()):
            if channel_id in self._served:
                continue
            until = await self._gathers(channel_id)
            if until is not None:
                gathering[channel_id] = until
                continue
            self._served.add(channel_id)
            tasks.create_task(self._serve(channel_id), name=f"channel {channel_id}")
        return gathering

    async def _gathers(self, channel_id: int) -> datetime | None:
        """Until when the channel's pictures wait for more of them; None: they go out now.

        The first go at once, and so does a full album, what another kind of news stands behind, and the
        end of the queue.
        """
        sent_at = self._sent_at.get(channel_id)
        if sent_at is None or self._clock() >= sent_at + ALBUM_WINDOW:
            return None
        most = self._most.get(channel_id, MAX_FILES)
        waiting = await self._outbox.unclaimed(channel_id, most)
        alone = all(_may_gather(owed.event) for owed in waiting)
        return sent_at + ALBUM_WINDOW if waiting and alone and len(waiting) < most else None

    async def _rest(self, due: datetime | None) -> None:
        """Until something is due, or we are woken; not for ever, since another program may owe something."""
        seconds = self._longest_rest if due is None else (due - self._clock()).total_seconds()
        seconds = min(max(seconds, MIN_REST), self._longest_rest)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _serve(self, channel_id: int) -> None:
        try:
            while await self._insist(lambda: _unhurried(self._deliver_next(channel_id))):
                pass
        finally:
            self._served.discard(channel_id)
            self._wake.set()

    async def _deliver_next(self, channel_id: int) -> bool:
        """Claim and send one group; False when the channel has nothing (more) that is due."""
        if await self._gathers(channel_id) is not None:
            return False
        most = self._most.get(channel_id, MAX_FILES)
        claim = await self._outbox.claim(channel_id, self._clock(), LEASE, self._new_group(), most)
        if claim is None:
            return False
        attempts = max(row.attempts for row in claim.rows)
        said = log.bind(channel=channel_id, group=claim.group, attempts=attempts)
        try:
            message_id, rows = await self._deliver(channel_id, claim)
        except Exception as error:  # noqa: BLE001  # one poisoned row must not stop the others
            await self._not_delivered(channel_id, claim, error, said)
        else:
            if await self._insist(lambda: self._outbox.delivered(claim.group, message_id, self._clock())):
                log.info("channel_resumed", channel=channel_id)
            if rows[0].event.kind is EventKind.COMPLETED:
                self._sent_at[channel_id] = self._clock()
            self._delivered(said, rows)
        return True

    async def _not_delivered(
        self, channel_id: int, claim: Claim, error: Exception, said: structlog.stdlib.BoundLogger
    ) -> None:
        attempts = max(row.attempts for row in claim.rows)
        later = self._clock() + _delay(attempts)
        match error:
            case DeliveryRejected():
                await self._abandon(claim, str(error), said)
            case ChannelUnusable():
                await self._suspend(channel_id, claim, str(error).rstrip("."), said)
            case DeliveryDelayed() | InvokeAIUnavailable():
                sent = isinstance(error, DeliveryDelayed)
                if isinstance(error, DeliveryDelayed) and error.retry_after is not None:
                    later = self._clock() + error.retry_after
                await self._delay(claim, later, str(error), sent=sent)
                said.warning("notice_delayed", reason=str(error), until=later.isoformat())
            case StartRefused():
                await self._delay(claim, self._clock(), str(error), sent=False)
                raise error
            case _:
                said.error("notice_fell", exc_info=error)
                if attempts >= MAX_ATTEMPTS:
                    await self._abandon(claim, scrub(repr(error)), said)
                else:
                    await self._delay(claim, later, scrub(repr(error)), sent=True)

    async def _abandon(self, claim: Claim, reason: str, said: structlog.stdlib.BoundLogger) -> None:
        await self._insist(lambda: self._outbox.abandon(claim.group, reason, self._clock()))
        self._metrics.notices.labels("abandoned").inc()
        said.error("notice_abandoned", reason=reason, rows=[row.id for row in claim.rows])

    async def _suspend(
        self, channel_id: int, claim: Claim, reason: str, said: structlog.stdlib.BoundLogger
    ) -> None:
        """Said once, and again where the reason is another one."""
        news = await self._insist(
            lambda: self._suspensions.suspend(channel_id, claim.group, reason, self._clock())
        )
        (said.warning if news else said.debug)("channel_suspended", reason=reason)

    async def _delay(self, claim: Claim, until: datetime, reason: str, *, sent: bool) -> None:
        await self._insist(lambda: self._outbox.delay(claim.group, until, reason, may_have_been_sent=sent))

    async def _insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Again and again, until the database takes it."""
        pause = MIN_DATABASE_PAUSE
        while True:
            try:
                return await work()
            except DatabaseTrouble as error:
                log.warning("outbox_unusable", reason=str(error), pause=pause)
            await self._sleep(pause)
            pause = min(2 * pause, MAX_DATABASE_PAUSE)

    def _delivered(self, said: structlog.stdlib.BoundLogger, rows: Sequence[OutboxEntry]) -> None:
        self._metrics.notices.labels("delivered").inc()
        told = [row.event.job for row in rows if isinstance(row.event, JobEvent)]
        for job in told:
            if job.completed_at is not None:
                delay = (self._clock() - job.completed_at).total_seconds()
                self._metrics.delay.observe(max(delay, 0.0))
        jobs = sorted({job.number for job in told})
        said.info("notice_delivered", jobs=jobs[:MAX_FILES], rows=len(rows))

    async def _deliver(self, channel_id: int, claim: Claim) -> tuple[int, Sequence[OutboxEntry]]:
        """Send the group, with fewer files where it is too large; the message's id and the rows in it.

        Where a message tells of the same already, that one is edited instead: what it says then follows from
        what the outbox holds, so after a crash it may be edited once more.
        """
        folded = await self._fold(channel_id, claim)
        if folded is not None:
            return folded, claim.rows
        if claim.found_in_flight:
            mark = notices.mark([row.event for row in claim.rows])
            found = await self._sink.find(channel_id, mark, claim.owed_since)
            if found is not None:
                return found, claim.rows
        wishes = await self._insist(lambda: self._wishes(channel_id))
        rows, pictures = await self._fetch(channel_id, claim, bare=wishes.hide_prompts)
        while True:
            try:
                notice = self._notice(rows, pictures, wishes)
                return await self._sink.send(channel_id, notice, claim.group), rows
            except DeliveryTooLarge as error:
                if len(rows) > 1 and not claim.sheet:
                    rows = rows[: len(rows) // 2]
                    self._most[channel_id] = len(rows)
                    await self._keep(claim, rows)
                elif any(picture.data for picture in pictures.values()):
                    pictures = {
                        name: Picture(name, None, "Discord says that the picture is too large")
                        for name in pictures
                    }
                else:
                    raise DeliveryRejected(str(error)) from error

    def _around(self, events: Sequence[Event]) -> NoticeContext:
        for event in events:
            if isinstance(event, JobEvent) and event.job.device:
                self._devices.setdefault(event.job.server, set()).add(event.job.device)
        first = events[0]
        server = first.job.server if isinstance(first, JobEvent) else first.server
        return NoticeContext(len(self._devices.get(server, ())) > 1, self._page)

    async def _fold(self, channel_id: int, claim: Claim) -> int | None:
        """Into the message that tells of the same; its id, None if there is none (any more).

        Whether it is too old does not depend on when this is tried, so a second try decides alike.
        """
        fold = claim.fold
        if fold is None:
            return None
        since = claim.owed_since - _folds_for(claim.rows[0].event)
        told = await self._insist(lambda: self._outbox.told(channel_id, fold, since))
        if told is None:
            return None
        wishes = await self._insist(lambda: self._wishes(channel_id))
        events = [row.event for row in claim.rows]
        manner = presentation_of(wishes, events, self._clock())
        [first, *more] = redacted([told.first, *events], manner)
        notice = apply(notices.again(first, told.numbers, more), manner)
        return told.message_id if await self._sink.edit(channel_id, told.message_id, notice) else None

    def _notice(
        self, rows: Sequence[OutboxEntry], pictures: Mapping[str, Picture], wishes: Preferences
    ) -> Notice:
        events = [row.event for row in rows]
        manner = presentation_of(wishes, events, self._clock())
        notice = notices.notice(redacted(events, manner), pictures, around=self._around(events))
        return apply(notice, manner)

    async def _fetch(
        self, channel_id: int, claim: Claim, *, bare: bool
    ) -> tuple[Sequence[OutboxEntry], Mapping[str, Picture]]:
        """The pictures of the group's first rows, as many as one message holds; the rest goes back."""
        limit = self._sink.file_limit(channel_id)
        if claim.sheet and len(claim.rows) > 1:
            return claim.rows, await self._pictures.sheet(claim.rows, limit)
        rows, pictures = await self._pictures.of(claim.rows, limit, bare=bare)
        if len(rows) < len(claim.rows):
            await self._keep(claim, rows)
        return rows, pictures

    async def _keep(self, claim: Claim, rows: Sequence[OutboxEntry]) -> None:
        """Only these stay in the group."""
        await self._insist(lambda: self._outbox.shrink(claim.group, [row.id for row in rows]))


def _may_gather(event: Event) -> bool:
    """Whether the picture may wait for the next job's."""
    return isinstance(event, JobEvent) and event.kind is EventKind.COMPLETED and event.pending > 0


async def _unhurried(work: Coroutine[None, None, bool]) -> bool:
    """Await `work`; a cancellation waits up to GRACE seconds for its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=SHUTDOWN_TIMEOUT)
        task.cancel()
        raise


def _folds_for(event: Event) -> timedelta:
    """A server may be away for long, and then one edit or two are enough."""
    return COALESCING_WINDOW if isinstance(event, JobEvent) else OUTAGE_COALESCING_WINDOW


def _delay(attempts: int) -> timedelta:
    return min(MIN_DELAY * 2 ** min(attempts - 1, 16), MAX_DELAY)
