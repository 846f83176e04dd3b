"""The pictures of one batch: a message that grows, and the line at the batch's end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.domain.events import BatchCounts, JobEvent
from bot.domain.limits import MAX_FILES
from bot.images.picture import Picture
from bot.render import buttons
from bot.render.albums import MISSING, SMALLER, Attached, album_embed, attach, file_prefix
from bot.render.deletions import SIGN as DELETED
from bot.render.headline import OR, headline
from bot.render.job_numbers import Share, numbers_of, shares
from bot.render.message import Notice
from bot.render.recipes import MAX_LINE_PROMPT, NOWHERE, NoticeContext
from bot.render.text import dotted, duration, line, many, quoted

DONE, GOING_ON = "✅", "⏳"
SIGNS = f"{DONE}{OR}{GOING_ON}"
SPOILER = "SPOILER_"
"""Discord's own prefix for the name of a file that is seen only after a tap."""


@dataclass(frozen=True, slots=True)
class AlbumContents:
    """What a message of ours has: its attachments by name, and the fields of its embed by name."""

    files: Mapping[str, int] = field(default_factory=dict[str, int])
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    """Lines that say which pictures somebody deleted."""

    def file_of(self, event: JobEvent) -> int | None:
        """The attachment that is this event's picture."""
        if event.image is None:
            return None
        prefix = file_prefix(event.job, event.image)
        for name, attachment_id in self.files.items():
            if name.removeprefix(SPOILER).startswith(prefix):
                return attachment_id
        return None

    def deleted(self, event: JobEvent) -> bool:
        """Whether a person had the picture deleted here, too."""
        noted = any(note.startswith(f"{DELETED} #{event.job.number} deleted by") for note in self.notes)
        return noted and self.file_of(event) is None


NOTHING = AlbumContents()


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a batch is. `counts`: if they are not those of the newest event. `ran`: how long it took, said
    once it is done. `closed`: the message takes no further pictures, though it has room. `queue_empty`: said
    once the batch is done.
    """

    counts: BatchCounts | None = None
    ran: timedelta | None = None
    closed: bool = False
    queue_empty: bool = False


def album(
    events: Sequence[JobEvent],
    pictures: Mapping[str, Picture],
    posted: AlbumContents = NOTHING,
    *,
    around: NoticeContext = NOWHERE,
    stage: Stage | None = None,
) -> Notice:
    """All that the message says; its `files` are those of `pictures`, by image name, that it has not yet.

    `events`: its pictures of one batch, 1 to MAX_FILES (ValueError).
    """
    if not 1 <= len(events) <= MAX_FILES:
        raise ValueError(f"a message takes 1 to {MAX_FILES} images, not {len(events)}")
    events = [event for event in events if not posted.deleted(event)] or events
    group = shares(events)
    attached = _attached(events, group, pictures, posted)
    stage = stage or Stage()
    stage = replace(stage, closed=stage.closed or len(events) == MAX_FILES)
    content, marker = head(events, stage, missing=len(attached.missing), server_name=around.server)
    rows = () if all(share.job.hidden for share in group) else buttons.which_one([one.job for one in group])
    content = "\n".join((content, *posted.notes))
    return Notice(content, marker, (album_embed(group, attached, around),), attached.files, rows)


def batch_done(
    event: JobEvent,
    numbers: Sequence[int],
    *,
    prompt: str | None = None,
    ran: timedelta | None = None,
    queue_empty: bool = False,
    server_name: str | None = None,
) -> Notice:
    """The line at the batch's end: `✅ 10 of 10 · “red fox in snow” · 2 min 30 s · #803–#812`.

    `numbers`: the first and the last job whose pictures are in the channel. `prompt`: their one.
    """
    counts = event.left.counts
    told = (
        count(counts) if counts is not None else "Batch done",
        quoted(prompt, MAX_LINE_PROMPT),
        duration(ran) if ran is not None else "",
        "queue empty" if queue_empty else "",
    )
    first, last = min(numbers), max(numbers)
    which = f"#{first}" if first == last else f"#{first}–#{last}"
    return Notice(*_either(DONE, *told, which=which, server_name=server_name))


def marker_of(events: Sequence[JobEvent], *, server_name: str | None = None) -> str:
    """The marker of a new album of these events, however far its batch was then."""
    return _either(DONE, which=numbers_of(shares(events)), server_name=server_name)[1]


def _either(sign: str, *told: str, which: str, server_name: str | None) -> tuple[str, str]:
    """The line, and a marker by which it is found with any sign of an album."""
    content, marker = headline(sign, *told, which=which, server=line(server_name, 40))
    return content, f"{SIGNS}{marker.removeprefix(sign)}"


def newest_counts(events: Sequence[JobEvent]) -> BatchCounts | None:
    """The batch's counts as the last of its ends told."""
    told = [event.left.counts for event in events if event.left.counts is not None]
    return max(told, key=lambda counts: counts.ended.all, default=None)


