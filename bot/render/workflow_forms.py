"""A workflow's questions as forms, what was filled in, and what is said between two of them."""

from collections.abc import Mapping, Sequence

from bot.domain.actions import ButtonStyle
from bot.domain.limits import MAX_INPUT, MAX_OPTION_NAME
from bot.domain.workflows import FieldKind, Limits, Question, WorkflowSummary, pages
from bot.render.custom_ids import encode
from bot.render.forms import typed_back
from bot.render.message import ActionRow, Button, Colour, Input, MenuOption, Modal, Panel, Text
from bot.render.text import DOT, bare, dotted, line, many, plain, units
from bot.render.workflow_ids import WorkflowForm, WorkflowOpen, WorkflowQueue

MAX_LABEL = 45
MAX_HELP = 100
LISTS = (FieldKind.TEXTS, FieldKind.WHOLE_NUMBERS, FieldKind.NUMBERS)
UNSHOWN = "Empty: as it is. It is too long to be shown here"
SENT = "Your picture is there. Choose a file only to replace it"

Typed = Mapping[str, str]
"""By a field's key."""


def workflow_choice(workflow: WorkflowSummary) -> str:
    """As autocomplete shows it: its name, and whether it came with InvokeAI."""
    category = f"{DOT}{'shipped' if workflow.shipped else 'saved'}"
    return f"{bare(workflow.name, MAX_OPTION_NAME - len(category))}{category}"


def form(name: str, questions: Sequence[Question], draft_id: int, page: int, typed: Typed) -> Modal:
    """One page of a workflow, with what was filled in before."""
    all_pages = pages(questions)
    count = f" ({page + 1} of {len(all_pages)})" if len(all_pages) > 1 else ""
    title = f"{bare(name, MAX_LABEL - len(count)) or 'Workflow'}{count}"
    inputs = [_input(each, place, typed) for place, each in enumerate(all_pages[page])]
    return Modal(title, encode(WorkflowForm(draft_id, page)), tuple(inputs))


def typed_in(questions: Sequence[Question], filled: Mapping[str, str]) -> dict[str, str]:
    """What was filled in, by the fields' keys. A file is none of it, and what was not shown stays."""
    found: dict[str, str] = {}
    for place, each in enumerate(questions):
        told = filled.get(_name(place), "")
        if each.about.kind is FieldKind.IMAGE or _stays(each, told):
            continue
        found[each.about.key] = _chosen(each, told) if each.options else told
    return found


def _stays(question: Question, told: str) -> bool:
    """A text that could not be shown, and was not replaced."""
    return not told and not question.options and not _shown(question.answer)


def files_in(questions: Sequence[Question], filled: Mapping[str, str]) -> dict[str, str]:
    """Discord's ids of the files that were sent, by the fields' keys."""
    images = ((place, each) for place, each in enumerate(questions) if each.about.kind is FieldKind.IMAGE)
    return {each.about.key: filled[_name(place)] for place, each in images if filled.get(_name(place))}


def _name(place: int) -> str:
    return f"field{place}"


def _chosen(question: Question, told: str) -> str:
    """The value of the option that was chosen; what Discord never offered is nothing."""
    places = {str(place): option.value for place, option in enumerate(question.options)}
    return places.get(told, "")


def _input(question: Question, place: int, typed: Typed) -> Input:
    field = question.about
    given = typed.get(field.key, question.answer)
    label = bare(field.label, MAX_LABEL) or f"Field {place + 1}"
    note = bare(field.help, MAX_HELP)
    if field.kind is FieldKind.IMAGE:
        there = field.key in typed
        return Input(
            _name(place), label, needed=question.needed and not there, file=True, help=SENT if there else note
        )
    if question.options:
        values = [option.value for option in question.options]
        chosen = str(values.index(given)) if given in values else ""
        options = tuple(
            MenuOption(_option_label(option.label, option.value), str(number))
            for number, option in enumerate(question.options)
        )
        return Input(_name(place), label, chosen, needed=question.needed, options=options, help=note)
    shown = given if _shown(given) else ""
    return Input(
        _name(place),
        label,
        shown,
        hint=UNSHOWN if given and not shown else "",
        longest=max(min(field.limits.max_length or MAX_INPUT, MAX_INPUT), units(shown), 1),
        needed=question.needed,
        lines=field.multiline or field.kind in LISTS or "\n" in shown,
        help=bare(dotted(note, _hint(question)), MAX_HELP),
    )


