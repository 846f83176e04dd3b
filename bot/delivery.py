"""From the outbox to Discord: claim a group, render it, send it; acknowledge, retry or abandon."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.errors import (
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTooLarge,
    ImageUnusable,
    InvokeAIRefused,
    InvokeAIUnavailable,
    StartRefused,
)
from bot.events import EventKind, JobEvent
from bot.render import notices
from bot.render.message import Notice
from bot.render.notices import Picture
from bot.store.outbox import Claim, Outbox, Owed
from bot.telemetry import Metrics

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
MOST_FILES = 10
MOST_BYTES = 25 * 1024 * 1024 - 64 * 1024
"""Discord's limit for one request, less the message's own text."""
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=5)
IMAGE_PATIENCE = 5
"""So often is an image asked for from an InvokeAI that is away, before the notice goes out without it."""
SHORTEST_REST = 0.05
GRACE = 10.0
MOST_ATTEMPTS = 12
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


class Images(Protocol):
    """Where images come from: an InvokeAI's client."""

    async def image(self, name: str, limit: int) -> bytes:
        """The file, at most `limit` bytes; ImageUnusable or InvokeAIUnavailable otherwise."""
        ...


class Delivery:
    """Serves each channel in order, the channels side by side. `images`: each server's name and client."""

    def __init__(
        self,
        outbox: Outbox,
        images: Mapping[str, Images],
        sink: Sink,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        new_group: Callable[[], str],
    ) -> None:
        self._outbox = outbox
        self._images = images
        self._sink = sink
        self._metrics = metrics
        self._clock = clock
        self._new_group = new_group
        self._wake = asyncio.Event()
        self._served: set[int] = set()
        self._most: dict[int, int] = {}
        """Channels in which a message was too large: how many files the next one may have."""

    def wake(self) -> None:
        """Something is owed: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Endless. When it is cancelled, the messages in hand still go out, for GRACE seconds at most."""
        await self._sink.ready()
        await self._outbox.take_over(self._clock())
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                await self._start_serving(tasks)
                await self._rest()

    async def deliver_due(self) -> None:
        """Everything that is due now, once."""
        async with asyncio.TaskGroup() as tasks:
            await self._start_serving(tasks)

    async def _start_serving(self, tasks: asyncio.TaskGroup) -> None:
        for channel_id in await self._outbox.channels_due(self._clock()):
            if channel_id not in self._served:
                self._served.add(channel_id)
                tasks.create_task(self._serve(channel_id), name=f"channel {channel_id}")
        self._metrics.owed.set(await self._outbox.owed_count())

    async def _rest(self) -> None:
        due = await self._outbox.next_due()
        seconds = None if due is None else max((due - self._clock()).total_seconds(), SHORTEST_REST)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _serve(self, channel_id: int) -> None:
        try:
            while await _unhurried(self._deliver_next(channel_id)):
                pass
        finally:
            self._served.discard(channel_id)
            self._wake.set()

    async def _deliver_next(self, channel_id: int) -> bool:
        """Claim and send one group; False when the channel has nothing (more) that is due."""
        most = self._most.get(channel_id, MOST_FILES)
        claim = await self._outbox.claim(channel_id, self._clock(), LEASE, self._new_group(), most)
        if claim is None:
            return False
        attempts = max(row.attempts for row in claim.rows)
        said = log.bind(channel=channel_id, group=claim.group, attempts=attempts)
        try:
            message_id, rows = await self._deliver(channel_id, claim)
        except DeliveryRejected as error:
            await self._outbox.abandon(claim.group, str(error), self._clock())
            self._metrics.notices.labels("abandoned").inc()
            said.error("notice_abandoned", reason=str(error))
        except (DeliveryDelayed, InvokeAIUnavailable) as error:
            given = error.retry_after if isinstance(error, DeliveryDelayed) else None
            until = self._clock() + (given or _delay(attempts))
            sent = isinstance(error, DeliveryDelayed)
            await self._outbox.delay(claim.group, until, str(error), may_have_been_sent=sent)
            said.warning("notice_delayed", reason=str(error), until=until.isoformat())
        except StartRefused as error:
            await self._outbox.delay(claim.group, self._clock(), str(error), may_have_been_sent=False)
            raise
        except Exception as error:  # noqa: BLE001  # one poisoned row must not stop the others
            said.exception("notice_fell")
            if attempts >= MOST_ATTEMPTS:
                await self._outbox.abandon(claim.group, repr(error), self._clock())
            else:
                until = self._clock() + _delay(attempts)
                await self._outbox.delay(claim.group, until, repr(error), may_have_been_sent=True)
        else:
            await self._outbox.delivered(claim.group, message_id, self._clock())
            self._delivered(said, rows)
        return True

    def _delivered(self, said: structlog.stdlib.BoundLogger, rows: Sequence[Owed]) -> None:
        self._metrics.notices.labels("delivered").inc()
        for row in rows:
            if row.event.job.completed_at is not None:
                delay = (self._clock() - row.event.job.completed_at).total_seconds()
                self._metrics.delay.observe(max(delay, 0.0))
        jobs = sorted({row.event.job.number for row in rows})
        said.info("notice_delivered", jobs=jobs[:MOST_FILES], rows=len(rows))

    async def _deliver(self, channel_id: int, claim: Claim) -> tuple[int, Sequence[Owed]]:
        """Send the group, with fewer files where it is too large; the message's id and the rows in it."""
        if claim.found_in_flight:
            mark = notices.mark([row.event for row in claim.rows])
            found = await self._sink.find(channel_id, mark, claim.owed_since)
            if found is not None:
                return found, claim.rows
        rows, pictures = await self._fetch(channel_id, claim)
        while True:
            try:
                notice = _render(rows, pictures)
                return await self._sink.send(channel_id, notice, claim.group), rows
            except DeliveryTooLarge as error:
                if len(rows) > 1:
                    rows = rows[: len(rows) // 2]
                    self._most[channel_id] = len(rows)
                    await self._outbox.shrink(claim.group, [row.id for row in rows])
                elif any(picture.data for picture in pictures.values()):
                    pictures = {
                        name: Picture(name, None, "Discord says that the picture is too large")
                        for name in pictures
                    }
                else:
                    raise DeliveryRejected(str(error)) from error

    async def _fetch(self, channel_id: int, claim: Claim) -> tuple[Sequence[Owed], Mapping[str, Picture]]:
        """The pictures of the group's first rows, as many as one message holds; the rest goes back."""
        limit = self._sink.file_limit(channel_id)
        pictures: dict[str, Picture] = {}
        room = MOST_BYTES
        for place, row in enumerate(claim.rows):
            name = _image_name(row.event)
            if name is None or name in pictures:
                continue
            picture = await self._picture(row, name, limit)
            room -= len(picture.data or b"")
            if room < 0 and place > 0:
                kept = claim.rows[:place]
                await self._outbox.shrink(claim.group, [row.id for row in kept])
                return kept, pictures
            pictures[name] = picture
        return claim.rows, pictures

    async def _picture(self, row: Owed, name: str, limit: int) -> Picture:
        try:
            return Picture(name, await self._images[row.event.job.server].image(name, limit), None)
        except ImageUnusable as error:
            return Picture(name, None, str(error))
        except InvokeAIRefused as error:
            return Picture(name, None, f"InvokeAI does not give it: {error}")
        except InvokeAIUnavailable:
            if row.attempts < IMAGE_PATIENCE:
                raise
            return Picture(name, None, "InvokeAI did not answer")


async def _unhurried(work: Coroutine[None, None, bool]) -> bool:
    """Await `work`; a cancellation waits up to GRACE seconds for its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=GRACE)
        task.cancel()
        raise


def _delay(attempts: int) -> timedelta:
    return min(FIRST_DELAY * 2 ** min(attempts - 1, 16), LONGEST_DELAY)


def _image_name(event: JobEvent) -> str | None:
    return None if event.image is None else event.job.images[event.image]


def _render(rows: Sequence[Owed], pictures: Mapping[str, Picture]) -> Notice:
    events = [row.event for row in rows]
    match events[0].kind:
        case EventKind.COMPLETED:
            return notices.completed(events, pictures)
        case EventKind.FAILED:
            return notices.failed(events[0])
        case EventKind.CANCELED:
            return notices.canceled(events)
        case EventKind.STARTED:
            return notices.started(events[0])
