"""Values of a workflow's fields as a person reads and types them. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.workflows import FieldKind
from bot.invokeai.foreign_json import mapping, number, sequence, text

MAX_SHOWN_COLOR = 255


def shown(kind: FieldKind, value: object) -> str:
    """The value as a person would type it; empty if there is none, or it can't be typed."""
    show = _SHOWN.get(kind)
    return "" if show is None or value is None else show(value)


def _number(value: object) -> str:
    told = None if isinstance(value, bool) else number(value)
    return "" if told is None else f"{told:.12g}" if isinstance(told, float) else str(told)


def _yes_no(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else ""


def _color(value: object) -> str:
    parts = [mapping(value).get(name) for name in ("r", "g", "b", "a")]
    told = [part for part in parts if isinstance(part, int) and 0 <= part <= MAX_SHOWN_COLOR]
    if len(told) != len(parts):
        return ""
    return "#" + "".join(f"{part:02x}" for part in (told if told[-1] != MAX_SHOWN_COLOR else told[:-1]))


def _board(value: object) -> str:
    return text(value) or text(mapping(value).get("board_id"))


def _lines(value: object) -> str:
    return "\n".join(text(each) or _number(each) for each in sequence(value))


_SHOWN: Mapping[FieldKind, Callable[[Any], str]] = {
    FieldKind.TEXT: text,
    FieldKind.CHOICE: text,
    FieldKind.WHOLE_NUMBER: _number,
    FieldKind.NUMBER: _number,
    FieldKind.YES_NO: _yes_no,
    FieldKind.MODEL: lambda value: text(mapping(value).get("name")),
    FieldKind.BOARD: _board,
    FieldKind.IMAGE: lambda value: text(mapping(value).get("image_name")),
    FieldKind.COLOR: _color,
    FieldKind.TEXTS: _lines,
    FieldKind.WHOLE_NUMBERS: _lines,
    FieldKind.NUMBERS: _lines,
}
