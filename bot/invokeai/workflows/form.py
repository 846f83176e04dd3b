"""The form that a workflow opens: its exposed fields, with what each takes. Pure, and never raises."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bot.domain.workflows import FieldKind, Form, FormField, Limits, Option
from bot.invokeai.foreign_json import mapping, number, sequence, text
from bot.invokeai.graph import Spot
from bot.invokeai.workflows.editor import EditorNode, EditorWorkflow
from bot.invokeai.workflows.node_types import InputType, NodeTypes
from bot.invokeai.workflows.showing import shown

_OF_THE_DISK = ("path", "directory")
"""Whoever may name a file of InvokeAI's machine may read it: such fields are not asked for in Discord."""


class Exposed(NamedTuple):
    """A field that the workflow's author put into the form, with the settings of its element."""

    spot: Spot
    settings: Mapping[str, Any]


def form_of(workflow: EditorWorkflow, types: NodeTypes | None = None) -> Form:
    """Without `types` it is told from the present values and the form's settings what a field takes.

    What a wire brings is not asked for, nor is a field that the workflow does not have.
    """
    fed = {target for _, target in workflow.wires}
    fields: dict[Spot, FormField] = {}
    for spot, settings in exposed(workflow.raw):
        node = workflow.nodes.get(spot.node_id)
        if node is not None and spot not in fed and spot not in fields:
            fields[spot] = _field(node, spot.field, settings, types)
    told = list(_told_apart(workflow, list(fields.values()), types))
    return Form(
        tuple(each for each in told if each.kind is not FieldKind.OTHER),
        tuple(each for each in told if each.kind is FieldKind.OTHER),
    )


def exposed(raw: Mapping[str, Any]) -> list[Exposed]:
    """From the form, in the order of reading; without one from the older list."""
    found = list(_from_form(mapping(raw.get("form"))))
    if not found:
        spots = map(_spot, sequence(raw.get("exposedFields")))
        found = [Exposed(spot, {}) for spot in spots if spot is not None]
    return found


def _from_form(form: Mapping[str, Any]) -> Iterator[Exposed]:
    elements, root = mapping(form.get("elements")), form.get("rootElementId")
    waiting: list[Any] = [root]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if not isinstance(name, str) or name in seen:
            continue
        seen.add(name)
        element = mapping(elements.get(name))
        data = mapping(element.get("data"))
        spot = _spot(data.get("fieldIdentifier"))
        if element.get("type") == "node-field" and spot is not None:
            yield Exposed(spot, mapping(data.get("settings")))
        waiting.extend(reversed(sequence(data.get("children"))))


def _spot(value: object) -> Spot | None:
    node_id, name = mapping(value).get("nodeId"), mapping(value).get("fieldName")
    return Spot(node_id, name) if isinstance(node_id, str) and isinstance(name, str) else None


def _field(node: EditorNode, name: str, settings: Mapping[str, Any], types: NodeTypes | None) -> FormField:
    known = types.get(node.type) if types is not None else None
    told = known.inputs.get(name) if known is not None else None
    instance = node.inputs.get(name, {})
    value = node.value(name)
    if told is None:
        told = _guessed(name, value, settings)
    if value is None:
        value = told.default
    options = _dropdown(settings)
    kind = FieldKind.CHOICE if options and told.kind is FieldKind.TEXT else told.kind
    if any(word in name for word in _OF_THE_DISK):
        kind = FieldKind.OTHER
    label = text(instance.get("label")).strip()
    return FormField(
        node_id=node.id,
        name=name,
        kind=kind,
        label=label or told.label or name.replace("_", " ").capitalize(),
        help=text(instance.get("description")).strip() or ("" if label else told.help),
        text=shown(kind, value),
        has_value=value is not None and not (kind is FieldKind.OTHER and value == ""),
        required=told.required,
        multiline=told.multiline or settings.get("component") == "textarea",
        limits=_narrowed(told.limits, settings, options),
    )


def _narrowed(limits: Limits, settings: Mapping[str, Any], options: tuple[Option, ...]) -> Limits:
    """The author of a form may set a narrower range, and the choices of a text."""
    least, most = number(settings.get("min")), number(settings.get("max"))
    minimum = max((each for each in (limits.minimum, least) if each is not None), default=None)
    maximum = min((each for each in (limits.maximum, most) if each is not None), default=None)
    implied_above = minimum is not None and limits.above is not None and minimum > limits.above
    implied_below = maximum is not None and limits.below is not None and maximum < limits.below
    return replace(
        limits,
        minimum=minimum,
        maximum=maximum,
        above=None if implied_above else limits.above,
        below=None if implied_below else limits.below,
        options=options or limits.options,
    )


def _dropdown(settings: Mapping[str, Any]) -> tuple[Option, ...]:
    if settings.get("component") != "dropdown":
        return ()
    options = [mapping(each) for each in sequence(settings.get("options"))]
    return tuple(
        Option(each["value"], text(each.get("label")) or each["value"])
        for each in options
        if isinstance(each.get("value"), str) and each["value"]
    )


_BY_SETTINGS = {
    "string-field-config": FieldKind.TEXT,
    "integer-field-config": FieldKind.WHOLE_NUMBER,
    "float-field-config": FieldKind.NUMBER,
}
_BY_NAME = {
    "board": FieldKind.BOARD,
    "image": FieldKind.IMAGE,
    "color": FieldKind.COLOR,
    "model": FieldKind.MODEL,
    "lora": FieldKind.MODEL,
    "prompt": FieldKind.TEXT,
}


def _guessed(name: str, value: object, settings: Mapping[str, Any]) -> InputType:
    """For a node that the server does not describe."""
    kind = _BY_SETTINGS.get(text(settings.get("type"))) or _of_value(value)
    if kind is None or name == "board":  # which is set by a word, too
        kind = _BY_NAME.get(name) or _BY_NAME.get(name.rpartition("_")[2])
    return InputType(kind or FieldKind.OTHER, multiline=kind is FieldKind.TEXT and name == "prompt")


def _of_value(value: object) -> FieldKind | None:
    if isinstance(value, bool):
        return FieldKind.YES_NO
    for kind, python in (
        (FieldKind.WHOLE_NUMBER, int),
        (FieldKind.NUMBER, float),
        (FieldKind.TEXT, str),
    ):
        if isinstance(value, python):
            return kind
    keys = set(mapping(value))
    for kind, needed in (
        (FieldKind.MODEL, {"key", "name", "base", "type"}),
        (FieldKind.IMAGE, {"image_name"}),
        (FieldKind.BOARD, {"board_id"}),
        (FieldKind.COLOR, {"r", "g", "b"}),
    ):
        if needed <= keys:
            return kind
    return None if value is None else FieldKind.OTHER


def _told_apart(
    workflow: EditorWorkflow, fields: list[FormField], types: NodeTypes | None
) -> Iterator[FormField]:
    """Fields of one label get the node's before it."""
    often = Counter(each.label for each in fields)
    for each in fields:
        node = workflow.nodes[each.node_id]
        known = types.get(node.type) if types is not None else None
        title = node.label.strip() or (known.title if known is not None else "")
        if often[each.label] > 1 and title and title != each.label:
            yield replace(each, label=f"{title}: {each.label}")
        else:
            yield each
