"""From the outbox to Discord: which channel is served now, and one claim after the other until it is."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.backoff import wait_at_most
from bot.delivery.composer import Composer
from bot.delivery.message import Message
from bot.delivery.patient_outbox import PatientOutbox
from bot.delivery.settlement import outcome_of, report
from bot.delivery.upload_budget import UploadBudget
from bot.domain.events import EventKind, JobEvent, may_wait
from bot.domain.limits import MAX_FILES
from bot.domain.quiet_hours import Buzz
from bot.errors import DeliveryRejected, DeliveryTimedOut, DeliveryTooLarge, MessageGone, StartRefused
from bot.render.album_text import AlbumContents
from bot.store.outbox_rows import Claim, Stream
from bot.store.outcomes import Delivered, Outcome, Rejected
from bot.telemetry.metrics import Metrics

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
MIN_REST = 0.05
MAX_REST = 60.0
"""Seconds between two looks for what is due."""
SHUTDOWN_TIMEOUT = 10.0
ALBUM_WINDOW = timedelta(seconds=10)
"""So long after a message pictures may wait for company, while more jobs wait to run."""


class Sink(Protocol):
    """Where messages go. Raises the DeliveryError tree, or StartRefused where no sending makes sense."""

    async def ready(self) -> None:
        """Returns when the limits of the channels are known."""
        ...

    async def find(
        self, channel_id: int, dedup_marker: str, since: datetime, known: Collection[int]
    ) -> int | None:
        """The id of our own message with that marker, sent after `since`, by a clock that may be off; None if
        there is none. `known`: messages that it is not.
        """
        ...

    async def posted(self, channel_id: int, message_id: int) -> AlbumContents:
        """What our message has now. MessageGone: it is gone."""
        ...

    async def put(self, message: Message) -> int:
        """The id of the message that says this now. MessageGone: the one to edit is gone or takes no edits.

        DeliveryTooLarge: Discord takes no new message of this size. DeliveryTimedOut: it took too long.
        """
        ...


class Deliverer:
    """Serves each stream (an InvokeAI's notices to a channel) in order, the streams side by side.

    A claim's journey: claim, compose, put, settle. Each step hands the next one a value. `rounds` counts the
    looks for what is due.
    """

    def __init__(
        self,
        outbox: PatientOutbox,
        composer: Composer,
        sink: Sink,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime],
        new_group: Callable[[], str],
        longest_rest: float = MAX_REST,
    ) -> None:
        self._outbox = outbox
        self._composer = composer
        self._sink = sink
        self._metrics = metrics
        self._clock = clock
        self._new_group = new_group
        self._longest_rest = longest_rest
        self.rounds = 0
        self._served: set[Stream] = set()
        self._sent_at: dict[Stream, datetime] = {}
        """When the last message of pictures went out of each stream."""
        self._budget = UploadBudget()
        self._unexpected: Counter[str] = Counter()
        """How many unexpected errors struck each group that is still pending."""

    async def run(self) -> None:
        """Endless. When it is cancelled, the messages in hand still go out, for SHUTDOWN_TIMEOUT at most."""
        await self._sink.ready()
        await self._outbox.take_over(self._clock())
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._outbox.wake.clear()
                if urgent := self._outbox.wake.take_urgent():
                    for stream in urgent:
                        self._serve_at_once(stream, tasks)
                    await wait_at_most(self._outbox.wake, MIN_REST)
                    self._outbox.wake.clear()
                waiting = await self._start_serving(tasks)
                self.rounds += 1
                if not await wait_at_most(self._outbox.wake, MIN_REST):  # what is served now goes first
                    await self._rest(waiting)

    async def deliver_due(self) -> None:
        """Everything that is due now, once."""
        async with asyncio.TaskGroup() as tasks:
            await self._start_serving(tasks)

    async def _start_serving(self, tasks: asyncio.TaskGroup) -> Mapping[Stream, datetime]:
        """The streams whose album window is open, and until when."""
        waiting: dict[Stream, datetime] = {}
        for stream in await self._outbox.streams_due(self._clock()):
            if stream in self._served:
                continue
            until = await self._album_window(stream)
            if until is not None:
                waiting[stream] = until
            else:
                self._serve_at_once(stream, tasks)
        return waiting

    def _serve_at_once(self, stream: Stream, tasks: asyncio.TaskGroup) -> None:
        if stream not in self._served:
            self._served.add(stream)
            tasks.create_task(self._serve(stream), name=f"{stream.server} to channel {stream.channel_id}")

    async def _album_window(self, stream: Stream) -> datetime | None:
        """Until when the stream's pictures wait for more of them; None: they go out now.

        The first go at once, and so does a full album, what another kind of news stands behind, and the
        end of the queue; and where albums grow, every picture of a batch.
        """
        sent_at = self._sent_at.get(stream)
        if sent_at is None or self._clock() >= sent_at + ALBUM_WINDOW:
            return None
        waiting = await self._outbox.unclaimed(stream, MAX_FILES)
        if not 0 < len(waiting) < MAX_FILES or not all(may_wait(row.event) for row in waiting):
            return None
        if any(row.event.joins_album for row in waiting if isinstance(row.event, JobEvent)):
            each = (await self._outbox.preferences(stream.channel_id, None)).rule.buzz is Buzz.EACH
            return sent_at + ALBUM_WINDOW if each else None
        return sent_at + ALBUM_WINDOW

    async def _rest(self, waiting: Mapping[Stream, datetime]) -> None:
        """Until something is due, or we are woken; not for ever, since another program may add something."""
        next_due = await self._outbox.next_due(but=waiting)
        dues = [*waiting.values(), *([] if next_due is None else [next_due])]
        due = min(dues, default=None)
        seconds = self._longest_rest if due is None else (due - self._clock()).total_seconds()
        await wait_at_most(self._outbox.wake, min(max(seconds, MIN_REST), self._longest_rest))

    async def _serve(self, stream: Stream) -> None:
        try:
            while await _unhurried(self._deliver_next(stream)):
                due = await self._outbox.streams_due(self._clock())  # a look takes no lock, as a claim does
                if stream not in due or await self._album_window(stream) is not None:
                    break
        finally:
            self._served.discard(stream)
            self._outbox.wake.set()

    async def _deliver_next(self, stream: Stream) -> bool:
        """Claim and send one group; False when the stream has nothing (more) that is due."""
        claim = await self._outbox.claim(
            stream.channel_id, self._clock(), LEASE, self._new_group(), MAX_FILES, server=stream.server
        )
        if claim is None:
            return False
        try:
            claim, outcome = await self._attempt(claim)
        except StartRefused as error:
            await self._settle(claim, outcome_of(error, claim, self._clock(), self._unexpected))
            raise
        await self._settle(claim, outcome)
        return True

    async def _attempt(self, claim: Claim) -> tuple[Claim, Outcome]:
        """What became of the claim; it is smaller now where its message does not tell of all its rows.

        Which rows a message tells of is written down before it is sent, so that it can be looked for.
        """
        try:
            if claim.found_in_flight and (found := await self._find(claim)) is not None:
                return claim, Delivered(found)
            room = self._budget.of(claim.channel_id)
            message = await self._composer.compose(claim, room)
            while True:
                if not isinstance(message, Message):
                    return claim, message
                if len(message.rows) < len(claim.rows):
                    claim = await self._outbox.narrow(claim, message.rows)
                try:
                    return claim, Delivered(await self._put(claim, message))
                except (MessageGone, DeliveryTooLarge, DeliveryRejected) as refusal:
                    message = await self._composer.instead(claim, message, refusal, room)
        except StartRefused:
            raise
        except Exception as error:  # noqa: BLE001  # one poisoned row must not stop the others
            return claim, outcome_of(error, claim, self._clock(), self._unexpected)

    async def _put(self, claim: Claim, message: Message) -> int:
        """Whether it arrived in time decides how large the channel's next message may be."""
        if message.first is not None:
            await self._put_first(message.first)
        size = sum(len(file.data) for file in message.notice.files)
        began = self._clock()
        try:
            message_id = await self._sink.put(message)
        except DeliveryTimedOut:
            self._budget.timed_out(message.channel_id, size, claim.attempts)
            raise
        self._budget.delivered(message.channel_id, size, (self._clock() - began).total_seconds())
        return message_id

    async def _find(self, claim: Claim) -> int | None:
        """The message that may have been sent, or edited, already."""
        arrived = await self._composer.arrived(claim)
        if arrived is not None:
            return arrived
        marker = await self._composer.dedup_marker(claim)
        known = await self._outbox.delivered_messages(claim.channel_id)
        return await self._sink.find(claim.channel_id, marker, claim.pending_since, known)

    async def _put_first(self, edit: Message) -> None:
        """What the message itself says as well, so it goes out without it, too."""
        try:
            await self._sink.put(edit)
        except (MessageGone, DeliveryTooLarge, DeliveryRejected) as error:
            log.warning("album_edit_failed", channel=edit.channel_id, reason=str(error))

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        now = self._clock()
        news = await self._outbox.settle(claim, outcome, now)
        if isinstance(outcome, Delivered | Rejected):
            self._unexpected.pop(claim.group, None)
        if isinstance(outcome, Delivered) and claim.rows[0].event.kind is EventKind.COMPLETED:
            self._sent_at[claim.stream] = now
        report(self._metrics, claim, outcome, now, news=news)


async def _unhurried(work: Coroutine[None, None, bool]) -> bool:
    """Await `work`; a first cancellation waits up to SHUTDOWN_TIMEOUT seconds for its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({task}, timeout=SHUTDOWN_TIMEOUT)
        finally:  # also if there is no time for that
            task.cancel()
        raise
