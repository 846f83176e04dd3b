"""A style: a finished job's graph kept under a name. What can be changed in it, and what it needs."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_NAME = 40


class StylePart(StrEnum):
    """What a person may want to change in a style, or to know of it."""

    PROMPT = "prompt"
    NEGATIVE = "negative prompt"
    SEED = "seed"
    SIZE = "size"
    STEPS = "steps"
    PICTURES = "number of pictures"
    IMAGE = "input image"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class StyleCheck:
    """What stands where in a style. None and empty: it can't be told, or the style has none of it.

    `seed`: whether a seed can be set. `pictures`: how many each job makes. `images`: all that it starts from,
    of which the one in `image` can be replaced. `models`: their names.
    """

    prompt: str | None = field(repr=False)
    negative: str | None = field(repr=False)
    seed: bool
    size: tuple[int, int] | None
    steps: int | None
    pictures: int | None
    image: str | None
    images: tuple[str, ...]
    models: tuple[str, ...]
    unknown: tuple[StylePart, ...]
    """What can't be told: it stays as it is."""


@dataclass(frozen=True, slots=True)
class StyleChanges:
    """What a person wants otherwise; None: as in the style. `image` is the name of one that InvokeAI has."""

    prompt: str | None = field(default=None, repr=False)
    negative: str | None = field(default=None, repr=False)
    size: tuple[int, int] | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class StyleName:
    """A style as a list shows it: of the job `number` on that server. `saved_by`: a Discord user's id."""

    guild_id: int
    name: str
    server: str
    number: int
    saved_by: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class SavedStyle:
    """`graph` is InvokeAI's own, as text; `thumbnail` a small picture of what it makes."""

    about: StyleName
    graph: str = field(repr=False)
    thumbnail: bytes | None = field(default=None, repr=False)
