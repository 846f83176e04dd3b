"""From a claim to the message that goes out for it: a new one, or what an earlier one says from now on."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.delivery.albums import AlbumComposer, Room
from bot.delivery.askers import Askers, answered, parent_of
from bot.delivery.attachments import Attachments
from bot.delivery.message import Message
from bot.delivery.patient_outbox import PatientOutbox
from bot.domain.events import Event, EventKind, JobEvent, PersonalEvent, server_of
from bot.domain.jobs import Job
from bot.domain.limits import MAX_EDIT_AGE, MAX_FILES
from bot.domain.quiet_hours import Buzz
from bot.domain.subscriptions import Preferences
from bot.errors import DeliveryRejected, DeliveryTooLarge, MessageGone
from bot.images.loader import ImageLoader
from bot.render import album_text, notices
from bot.render.album_text import AlbumContents
from bot.render.beside_the_loop import rendered
from bot.render.message import Notice
from bot.render.notices import SHEET, Picture
from bot.render.presentation import apply, presentation_of, redacted
from bot.render.recipes import NoticeContext
from bot.store.album_rows import is_album
from bot.store.outbox_rows import Claim, LastMessage, OutboxEntry
from bot.store.outcomes import Delivered, Unneeded

OUTAGE_COALESCING_WINDOW = timedelta(days=7)
"""So long is the message that tells of an absence or a stall looked for: then one edit or two are enough."""


class Composer:
    """`posted`: what a message of ours (channel, message) has; MessageGone where it is gone. `file_limit`:
    the largest file, in bytes, that a channel takes. `pages`: each server's own page, for people.
    """

    def __init__(
        self,
        outbox: PatientOutbox,
        loader: ImageLoader,
        *,
        posted: Callable[[int, int], Awaitable[AlbumContents]],
        file_limit: Callable[[int], int],
        askers: Askers,
        clock: Callable[[], datetime],
        pages: Mapping[str, str | None],
    ) -> None:
        self._outbox = outbox
        self._attachments = Attachments(loader)
        self._albums = AlbumComposer(outbox, self._attachments, posted, askers, clock)
        self._askers = askers
        self._file_limit = file_limit
        self._clock = clock
        self._pages = pages
        self._devices: dict[str, set[str]] = {}
        """The devices seen at work since the start, of each server."""

    async def compose(self, claim: Claim, room: int) -> Message | Delivered | Unneeded:
        """`room`: the bytes that its pictures may have together, besides what Discord takes at most.

        Where a message tells of the same already that one is edited, else there is a new one. Delivered: a
        message says it already. What an edit says follows from what the outbox holds and, of an album, from
        what the message has, so it may be made once more after a crash. InvokeAIUnavailable while an image
        is worth waiting for.
        """
        preferences = await self._preferences(claim)
        around = self._context([row.event for row in claim.rows])
        match claim.rows[0].event.kind:
            case EventKind.BATCH_DONE:
                return await self._albums.ended(claim, preferences, around)
            case EventKind.PERSONAL:
                return await self._personal(claim)
            case EventKind.QUEUE_EMPTY:
                return await self._said_with_batch(claim) or await self._new(claim, room, preferences)
            case _ if _grows(claim, preferences):
                return await self._albums.pictures(claim, preferences, self._room(claim, room), around)
            case kind:
                last = None if kind is EventKind.COMPLETED else await self._last_message(claim)
                if last is None:
                    return await self._new(claim, room, preferences)
                return await self._edit(claim, last, preferences)

    async def arrived(self, claim: Claim) -> int | None:
        """The message that an edit, which may have been made before, has brought all of the claim to."""
        return await self._albums.arrived(claim) if is_album(claim.coalescing_key) else None

    async def dedup_marker(self, claim: Claim) -> str:
        """What a new message for this claim has in its line."""
        preferences = await self._preferences(claim)
        events = [row.event for row in claim.rows]

        def marker() -> str:
            told = [event for event in events if isinstance(event, JobEvent)]
            of_batch = _of_batch(claim, preferences)
            server = server_of(events[0])  # named here always: the line may not name it, or not any more
            if of_batch:
                return album_text.marker_of(told, server_name=server)
            return notices.dedup_marker(events, server_name=server)

        return await rendered(jobs_of(events), marker)

    async def _personal(self, claim: Claim) -> Message | Unneeded:
        """Only quiet hours and a snooze of the channel where they asked keep it from buzzing."""
        event = claim.rows[0].event
        if not isinstance(event, PersonalEvent) or not await self._askers.still_there(event):
            return Unneeded()
        asked_in = await self._outbox.preferences(event.channel_id, event.parent_id)
        rule = replace(asked_in.rule, buzz=Buzz.EACH, shortest=timedelta(0))
        askers = () if event.direct else (event.user_id,)
        presentation = presentation_of(Preferences(rule=rule), [event], self._clock(), askers)
        if asked_in.spoiler or asked_in.hide_prompts:  # whoever retried it need not have seen the prompt
            event = replace(event, prompt=None)
        told = notices.notice([event], {}, server_name=self._named(event.server))
        notice = apply(told, presentation)
        return Message(claim.channel_id, notice, claim.rows, claim.group, {}, asked_in)

    async def _preferences(self, claim: Claim) -> Preferences:
        around = parent_of(claim.channel_id, [row.event for row in claim.rows])
        return await self._outbox.preferences(claim.channel_id, around)

    def _room(self, claim: Claim, room: int) -> Room:
        return Room(min(self._file_limit(claim.channel_id), room), room)

    async def _said_with_batch(self, claim: Claim) -> Delivered | None:
        """The line at the end of the only batch there was, if it said that the queue is empty."""
        last = await self._last_message(claim)
        said = last is not None and isinstance(last.first, JobEvent) and last.first.left.queue == 0
        return Delivered(last.message_id) if last is not None and said else None

    async def instead(
        self,
        claim: Claim,
        message: Message,
        refusal: MessageGone | DeliveryTooLarge | DeliveryRejected,
        room: int,
    ) -> Message | Unneeded:
        """What goes out in place of a message that Discord did not take: a new one for an edit, a smaller one
        for a new one. DeliveryRejected: there is nothing left that it could do without.

        What is refused for its words is halved too, so only the row to blame becomes a dead letter.
        """
        if message.edits is not None:
            ended = claim.rows[0].event.kind is EventKind.BATCH_DONE
            return Unneeded() if ended else await self._new(claim, room, message.preferences)
        if message.reply_to is not None and isinstance(refusal, DeliveryRejected):
            return replace(message, reply_to=None, first=None)
        rows, pictures = message.rows, message.pictures
        if isinstance(refusal, DeliveryRejected) and (len(rows) == 1 or SHEET in pictures):
            if len(rows) == 1:
                raise refusal
            half = replace(claim, rows=tuple(rows[: len(rows) // 2]))
            return await self._new(half, room, message.preferences)
        if len(rows) > 1 and SHEET not in pictures:
            rows = rows[: len(rows) // 2]
        elif any(picture.data for picture in pictures.values()):
            problem = "Discord says that the picture is too large"
            pictures = {name: Picture(name, None, problem) for name in pictures}
        else:
            raise DeliveryRejected(str(refusal)) from refusal
        return await self._message(claim, rows, pictures, message.preferences)

    async def _last_message(self, claim: Claim) -> LastMessage | None:
        """The one that takes up the claim's rows.

        Whether it is too old does not depend on when this is tried, so a second try decides alike.
        """
        if claim.coalescing_key is None:
            return None
        of_job = isinstance(claim.rows[0].event, JobEvent)
        window = MAX_EDIT_AGE if of_job else OUTAGE_COALESCING_WINDOW
        since = claim.pending_since - window
        return await self._outbox.last_message(claim.channel_id, claim.coalescing_key, since)

    async def _edit(self, claim: Claim, last: LastMessage, preferences: Preferences) -> Message:
        events = [row.event for row in claim.rows]
        presentation = presentation_of(preferences, events, self._clock())
        server = self._named(server_of(last.first))

        def again() -> Notice:
            [first, *more] = redacted([last.first, *events], presentation)
            return apply(notices.again(first, last.numbers, more, server_name=server), presentation)

        notice = await rendered(jobs_of([last.first, *events]), again)
        return Message(claim.channel_id, notice, claim.rows, claim.group, {}, preferences, last.message_id)

    async def _new(self, claim: Claim, room: int, preferences: Preferences) -> Message:
        if _grows(claim, preferences):
            around = self._context([row.event for row in claim.rows])
            return await self._albums.new(claim, preferences, self._room(claim, room), around)
        limit = min(self._file_limit(claim.channel_id), room)
        rows: Sequence[OutboxEntry] = claim.rows
        if claim.sheet and len(rows) > MAX_FILES:
            pictures = await self._attachments.sheet(rows, limit)
        else:
            rows, pictures = await self._attachments.of(rows, limit, room=room, bare=preferences.hide_prompts)
        return await self._message(claim, rows, pictures, preferences)

    async def _message(
        self,
        claim: Claim,
        rows: Sequence[OutboxEntry],
        pictures: Mapping[str, Picture],
        preferences: Preferences,
    ) -> Message:
        events = [row.event for row in rows]
        around = self._context(events)
        if _grows(replace(claim, rows=tuple(rows)), preferences):
            return await self._albums.made(claim, rows, pictures, preferences, around)
        of_batch = _of_batch(claim, preferences)
        askers = await self._askers.mentioned(claim.channel_id, events, preferences, of_batch=of_batch)
        presentation = presentation_of(preferences, events, self._clock(), askers)
        stage = await self._albums.stage(claim, rows, preferences) if of_batch else None

        def new() -> Notice:
            shown = redacted(events, presentation)
            notice = notices.notice(shown, pictures, server_name=around.server, around=around)
            if stage is not None:  # a contact sheet
                told = [event for event in shown if isinstance(event, JobEvent)]
                content, marker = album_text.head(told, stage, server_name=around.server)
                notice = replace(notice, content=content, dedup_marker=marker)
            return apply(notice, presentation)

        notice = await rendered(jobs_of(events), new)
        return Message(
            claim.channel_id,
            notice,
            rows,
            claim.group,
            pictures,
            preferences,
            reply_to=answered(claim.channel_id, events),
        )

    def _context(self, events: Sequence[Event]) -> NoticeContext:
        for event in events:
            if isinstance(event, JobEvent) and event.job.device:
                self._devices.setdefault(event.job.server, set()).add(event.job.device)
        server = server_of(events[0])
        several = len(self._devices.get(server, ())) > 1
        return NoticeContext(several, self._pages.get(server), self._named(server))

    def _named(self, server: str) -> str | None:
        """The name by which people tell it from others; None for the only one."""
        return None if len(self._pages) == 1 and server in self._pages else server


def _of_batch(claim: Claim, preferences: Preferences) -> bool:
    """Whether the claim's pictures are told as those of their batch."""
    return is_album(claim.coalescing_key) and preferences.rule.buzz is not Buzz.EACH


def _grows(claim: Claim, preferences: Preferences) -> bool:
    """Whether they share a message with others of it."""
    return _of_batch(claim, preferences) and (not claim.sheet or len(claim.rows) <= MAX_FILES)


def jobs_of(events: Sequence[Event]) -> list[Job]:
    return [event.job for event in events if isinstance(event, JobEvent)]
