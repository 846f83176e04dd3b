"""What a person asked for, and what became of it. Frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.queue import Outlook
from bot.domain.styles import SavedStyle, StyleCheck, StyleName
from bot.domain.submissions import Submission


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for. `style` None: the default. `image`: the bytes of a picture to start from."""

    prompt: str = field(repr=False)
    style: str | None = None
    negative: str | None = field(default=None, repr=False)
    count: int = 1
    seed: int | None = None
    image: bytes | None = field(default=None, repr=False)
    first: bool = False


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a request at once. `numbers`: those of its jobs that are in the queue, where told."""

    submission: Submission
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """A job asked for again. `seeds` are in the jobs' order; none if its graph has no place for a seed."""

    submitted: Submitted
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Smaller:
    """A job asked for again that makes its picture at the size `now`, instead of `before`."""

    submitted: Submitted
    before: tuple[int, int]
    now: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Template:
    """What a new picture is made like. `name`: a style's; None: it is like the job `number`."""

    graph: str = field(repr=False)
    number: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Imagined:
    """What became of a wish: what it is like, its seeds (none where the style has no place for one), and when
    it should be done, where that can be told.
    """

    submitted: Submitted
    template: Template
    seeds: tuple[int, ...]
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a workflow of that name, and what the queue is like now, where InvokeAI tells."""

    submitted: Submitted
    workflow: str
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class StyleView:
    """A style with what can be changed in it. `missing`: what it needs and is no longer there, in words."""

    style: SavedStyle
    check: StyleCheck
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class StyleList:
    """By name. `here` and `everywhere`: the names of the channel's default, and of the guild's."""

    styles: Sequence[StyleName]
    here: str | None = None
    everywhere: str | None = None


@dataclass(frozen=True, slots=True)
class DeletedStyle:
    """`everywhere`: it was the guild's default. `channels`: of so many channels it was the default."""

    about: StyleName
    everywhere: bool = False
    channels: int = 0
