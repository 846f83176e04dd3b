"""What each version of InvokeAI can do, without asking: its OpenAPI document is expensive.

InvokeAI 6.14.2 makes that document when it is first asked for it, and answers nobody else for 6 to 7 seconds.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.errors import DatabaseTrouble
from bot.invokeai.operations import Operations

log = structlog.stdlib.get_logger()

TABLE = Path(__file__).with_name("operations_table.json")
"""Of each release; written by tests/contract/operations_table.py."""

LINES = TypeAdapter(dict[str, str])
LASTING = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}([.-]?(rc|post)\d{1,4})?")
"""What is published under such a version stays as it is; a development version's API may change."""


class KnownOperations(Protocol):
    """What was learnt of unreleased or newer versions, as text. DatabaseTrouble where it can't be had now."""

    async def get(self, version: str) -> str | None: ...
    async def put(self, version: str, operations: str) -> None: ...


class KnownForNow:
    """Remembers as long as the program runs."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def get(self, version: str) -> str | None:
        return self._known.get(version)

    async def put(self, version: str, operations: str) -> None:
        self._known[version] = operations


@cache
def _families() -> list[Mapping[str, Any]]:
    """Oldest first. Each has its `versions`, and what it `added` to the one before and `dropped`."""
    return json.loads(TABLE.read_text(encoding="utf-8"))


def released(version: str) -> Operations | None:
    """What that release can do; None if it is none, or newer than the table."""
    lines: dict[str, str] = {}
    for family in _families():
        lines = {name: line for name, line in lines.items() if name not in family["dropped"]}
        lines |= family["added"]
        if version in family["versions"]:
            return Operations.from_lines(lines)
    return None


async def remembered(known: KnownOperations, version: str) -> Operations | None:
    """What was once learnt of that version; None if nothing was, or it can't be read."""
    try:
        text = await known.get(version)
        return None if text is None else Operations.from_lines(LINES.validate_json(text))
    except (DatabaseTrouble, ValidationError) as error:
        log.warning("operations_store_failed", version=version, reason=type(error).__name__)
        return None


async def remember(known: KnownOperations, version: str, operations: Operations) -> None:
    """For the next connect, unless that version is still in the making."""
    if not LASTING.fullmatch(version):
        return
    try:
        await known.put(version, json.dumps(operations.to_lines()))
    except DatabaseTrouble as error:
        log.warning("operations_store_failed", version=version, reason=str(error))
