"""InvokeAI's saved workflows, and the form that one opens. Names, labels and help are foreign text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAX_FORM_FIELDS = 5
"""So many inputs fit one of Discord's modals."""


@dataclass(frozen=True, slots=True)
class WorkflowSummary:
    """A workflow as a list shows it. `shipped`: it came with InvokeAI. `opened`: somebody has opened it."""

    id: str
    name: str
    description: str
    shipped: bool
    opened: bool = False


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that an InvokeAI has. `base` and `type` are InvokeAI's words, such as `sdxl` and `main`."""

    key: str
    name: str
    base: str
    type: str
    hash: str = ""


class FieldKind(StrEnum):
    """What a field of a form takes. OTHER: something that can only be set in InvokeAI itself."""

    TEXT = "text"
    WHOLE_NUMBER = "whole number"
    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes or no"
    MODEL = "model"
    BOARD = "board"
    IMAGE = "image"
    COLOR = "color"
    TEXTS = "texts"
    WHOLE_NUMBERS = "whole numbers"
    NUMBERS = "numbers"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what is sent, and what is shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a field takes; None and empty: anything. `above` and `below` are the excluded ends of a range.

    `model_types` and `model_bases` are InvokeAI's words.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    model_types: tuple[str, ...] = ()
    model_bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormField:
    """One input of a workflow. `text`: its present value as a person would type it, empty if it has none."""

    node_id: str
    name: str
    kind: FieldKind
    label: str
    help: str = ""
    text: str = field(default="", repr=False)
    has_value: bool = False
    required: bool = False
    multiline: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def key(self) -> str:
        """Names the field within its workflow."""
        return f"{self.node_id}::{self.name}"


@dataclass(frozen=True, slots=True)
class Question:
    """A field as a person is asked for it. `options`: what to choose from; without any it is typed.

    `answer`: what stands there before anybody types, an option's value or a text.
    """

    about: FormField
    options: tuple[Option, ...] = ()
    answer: str = field(default="", repr=False)
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The exposed fields of a workflow in their order. `others` can't be asked for in Discord."""

    fields: tuple[FormField, ...]
    others: tuple[FormField, ...] = ()


def pages(questions: Sequence[Question]) -> Sequence[tuple[Question, ...]]:
    """In portions that a modal can show."""
    places = range(0, len(questions), MAX_FORM_FIELDS)
    return [tuple(questions[place : place + MAX_FORM_FIELDS]) for place in places]