def shared_prompt(events: Sequence[JobEvent]) -> str | None:
    """The prompt of all these jobs; None where they differ."""
    prompts = {event.job.recipe.prompt if event.job.recipe else None for event in events}
    return prompts.pop() if len(prompts) == 1 else None


def head(
    events: Sequence[JobEvent], stage: Stage, *, missing: int = 0, server_name: str | None = None
) -> tuple[str, str]:
    """`⏳ 3 of 10 · “red fox in snow” · #803–#805`, and its marker; ✅ where no more pictures join them."""
    group = shares(events)
    which = numbers_of(group)
    prompts = list(dict.fromkeys(share.job.recipe.prompt or "" for share in group if share.job.recipe))
    shown = [each for each in prompts if line(each, MAX_LINE_PROMPT)]
    more = f" and {many(len(shown) - 1, 'more prompt')}" if len(shown) > 1 else ""
    counts = stage.counts or newest_counts(events)
    done = counts is not None and counts.left == 0
    told = (
        count(counts) if counts is not None else many(len(group), "image"),
        f"{missing} missing" if missing else "",
        quoted(shown[0], MAX_LINE_PROMPT) + more if shown else "",
        duration(stage.ran) if done and stage.ran is not None else "",
        "queue empty" if done and stage.queue_empty else "",
    )
    sign = DONE if done or stage.closed else GOING_ON
    return _either(sign, *told, which=which, server_name=server_name)


def count(counts: BatchCounts) -> str:
    """`8 of 10 · 2 failed`."""
    ended = counts.ended
    return dotted(
        f"{ended.completed:,} of {counts.total:,}",
        f"{ended.failed:,} failed" if ended.failed else "",
        f"{ended.canceled:,} canceled" if ended.canceled else "",
    )


def _attached(
    events: Sequence[JobEvent], group: Sequence[Share], pictures: Mapping[str, Picture], posted: AlbumContents
) -> Attached:
    """The new files alone, and what was said of the old ones."""
    kept = {(event.job.number, event.image) for event in events if posted.file_of(event) is not None}
    new = [_without(share, kept) for share in group]
    attached = attach([share for share in new if share.places], pictures)
    smaller = _said(posted, SMALLER)
    missing = {each.partition(":")[0]: each for each in (*attached.missing, *_said(posted, MISSING))}
    return replace(
        attached,
        smaller=tuple(dict.fromkeys((*smaller, *attached.smaller))),
        missing=tuple(missing[each.partition(":")[0]] for each in attached.missing),
    )


def _without(share: Share, kept: set[tuple[int, int | None]]) -> Share:
    return replace(share, places=tuple(at for at in share.places if (share.job.number, at) not in kept))


def _said(posted: AlbumContents, name: str) -> list[str]:
    """The lines of a field that tell of a picture."""
    return [each for each in posted.fields.get(name, "").split("\n") if each.startswith("#")]
