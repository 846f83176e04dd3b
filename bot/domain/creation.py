"""What a person asked for, and what became of it. Frozen."""

from dataclasses import dataclass, field

from bot.domain.queue import QueueStatus
from bot.domain.styles import SavedStyle, StyleCheck
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
    """What became of a wish: what it is like, its seeds (none where the style has no place for one), and what
    the queue is like now.
    """

    submitted: Submitted
    template: Template
    seeds: tuple[int, ...]
    after: QueueStatus


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a workflow of that name, and what the queue is like now, where InvokeAI tells."""

    submitted: Submitted
    workflow: str
    after: QueueStatus | None


@dataclass(frozen=True, slots=True)
class StyleView:
    """A style with what can be changed in it. `missing`: what it needs and is no longer there, in words."""

    style: SavedStyle
    check: StyleCheck
    missing: str | None = None