def _shown(text: str) -> bool:
    """Nothing would be lost in the form: neither length nor a character that Discord would change."""
    return units(text) <= MAX_INPUT and plain(text) == text


def _option_label(label: str, value: str) -> str:
    return bare(label, MAX_OPTION_NAME) or bare(value, MAX_OPTION_NAME) or "(empty)"


_HINTS = {
    FieldKind.COLOR: "Such as #ff8800",
    FieldKind.MODEL: "The model's name",
    FieldKind.BOARD: "The board's name, auto or none",
    **dict.fromkeys(LISTS, "One in each line"),
}


def _hint(question: Question) -> str:
    limits, kind = question.about.limits, question.about.kind
    if kind in (FieldKind.WHOLE_NUMBER, FieldKind.NUMBER):
        return _range(limits)
    if kind is FieldKind.CHOICE:
        return f"One of {', '.join(option.label for option in limits.options)}"
    return _HINTS.get(kind, "")


def _range(limits: Limits) -> str:
    least = limits.minimum if limits.minimum is not None else limits.above
    most = limits.maximum if limits.maximum is not None else limits.below
    if least is not None and most is not None:
        return f"{least:.12g} to {most:.12g}"
    if least is not None:
        return f"{'More than' if limits.minimum is None else 'At least'} {least:.12g}"
    return f"{'Less than' if limits.maximum is None else 'At most'} {most:.12g}" if most is not None else ""


def next_form(name: str, questions: Sequence[Question], draft_id: int, page: int) -> Panel:
    """How far it is, and the button for the form of that page."""
    done, fields = sum(len(each) for each in pages(questions)[:page]), len(questions)
    word = "Next…" if page else "Fill in…"
    told = f"{done} of {many(fields, 'field')} filled in" if page else many(fields, "field")
    button = Button(word, encode(WorkflowOpen(draft_id, page)), ButtonStyle.PRIMARY)
    return Panel(Colour.RUNNING, (Text(f"🧩 **{_titled(name)}**\n-# {told}"), ActionRow((button,))))


def queued(name: str) -> Panel:
    """In the place of the last panel that only who filled it in sees."""
    return Panel(Colour.DONE, (Text(f"🧩 **{_titled(name)}**\n-# Queued."),))


def queueing(name: str) -> Panel:
    """For the whole channel, while InvokeAI takes it."""
    return Panel(Colour.RUNNING, (Text(f"🧩 **{_titled(name)}**\n-# Being queued…"),))


def question(name: str, draft_id: int) -> Panel:
    """Before a workflow that has nothing to fill in."""
    button = Button("Queue it", encode(WorkflowQueue(draft_id)), ButtonStyle.PRIMARY)
    text = f"🧩 **{_titled(name)}**\nIt has no fields to fill in. Queue it?"
    return Panel(Colour.RUNNING, (Text(text), ActionRow((button,))))


def handed_back(sentence: str, page: Sequence[Question], typed: Typed, again: WorkflowOpen | None) -> Panel:
    """Why it was refused, what was filled in on that page, and the button that opens it `again` with that."""
    shown = [(bare(each.about.label, MAX_LABEL), _readable(each, typed)) for each in page]
    panel = typed_back(sentence, shown)
    if again is None:
        return panel
    button = Button("Edit again", encode(again), ButtonStyle.PRIMARY)
    return Panel(panel.colour, (*panel.blocks, ActionRow((button,))), panel.files)


def lost(sentence: str, filled: Mapping[str, str]) -> Panel:
    """Why not, and what was filled in, where the questions are not known any more."""
    return typed_back(sentence, [(f"Field {place}", each) for place, each in enumerate(filled.values(), 1)])


def _readable(question: Question, typed: Typed) -> str:
    told = typed.get(question.about.key, "")
    if question.about.kind is FieldKind.IMAGE:
        return "Your picture" if told else ""
    return next((option.label for option in question.options if option.value == told), told)


def _titled(name: str) -> str:
    return line(name, 100) or "Workflow"
