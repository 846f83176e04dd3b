"""A post of ours after the pictures that it shows were deleted; pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.domain.subscriptions import Mention, MentionKind
from bot.render.custom_ids import JobButton, JobsMenu, decode
from bot.render.message import ActionRow, Button, Colour, Menu, Panel, Text

SIGN = "🗑️"
MAX_NOTES = 10
"""So many deletions are listed below one line; the newest ones."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """`user_id` deleted that job's images in InvokeAI; `from_posts`: they leave our posts as well."""

    server: str
    number: int
    user_id: int
    from_posts: bool

    def __str__(self) -> str:
        """As the post says it. The person's name notifies nobody."""
        where = "" if self.from_posts else " in InvokeAI"
        return f"{SIGN} #{self.number} deleted{where} by {Mention(MentionKind.USER, self.user_id)}"


@dataclass(frozen=True, slots=True)
class Posted:
    """What a post shows: its line, its embeds' descriptions, its files' names, its buttons and menus."""

    content: str
    texts: tuple[str, ...]
    files: tuple[str, ...]
    rows: tuple[ActionRow | Menu, ...]


def after(posted: Posted, deletion: Deletion) -> Posted:
    """What stays of the post: all but what no longer works, or what tells of no deleted image."""
    if not deletion.from_posts:
        rows = _rows(_still_working(each, deletion) for each in posted.rows)
        return replace(posted, content=_with_note(posted.content, deletion), rows=rows)
    rows = _rows(_without_job(each, deletion) for each in posted.rows)
    if not any(isinstance(row, Menu) for row in rows):  # it tells of no other job
        return Posted(_with_note("", deletion, _notes(posted.content)), (), (), ())
    return Posted(
        _with_note(posted.content, deletion),
        tuple(_without_line(text, deletion.number) for text in posted.texts),
        tuple(name for name in posted.files if not _shows(name, deletion.number)),
        rows,
    )


def panel(deletion: Deletion) -> Panel:
    """In place of an answer that showed the images to a whole channel."""
    return Panel(Colour.CANCELED, (Text(str(deletion)),))


def _rows(rows: Iterable[ActionRow | Menu | None]) -> tuple[ActionRow | Menu, ...]:
    return tuple(row for row in rows if row is not None)


def _notes(content: str) -> list[str]:
    return [line for line in content.split("\n") if line.startswith(SIGN)]


def _with_note(content: str, deletion: Deletion, earlier: Sequence[str] = ()) -> str:
    """One note for each job, the newest last."""
    head = [line for line in content.split("\n") if line and not line.startswith(SIGN)]
    notes = [*_notes(content), *earlier]
    others = [note for note in notes if not note.startswith(f"{SIGN} #{deletion.number} ")]
    return "\n".join([*head, *[*others, str(deletion)][-MAX_NOTES:]])


def _still_working(row: ActionRow | Menu, deletion: Deletion) -> ActionRow | Menu | None:
    if isinstance(row, Menu):
        return row
    kept = tuple(button for button in row.buttons if not _needs_image(button, deletion))
    return ActionRow(kept) if kept else None


def _needs_image(button: Button, deletion: Deletion) -> bool:
    meaning = decode(button.action, {deletion.server})
    return isinstance(meaning, JobButton) and meaning.action.needs_image and meaning.number == deletion.number


def _without_job(row: ActionRow | Menu, deletion: Deletion) -> ActionRow | Menu | None:
    if not isinstance(row, Menu) or not isinstance(decode(row.action, {deletion.server}), JobsMenu):
        return row
    options = tuple(option for option in row.options if option.value != str(deletion.number))
    return replace(row, options=options) if options else None


def _without_line(text: str, number: int) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith(f"**#{number}**"))


def _shows(file: str, number: int) -> bool:
    """Whether it is one of the job's pictures, or a contact sheet, which shows them all."""
    return re.match(rf"(?:SPOILER_)?{number}-|.*-contact-sheet\.", file) is not None
