"""What a person is asked for a workflow's fields, with what this InvokeAI has to choose from. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.limits import MAX_OPTIONS
from bot.domain.workflows import FieldKind, Form, FormField, InstalledModel, Option, Question
from bot.errors import RequestRefused
from bot.invokeai.workflows.editor import quoted
from bot.invokeai.workflows.reading import BOARDLESS, Offered, fitting_models

YES_NO = (Option("yes", "Yes"), Option("no", "No"))


@dataclass(frozen=True, slots=True)
class OpenWorkflow:
    """A workflow that somebody fills in. `questions`: its fields, in their order."""

    id: str
    name: str
    form: Form = field(repr=False)
    offered: Offered = field(repr=False)
    questions: tuple[Question, ...] = field(repr=False)


def questions_of(form: Form, offered: Offered) -> tuple[Question, ...]:
    """One for each field. RequestRefused where a field needs a model, and none of them fits."""
    return tuple(_question(each, offered) for each in form.fields)


def _question(asked: FormField, offered: Offered) -> Question:
    """More options than Discord shows are typed."""
    match asked.kind:
        case FieldKind.MODEL:
            return _model(asked, offered)
        case FieldKind.BOARD:
            options = (*(Option(word, word.capitalize()) for word in BOARDLESS), *_boards(offered))
        case FieldKind.YES_NO:
            options = YES_NO
        case _:
            options = asked.limits.options
    answer, needed = asked.text, asked.required and asked.kind is not FieldKind.TEXT
    if asked.kind is FieldKind.IMAGE:
        needed = needed and not asked.has_value
    if not 0 < len(options) <= MAX_OPTIONS:
        named = {option.value: option.label for option in options} if asked.kind is FieldKind.BOARD else {}
        return Question(asked, (), named.get(answer, answer), needed)
    return Question(asked, options, answer, needed)


def _boards(offered: Offered) -> list[Option]:
    return [Option(board.id, board.name) for board in offered.boards]


def _model(asked: FormField, offered: Offered) -> Question:
    fitting = fitting_models(asked, offered.models)
    if not fitting and (asked.required or asked.has_value):
        raise RequestRefused(
            f"This InvokeAI has no model that fits {quoted(asked.label)}. Install one first."
        )
    present = next((each for each in fitting if each.name.casefold() == asked.text.casefold()), None)
    needed = asked.required or (asked.has_value and present is None)
    if not 0 < len(fitting) <= MAX_OPTIONS:
        return Question(asked, (), present.name if present else "", needed)
    return Question(asked, tuple(_named_apart(fitting)), present.key if present else "", needed)


def _named_apart(models: Sequence[InstalledModel]) -> list[Option]:
    """Models of one name get their base behind it."""
    often = Counter(each.name.casefold() for each in models)
    return [
        Option(each.key, f"{each.name} · {each.base}" if often[each.name.casefold()] > 1 else each.name)
        for each in models
    ]
