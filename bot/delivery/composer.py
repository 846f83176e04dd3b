"""From a claim to the message that goes out for it: a new one, or what an earlier one says from now on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.delivery.attachments import Attachments
from bot.delivery.patient_outbox import PatientOutbox
from bot.domain.events import Event, JobEvent
from bot.domain.jobs import Job
from bot.domain.limits import MAX_EDIT_AGE
from bot.domain.subscriptions import Preferences
from bot.errors import DeliveryRejected, DeliveryTooLarge, MessageGone
from bot.images.loader import ImageLoader
from bot.render import notices
from bot.render.beside_the_loop import rendered
from bot.render.message import Notice
from bot.render.notices import SHEET, Picture
from bot.render.presentation import apply, presentation_of, redacted
from bot.render.recipes import NoticeContext
from bot.store.outbox_rows import Claim, LastMessage, OutboxEntry

OUTAGE_COALESCING_WINDOW = timedelta(days=7)
"""So long is the message that tells of an absence or a stall looked for: then one edit or two are enough."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a channel. `rows` are those of the claim that it tells of; the others stay pending.

    `nonce`: by it Discord drops a repetition within minutes. `edits`: the message of ours that says this from
    now on, and keeps its files; None: a new one. `pictures` and `preferences` are what it was made of.
    """

    channel_id: int
    notice: Notice
    rows: Sequence[OutboxEntry]
    nonce: str
    pictures: Mapping[str, Picture]
    preferences: Preferences
    edits: int | None = None


class Composer:
    """`file_limit`: the largest file, in bytes, that a channel takes. `page`: InvokeAI's own, for people."""

    def __init__(
        self,
        outbox: PatientOutbox,
        loader: ImageLoader,
        *,
        file_limit: Callable[[int], int],
        clock: Callable[[], datetime],
        page: str | None = None,
    ) -> None:
        self._outbox = outbox
        self._attachments = Attachments(loader)
        self._file_limit = file_limit
        self._clock = clock
        self._page = page
        self._devices: dict[str, set[str]] = {}
        """The devices seen at work since the start, of each server."""

    async def compose(self, claim: Claim, room: int) -> Message:
        """`room`: the bytes that its pictures may have together, besides what Discord takes at most.

        Where a message tells of the same already that one is edited, else there is a new one.

        What an edit says follows from what the outbox holds, so it may be made once more after a crash.
        InvokeAIUnavailable while an image is worth waiting for.
        """
        last = await self._last_message(claim)
        return await self._new(claim, room) if last is None else await self._edit(claim, last)

    async def instead(
        self,
        claim: Claim,
        message: Message,
        refusal: MessageGone | DeliveryTooLarge | DeliveryRejected,
        room: int,
    ) -> Message:
        """What goes out in place of a message that Discord did not take: a new one for an edit, a smaller one
        for a new one. DeliveryRejected: there is nothing left that it could do without.

        What is refused for its words is halved too, so only the row to blame becomes a dead letter.
        """
        if message.edits is not None:
            return await self._new(claim, room)
        rows, pictures = message.rows, message.pictures
        if isinstance(refusal, DeliveryRejected) and (len(rows) == 1 or SHEET in pictures):
            if len(rows) == 1:
                raise refusal
            return await self._new(replace(claim, rows=tuple(rows[: len(rows) // 2])), room)
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

    async def _edit(self, claim: Claim, last: LastMessage) -> Message:
        preferences = await self._outbox.preferences(claim.channel_id)
        events = [row.event for row in claim.rows]
        presentation = presentation_of(preferences, events, self._clock())

        def again() -> Notice:
            [first, *more] = redacted([last.first, *events], presentation)
            return apply(notices.again(first, last.numbers, more), presentation)

        notice = await rendered(jobs_of([last.first, *events]), again)
        return Message(claim.channel_id, notice, claim.rows, claim.group, {}, preferences, last.message_id)

    async def _new(self, claim: Claim, room: int) -> Message:
        preferences = await self._outbox.preferences(claim.channel_id)
        limit = min(self._file_limit(claim.channel_id), room)
        rows: Sequence[OutboxEntry] = claim.rows
        if claim.sheet and len(rows) > 1:
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
        presentation = presentation_of(preferences, events, self._clock())
        around = self._context(events)

        def new() -> Notice:
            return apply(
                notices.notice(redacted(events, presentation), pictures, around=around), presentation
            )

        notice = await rendered(jobs_of(events), new)
        return Message(claim.channel_id, notice, rows, claim.group, pictures, preferences)

    def _context(self, events: Sequence[Event]) -> NoticeContext:
        for event in events:
            if isinstance(event, JobEvent) and event.job.device:
                self._devices.setdefault(event.job.server, set()).add(event.job.device)
        first = events[0]
        server = first.job.server if isinstance(first, JobEvent) else first.server
        return NoticeContext(len(self._devices.get(server, ())) > 1, self._page)


def jobs_of(events: Sequence[Event]) -> list[Job]:
    return [event.job for event in events if isinstance(event, JobEvent)]
