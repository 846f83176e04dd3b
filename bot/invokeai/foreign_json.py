"""Foreign JSON, taken apart without raising: what is not there, or is something else, is empty or None."""

from collections.abc import Mapping, Sequence
from typing import Any, cast


def mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else ()


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def one_line(foreign: str) -> str:
    """Without line breaks, and without what could steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in foreign).split())


def whole(value: object) -> int | None:
    """A whole number that 64 bits can hold."""
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        else None
    )


def number(value: object) -> float | None:
    """A finite number; whole ones stay whole."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return whole(value)
