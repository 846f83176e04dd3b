"""What we say, before it is Discord's: plain data that `bot.discord` turns into payloads."""

from dataclasses import dataclass, field
from enum import IntEnum

from bot.domain.actions import ButtonStyle
from bot.domain.subscriptions import Mention


class Colour(IntEnum):
    """The stripe beside an embed or a panel."""

    DONE = 0x3BA55D
    FAILED = 0xED4245
    CANCELED = 0x747F8D
    RUNNING = 0x5865F2
    WARNING = 0xFAA61A


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. `description` is its alt text; a `spoiler` is seen only after a tap."""

    name: str
    data: bytes = field(repr=False)
    description: str | None = None
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: str
    inline: bool = True


@dataclass(frozen=True, slots=True)
class Embed:
    """A frame below the message's files."""

    colour: Colour
    title: str | None = None
    description: str | None = None
    fields: tuple[Field, ...] = ()
    footer: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """`action` is a custom id that `custom_ids.encode` wrote; `label` has at most 80 characters.

    Without a label the `emoji` stands for it, and a screen reader says its name.
    """

    label: str
    action: str
    style: ButtonStyle = ButtonStyle.SECONDARY
    emoji: str | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One to five buttons beside each other."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class MenuOption:
    """One of a menu's. `label` and `value` have 1 to 100 characters, no markdown. `chosen`: at first."""

    label: str
    value: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """`least` to `most` of 1 to 25 options, in a row of its own. `action` is a custom id; `hint` stands in it
    while nothing is chosen.
    """

    action: str
    hint: str
    options: tuple[MenuOption, ...]
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class PeopleMenu:
    """Discord's own menu of roles and people, of which one or none is chosen; otherwise as `Menu`."""

    action: str
    hint: str
    chosen: Mention | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form. `label` up to 45, `hint` up to 100, `text` up to `longest` (4000) characters.

    `choices`: a menu of these, at most 25, with `text` chosen, in place of a text. `options`: the same with
    values of their own, one of which is `text`. `file`: one is sent, in place of a text. `help`: up to 100
    characters below the label.
    """

    name: str
    label: str
    text: str = ""
    hint: str = ""
    longest: int = 100
    needed: bool = False
    lines: bool = False
    choices: tuple[str, ...] = ()
    options: tuple[MenuOption, ...] = ()
    file: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Modal:
    """One to five inputs; `title` has at most 45 characters. What is filled in has `action` as custom id."""

    title: str
    action: str
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened: a new message. `content` is the lock-screen line.

    By its `dedup_marker` (`✅ #812`, `✅ #803–#812`) `headline.has_mark` finds a message that was sent just
    before a crash in the channel's history; no other notice has the same. `rows`: at most five.
    `silent`: no phone buzzes. `mentions` stand in `content` already, and may notify; nothing else may.
    """

    content: str
    dedup_marker: str
    embeds: tuple[Embed, ...] = ()
    files: tuple[File, ...] = ()
    rows: tuple[ActionRow | Menu, ...] = ()
    silent: bool = False
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown, already escaped and cut."""

    body: str


@dataclass(frozen=True, slots=True)
class MediaItem:
    """The name of one of the panel's files; `description` is its alt text."""

    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class MediaGallery:
    """One to ten files of the panel, shown as pictures. A `spoiler` is seen only after a tap."""

    items: tuple[MediaItem, ...]
    spoiler: bool = False

    @classmethod
    def of(cls, *files: File) -> "MediaGallery":
        return cls(tuple(MediaItem(file.name, file.description) for file in files))


@dataclass(frozen=True, slots=True)
class Attachment:
    """The name of one of the panel's files, shown as a file to open; a `spoiler` only after a tap."""

    name: str
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Markdown with a small picture beside it: one of the panel's files. A `spoiler` is seen after a tap."""

    body: str
    picture: MediaItem
    spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Separator:
    """A line between two blocks."""


Block = Text | Section | MediaGallery | Attachment | Separator | ActionRow | Menu | PeopleMenu


@dataclass(frozen=True, slots=True)
class Panel:
    """An answer: one Components V2 container."""

    colour: Colour
    blocks: tuple[Block, ...]
    files: tuple[File, ...] = ()
