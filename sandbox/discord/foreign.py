"""JSON that others wrote, and how to reach into it when a key may be absent or null."""

from typing import Any

Json = dict[str, Any]
Path = tuple[str | int, ...]


def items(node: Json, key: str) -> list[Json]:
    """The list under `key`; empty where there is none."""
    found: list[Json] | None = node.get(key)
    return found or []


def part(node: Json, key: str) -> Json:
    """The object under `key`; empty where there is none."""
    found: Json | None = node.get(key)
    return found or {}
