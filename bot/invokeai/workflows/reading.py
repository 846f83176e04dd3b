"""One typed value, read for its field. What does not fit is refused in a sentence. Pure."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bot.domain.jobs import Board
from bot.domain.workflows import FieldKind, FormField, InstalledModel, Limits
from bot.errors import RequestRefused
from bot.invokeai.session_results import safe_image_name
from bot.invokeai.workflows.editor import quoted

_WHOLE = re.compile(r"[+-]?\d{1,19}")
_COLOR = re.compile(r"#?([0-9a-fA-F]{6})([0-9a-fA-F]{2})?")
_YES_NO = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}
BOARDLESS = ("auto", "none")
MAX_LINES = 1000


class Offered(NamedTuple):
    """What an InvokeAI has to choose from."""

    models: Sequence[InstalledModel] = ()
    boards: Sequence[Board] = ()


def read_value(field: FormField, typed: str | bool, offered: Offered) -> Any:  # noqa: FBT001 - what was typed
    """The value for InvokeAI. RequestRefused: it does not fit."""
    if isinstance(typed, bool):
        typed = "yes" if typed else "no"
    return _READ[field.kind](field, typed if field.kind is FieldKind.TEXT else typed.strip(), offered)


def _refused(field: FormField, wanted: str, typed: str) -> RequestRefused:
    return RequestRefused(f"{quoted(field.label)} takes {wanted}, not {quoted(typed)}.")


def _text(field: FormField, typed: str, _offered: Offered) -> str:
    most = field.limits.max_length
    if most is not None and len(typed) > most:
        raise RequestRefused(f"{quoted(field.label)} takes up to {most:,} characters, not {len(typed):,}.")
    return typed


def _whole(field: FormField, typed: str, _offered: Offered) -> int:
    value = int(typed) if _WHOLE.fullmatch(typed) else None
    if value is None or not _within(value, field.limits):
        raise _refused(field, f"a whole number{_range(field.limits)}", typed)
    return value


def _number(field: FormField, typed: str, _offered: Offered) -> float:
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not _within(value, field.limits):
        raise _refused(field, f"a number{_range(field.limits)}", typed)
    return value


def _within(value: float, limits: Limits) -> bool:
    return (
        (limits.minimum is None or value >= limits.minimum)
        and (limits.maximum is None or value <= limits.maximum)
        and (limits.above is None or value > limits.above)
        and (limits.below is None or value < limits.below)
        and (
            not limits.multiple_of
            or math.isclose(value, round(value / limits.multiple_of) * limits.multiple_of)
        )
    )


def _range(limits: Limits) -> str:
    words: list[str] = []
    if limits.minimum is not None and limits.maximum is not None:
        words.append(f"from {limits.minimum:.12g} to {limits.maximum:.12g}")
    elif limits.minimum is not None:
        words.append(f"of at least {limits.minimum:.12g}")
    elif limits.maximum is not None:
        words.append(f"of at most {limits.maximum:.12g}")
    if limits.above is not None:
        words.append(f"above {limits.above:.12g}")
    if limits.below is not None:
        words.append(f"below {limits.below:.12g}")
    if limits.multiple_of:
        words.append(f"that is a multiple of {limits.multiple_of:.12g}")
    return "".join(f" {each}" for each in words)


def _choice(field: FormField, typed: str, _offered: Offered) -> str:
    for option in field.limits.options:
        if typed == option.value:
            return option.value
    for option in field.limits.options:
        if typed.casefold() in (option.value.casefold(), option.label.casefold()):
            return option.value
    some = ", ".join(quoted(option.label) for option in field.limits.options[:10])
    more = " …" if len(field.limits.options) > 10 else ""  # noqa: PLR2004 - as many as were named
    raise _refused(field, f"one of {some}{more}", typed)


def _yes_no(field: FormField, typed: str, _offered: Offered) -> bool:
    value = _YES_NO.get(typed.casefold())
    if value is None:
        raise _refused(field, "yes or no", typed)
    return value


def _model(field: FormField, typed: str, offered: Offered) -> dict[str, str]:
    fitting = fitting_models(field, offered.models)
    found = [model for model in fitting if model.key == typed] or [
        model for model in fitting if model.name.casefold() == typed.casefold()
    ]
    if not found:
        raise RequestRefused(f"This InvokeAI has no model {quoted(typed)} that fits {quoted(field.label)}.")
    if len(found) > 1:
        raise RequestRefused(
            f"This InvokeAI has {len(found)} models {quoted(typed)} that fit {quoted(field.label)}."
            f" Choose one from the list."
        )
    model = found[0]
    return {
        "key": model.key,
        "hash": model.hash,
        "name": model.name,
        "base": model.base,
        "type": model.type,
    }


def fitting_models(field: FormField, models: Sequence[InstalledModel]) -> list[InstalledModel]:
    """Those of the types and bases that the field takes."""
    limits = field.limits
    return [
        model
        for model in models
        if (not limits.model_types or model.type in limits.model_types)
        and (not limits.model_bases or model.base in limits.model_bases)
    ]


def _board(field: FormField, typed: str, offered: Offered) -> Any:
    if typed.casefold() in BOARDLESS:
        return typed.casefold()
    found = [board for board in offered.boards if board.id == typed] or [
        board for board in offered.boards if board.name.casefold() == typed.casefold()
    ]
    if len(found) != 1:
        several = "more than one board" if found else "no board"
        raise RequestRefused(f"This InvokeAI has {several} {quoted(typed)} for {quoted(field.label)}.")
    return {"board_id": found[0].id}


def _image(field: FormField, typed: str, _offered: Offered) -> dict[str, str]:
    if not safe_image_name(typed):
        raise _refused(field, "an image", typed)
    return {"image_name": typed}


def _color(field: FormField, typed: str, _offered: Offered) -> dict[str, int]:
    found = _COLOR.fullmatch(typed)
    if found is None:
        raise _refused(field, "a color such as #ff8800", typed)
    red, green, blue = bytes.fromhex(found[1])
    return {"r": red, "g": green, "b": blue, "a": int(found[2] or "ff", 16)}


def _lines_of(read: "_Read") -> "_Read":
    """One value in each line; empty lines don't count."""

    def lines(field: FormField, typed: str, offered: Offered) -> list[Any]:
        written = [line.strip() for line in typed.splitlines() if line.strip()]
        if len(written) > MAX_LINES:
            raise RequestRefused(f"{quoted(field.label)} takes up to {MAX_LINES:,} lines.")
        return [read(field, line, offered) for line in written]

    return lines


def _other(field: FormField, _typed: str, _offered: Offered) -> Any:
    raise RequestRefused(f"{quoted(field.label)} can only be set in InvokeAI.")


_Read = Callable[[FormField, str, Offered], Any]
_READ: Mapping[FieldKind, _Read] = {
    FieldKind.TEXT: _text,
    FieldKind.WHOLE_NUMBER: _whole,
    FieldKind.NUMBER: _number,
    FieldKind.CHOICE: _choice,
    FieldKind.YES_NO: _yes_no,
    FieldKind.MODEL: _model,
    FieldKind.BOARD: _board,
    FieldKind.IMAGE: _image,
    FieldKind.COLOR: _color,
    FieldKind.TEXTS: _lines_of(_text),
    FieldKind.WHOLE_NUMBERS: _lines_of(_whole),
    FieldKind.NUMBERS: _lines_of(_number),
    FieldKind.OTHER: _other,
}
