"""The pictures of a batch: a message that grows by edits, and what is said at the batch's end.

What a message has is asked from the message itself, before each edit. So an edit may be made once more after
a time-out or a crash: a picture that is there is kept, one that is not is uploaded. docs/decisions/0014.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile

from bot.delivery.askers import Askers, answered
from bot.delivery.attachments import Attachments
from bot.delivery.message import Message
from bot.delivery.patient_outbox import PatientOutbox
from bot.domain.events import JobEvent
from bot.domain.jobs import Job
from bot.domain.limits import MAX_EDIT_AGE, MAX_FILES
from bot.domain.quiet_hours import Buzz
from bot.domain.subscriptions import Preferences
from bot.errors import ChannelUnusable, MessageGone
from bot.images.picture import Picture
from bot.render import album_text
from bot.render.album_text import NOTHING, AlbumContents, Stage
from bot.render.beside_the_loop import rendered
from bot.render.message import Notice
from bot.render.presentation import apply, presentation_of, redacted
from bot.render.recipes import NoticeContext
from bot.store.album_rows import Album, album_key
from bot.store.outbox_rows import Claim, OutboxEntry
from bot.store.outcomes import Delivered, Unneeded


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes one file may have, and all files of a message together."""

    file: int
    message: int


@dataclass(frozen=True, slots=True)
class _AlbumPart:
    """What a message says of a batch: pictures of before and new ones, how far the batch is, and whom it
    mentions.
    """

    events: Sequence[JobEvent]
    around: NoticeContext
    stage: Stage
    askers: Collection[int] = ()


