"""What is wrong with INVOKEAI_SERVERS or with a table of the TOML file, each in one sentence with its fix."""

import difflib
import re
from collections.abc import Sequence

from bot.settings.servers import URL_FIX, ServerTable
from bot.settings.unknown_names import TOML_FILE

SERVERS = "[servers]"
"""The tables' name in validation: no variable of the environment can have it."""
LIST_FIX = (
    "Give a name and an address for each InvokeAI, such as studio=http://10.0.0.5:9090, "
    "attic=http://10.0.0.6:9090."
)
TABLE_FIX = 'Write a table for each InvokeAI, such as [servers.studio] with url = "http://10.0.0.5:9090".'
MAX_NAME_LENGTH = 20


def list_fault(path: Sequence[str | int], message: str) -> str:
    """`path` leads from INVOKEAI_SERVERS to the fault; `message` tells of the whole, if we wrote it."""
    match path:
        case (name, "[key]"):
            return _bad_name("INVOKEAI_SERVERS", str(name))
        case (name, *_):
            return f"INVOKEAI_SERVERS has a wrong address for {_shown(str(name))}. {URL_FIX}"
        case _:
            twice = message.removeprefix("Value error, ")
            return f"INVOKEAI_SERVERS {twice if twice != message else 'is wrong'}. {LIST_FIX}"


def table_fault(path: Sequence[str | int], kind: str) -> str:
    """`path` leads from the tables to the fault, whose kind is pydantic's."""
    match path:
        case (name, "[key]"):
            return _bad_name(str(TOML_FILE), str(name))
        case (name, key, *_):
            return _key_fault(f"[servers.{_shown(str(name))}]", str(key), kind)
        case (name,):
            return f"[servers.{_shown(str(name))}] in {TOML_FILE} is wrong. {TABLE_FIX}"
        case _:
            return f"{SERVERS} in {TOML_FILE} is wrong. {TABLE_FIX}"


def _key_fault(table: str, key: str, kind: str) -> str:
    field = ServerTable.model_fields.get(key)
    if field is None:
        near = difflib.get_close_matches(key.removeprefix("invokeai_"), ServerTable.model_fields, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Take it out; docs/running.md lists what it may hold."
        return f"Unknown setting {_shown(key)} in {table}. {hint}"
    if kind == "missing":
        return f"{table} has no {key}. {field.description}"
    return f"{key} of {table} is wrong. {field.description}"


def _bad_name(place: str, name: str) -> str:
    near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_NAME_LENGTH].strip("-")
    shown = _shown(name)
    such = f", such as {near}" if near and shown == name else ""
    return f"{place} names an InvokeAI {shown}. A name has 1 to {MAX_NAME_LENGTH} of a-z, 0-9 and -{such}."


def _shown(name: str) -> str:
    """What may be a piece of an address, and so of a password, is not repeated."""
    return name if re.fullmatch(r"[\w. -]{1,40}", name) else "…"
