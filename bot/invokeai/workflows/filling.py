"""What a person typed into a workflow's form, set into the workflow. Pure."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from bot.domain.workflows import FieldKind, Form, FormField
from bot.errors import RequestRefused
from bot.invokeai.foreign_json import mapping, sequence, text
from bot.invokeai.workflows.editor import EditorWorkflow, quoted
from bot.invokeai.workflows.reading import Offered, read_value

Typed = Mapping[str, str | bool]
"""By a field's `key`. For a model its key or name, for a board its id or name, for an image its name."""

_KEEP = object()


@dataclass(frozen=True, slots=True)
class Unfit:
    """What was typed that can't be taken: one sentence for each field, in the form's order."""

    sentences: tuple[str, ...]


def fill(workflow: EditorWorkflow, form: Form, typed: Typed, offered: Offered) -> EditorWorkflow | Unfit:
    """The workflow with the values, or what is wrong with them; the one that is given stays as it is.

    What comes back as it was shown, but for white space around it, changes nothing; an empty text unsets.
    """
    wrong = [*check(form.fields, typed, offered), *unsettable(form)]
    if wrong:
        return Unfit(tuple(wrong))
    values: dict[str, dict[str, Any]] = {}
    for field in form.fields:
        value = _value(field, typed.get(field.key), offered)
        if value is not _KEEP:
            values.setdefault(field.node_id, {})[field.name] = value
    return EditorWorkflow.read(_written(workflow.raw, values))


def unsettable(form: Form) -> tuple[str, ...]:
    """What is needed and has no value, and can't be asked for in Discord: one sentence for each field."""
    return tuple(
        f"{quoted(field.label)} is needed, and can only be set in InvokeAI."
        for field in form.others
        if field.required and not field.has_value
    )


def check(fields: Sequence[FormField], typed: Typed, offered: Offered) -> tuple[str, ...]:
    """What is wrong with the values of these fields, such as those of one page: one sentence for each."""
    wrong: list[str] = []
    for field in fields:
        try:
            _value(field, typed.get(field.key), offered)
        except RequestRefused as refused:
            wrong.append(str(refused))
    return tuple(wrong)


def _value(field: FormField, typed: str | bool | None, offered: Offered) -> Any:  # noqa: FBT001 - what was typed
    """Its value, None to unset it, or _KEEP. RequestRefused: it does not fit."""
    empty = typed is None or (typed == "" and field.kind is not FieldKind.TEXT)
    if empty and field.required and (typed == "" or not field.has_value):
        raise RequestRefused(f"{quoted(field.label)} is needed.")
    if typed is None or (isinstance(typed, str) and field.has_value and typed.strip() == field.text.strip()):
        return _KEEP
    return None if empty else read_value(field, typed, offered)


def _written(raw: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    written = deepcopy(dict(raw))
    for node in map(mapping, sequence(written.get("nodes"))):
        data = cast("dict[str, Any]", mapping(node.get("data")))
        inputs = dict(mapping(data.get("inputs")))
        for name, value in values.get(text(node.get("id")), {}).items():
            inputs[name] = {"name": name, **mapping(inputs.get(name)), "value": value}
            data["inputs"] = inputs
    return written