class AlbumComposer:
    """`posted`: what a message of ours (channel, message) has; MessageGone where it is gone."""

    def __init__(
        self,
        outbox: PatientOutbox,
        attachments: Attachments,
        posted: Callable[[int, int], Awaitable[AlbumContents]],
        askers: Askers,
        clock: Callable[[], datetime],
    ) -> None:
        self._outbox = outbox
        self._attachments = attachments
        self._posted = posted
        self._askers = askers
        self._clock = clock

    async def pictures(
        self, claim: Claim, preferences: Preferences, room: Room, around: NoticeContext
    ) -> Message:
        """An edit of the batch's newest message where that has room, else a new one."""
        found = await self._open(claim)
        if found is None:
            return await self.new(claim, preferences, room, around)
        album, posted = found
        before = album.events or ()
        rows, pictures = await self._fetched(claim, posted, MAX_FILES - len(before), room, preferences)
        events = [*before, *_pictures(rows)]
        stage = Stage(ran=_ran(album.began_at, events), closed=claim.attempts > 1)
        part = _AlbumPart(events, around, stage)
        notice = await self._notice(part, pictures, posted, preferences, rows)
        keeps = tuple(at for event in events if (at := posted.file_of(event)) is not None)
        return Message(
            claim.channel_id,
            notice,
            rows,
            claim.group,
            pictures,
            preferences,
            edits=album.message_id,
            keeps=keeps,
        )

    async def new(self, claim: Claim, preferences: Preferences, room: Room, around: NoticeContext) -> Message:
        """A new message."""
        rows, pictures = await self._fetched(claim, NOTHING, MAX_FILES, room, preferences)
        return await self.made(claim, rows, pictures, preferences, around)

    async def made(
        self,
        claim: Claim,
        rows: Sequence[OutboxEntry],
        pictures: Mapping[str, Picture],
        preferences: Preferences,
        around: NoticeContext,
    ) -> Message:
        """A new message of these rows, with these pictures."""
        stage = await self.stage(claim, rows, preferences)
        askers = await self._askers.mentioned(claim.channel_id, _pictures(rows), preferences, of_batch=True)
        part = _AlbumPart(_pictures(rows), around, stage, askers)
        notice = await self._notice(part, pictures, NOTHING, preferences, rows)
        answer = answered(claim.channel_id, part.events)
        message = Message(claim.channel_id, notice, rows, claim.group, pictures, preferences)
        if answer is None or await self._newest(claim.channel_id, claim.coalescing_key) is not None:
            return message
        return replace(message, reply_to=answer)

    async def stage(self, claim: Claim, rows: Sequence[OutboxEntry], preferences: Preferences) -> Stage:
        """How far the batch is in a new message of these rows."""
        events = _pictures(rows)
        album = await self._newest(claim.channel_id, claim.coalescing_key)
        return Stage(
            ran=_ran(album.began_at if album is not None else None, events),
            closed=claim.attempts > 1 or len(rows) > MAX_FILES,
            queue_empty=any(_empties(event, preferences) for event in events),
        )

    async def arrived(self, claim: Claim) -> int | None:
        """The batch's newest message, if an edit that may have been made before brought all of the claim
        there.
        """
        album = await self._newest(claim.channel_id, claim.coalescing_key)
        if album is None:
            return None
        posted = await self._what_has(claim.channel_id, album)
        if posted is None:
            return None
        there = all(posted.file_of(event) is not None for event in _pictures(claim.rows))
        return album.message_id if there else None

    async def _open(self, claim: Claim) -> tuple[Album, AlbumContents] | None:
        """The message that takes more pictures, and what it has. None: a new one is due.

        This does not depend on when it is asked, so a second try decides alike. A message whose last edit
        is in doubt takes no further ones: should that edit still arrive, it changes nothing.
        """
        album = await self._newest(claim.channel_id, claim.coalescing_key)
        if album is None or not album.sure or album.events is None:
            return None
        if len(album.events) >= MAX_FILES or album.since < claim.pending_since - MAX_EDIT_AGE:
            return None
        posted = await self._what_has(claim.channel_id, album)
        return None if posted is None else (album, posted)

    async def _what_has(self, channel_id: int, album: Album) -> AlbumContents | None:
        """None: it is gone, or we may not read there."""
        try:
            return await self._posted(channel_id, album.message_id)
        except (MessageGone, ChannelUnusable):
            return None

    async def _newest(self, channel_id: int, key: str | None) -> Album | None:
        return None if key is None else await self._outbox.newest_album(channel_id, key)

    async def _fetched(
        self, claim: Claim, posted: AlbumContents, most: int, room: Room, preferences: Preferences
    ) -> tuple[Sequence[OutboxEntry], Mapping[str, Picture]]:
        """The claim's first rows, as many as the message takes, and their pictures that it has not yet."""
        rows = claim.rows[:most]
        new = [row for row in rows if all(posted.file_of(each) is None for each in _pictures([row]))]
        taken, pictures = await self._attachments.of(
            new, room.file, room=room.message, bare=preferences.hide_prompts
        )
        late = {row.id for row in new} - {row.id for row in taken}
        return tuple(takewhile(lambda row: row.id not in late, rows)), pictures

    async def _notice(
        self,
        part: _AlbumPart,
        pictures: Mapping[str, Picture],
        posted: AlbumContents,
        preferences: Preferences,
        rows: Sequence[OutboxEntry],
    ) -> Notice:
        events = [row.event for row in rows]
        presentation = presentation_of(preferences, events, self._clock(), part.askers)

        def made() -> Notice:
            shown = [event for event in redacted(part.events, presentation) if isinstance(event, JobEvent)]
            notice = album_text.album(shown, pictures, posted, around=part.around, stage=part.stage)
            return apply(notice, presentation)

        return await rendered(_jobs(part.events), made)

    async def ended(
        self, claim: Claim, preferences: Preferences, around: NoticeContext
    ) -> Message | Delivered | Unneeded:
        """What is said at the batch's end: one new line where that buzzes and no new message has said it."""
        [event] = _told(claim.rows)
        album = await self._newest(claim.channel_id, album_key(event.job.server, event.job.batch_id))
        if album is None or preferences.rule.buzz is Buzz.EACH:
            return Unneeded()
        ends = any(each.left.batch == 0 for each in album.events or ())
        if ends and album.at_once:
            return Delivered(album.message_id)
        first = None if ends else await self._last_head(claim, album, preferences, around)
        askers = await self._askers.mentioned(claim.channel_id, [event], preferences, of_batch=True)
        if askers or _wants_line(preferences.rule.buzz, event):
            return await self._line(claim, album, preferences, askers, first, server=around.server)
        return first or Delivered(album.message_id)

    async def _last_head(
        self, claim: Claim, album: Album, preferences: Preferences, around: NoticeContext
    ) -> Message | None:
        """The batch's newest message as it is from now on, where its last job brought no picture."""
        old = album.since < claim.pending_since - MAX_EDIT_AGE
        if album.events is None or len(album.events) > MAX_FILES or old:
            return None
        posted = await self._what_has(claim.channel_id, album)
        if posted is None:
            return None
        [event] = _told(claim.rows)
        ran = _ran(album.began_at, [*album.events, event])
        part = _AlbumPart(album.events, around, Stage(event.left.counts, ran))
        notice = await self._notice(part, {}, posted, preferences, claim.rows)
        return Message(
            claim.channel_id, notice, claim.rows, claim.group, {}, preferences, edits=album.message_id
        )

    async def _line(
        self,
        claim: Claim,
        album: Album,
        preferences: Preferences,
        askers: Collection[int],
        first: Message | None,
        *,
        server: str | None,
    ) -> Message:
        [event] = _told(claim.rows)
        presentation = presentation_of(preferences, [event], self._clock(), askers)

        def made() -> Notice:
            told = [each for each in redacted(album.events or (), presentation) if isinstance(each, JobEvent)]
            line = album_text.batch_done(
                event,
                album.numbers,
                prompt=album_text.shared_prompt(told) if told else None,
                ran=_ran(album.began_at, [event]),
                queue_empty=_empties(event, preferences),
                server_name=server,
            )
            return apply(line, presentation)

        notice = await rendered(_jobs(album.events or ()), made)
        return Message(
            claim.channel_id,
            notice,
            claim.rows,
            claim.group,
            {},
            preferences,
            reply_to=album.message_id,
            first=first,
        )


def _pictures(rows: Sequence[OutboxEntry]) -> list[JobEvent]:
    return [event for event in _told(rows) if event.image is not None]


def _told(rows: Sequence[OutboxEntry]) -> list[JobEvent]:
    return [row.event for row in rows if isinstance(row.event, JobEvent)]


def _jobs(events: Sequence[JobEvent]) -> list[Job]:
    return [event.job for event in events]


def _wants_line(buzz: Buzz, event: JobEvent) -> bool:
    """An edit never buzzes, so what should have buzzed at its picture is said in a line of its own."""
    return buzz is Buzz.PER_BATCH or (buzz is Buzz.END and event.left.queue == 0)


def _empties(event: JobEvent, preferences: Preferences) -> bool:
    """Whether the queue was empty then, and the channel wants to hear of that."""
    return event.left.queue == 0 and preferences.queue_empty and not preferences.filtered


def _ran(began_at: datetime | None, events: Sequence[JobEvent]) -> timedelta | None:
    """From the first picture's start to the last end."""
    starts = [at for event in events if (at := event.job.started_at) is not None]
    ends = [at for event in events if (at := event.job.completed_at) is not None]
    began = began_at or min(starts, default=None)
    return max(ends) - began if began is not None and ends else None
