"""`.env` as text: read, changed in its bindings, shown as a diff without secrets, written for its owner."""

import difflib
import os
import re
import tempfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import get_args

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream
from pydantic import SecretStr

from bot.errors import StartRefused
from bot.settings import Settings


def _holds_secrets(kind: object) -> bool:
    return kind is SecretStr or any(map(_holds_secrets, get_args(kind)))


SECRETS = frozenset(
    name.upper() for name, field in Settings.model_fields.items() if _holds_secrets(field.annotation)
)
_PLAIN = re.compile(r"[\w@%+:,./~-]+")
_NO_BINDING = re.compile(r"^(\s*(?:#[#\s]*)?(?:export\s+)?(\w+)\s*=).*$", re.MULTILINE)
"""One that is commented out, or that python-dotenv can't read."""
_LOGIN = re.compile(r"(?<=://)\S*@|(?<=password=)[^\s&'\"]+", re.IGNORECASE)
_DOTS = "••••"


def values(path: Path) -> dict[str, str]:
    """The names that have a value; nothing where there is no such file."""
    if not path.is_file():
        return {}
    read = dotenv_values(path, interpolate=False)
    return {name.upper(): value for name, value in read.items() if value}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def merged(text: str, answers: Mapping[str, str]) -> str:
    """`text` with each answer in the place of its old binding, or at the end; an empty answer takes it out.

    All else, comments too, stays as it is.
    """
    left = dict(answers)
    parts: list[str] = []
    for binding in _bindings(text):
        name = (binding.key or "").upper()
        if name not in answers:
            parts.append(binding.original.string)
        elif value := left.pop(name, ""):
            parts.append(f"{_blank_lines(binding)}{name}={_quoted(value)}\n")
    if parts and not parts[-1].endswith("\n"):
        parts.append("\n")
    return "".join([*parts, *(f"{name}={_quoted(value)}\n" for name, value in left.items() if value)])


def diff(old: str, new: str, name: str) -> str:
    """What would change, with dots for secrets. Empty: nothing."""
    before, after = (_masked(text).splitlines() for text in (old, new))
    lines = list(difflib.unified_diff(before, after, f"{name} (now)", f"{name} (new)", lineterm="", n=2))
    return "\n".join(lines) if lines else ("(only secrets change)" if old != new else "")


def write(path: Path, text: str) -> None:
    """All or nothing; readable by its owner alone (600). StartRefused if it can't be written."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StartRefused(f"{path} can't be written: {error.strerror}.") from error


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(StringIO(text)))


def _blank_lines(binding: Binding) -> str:
    """Those before it, which python-dotenv counts in."""
    whole = binding.original.string
    return whole[: len(whole) - len(whole.lstrip())]


def _quoted(value: str) -> str:
    """As python-dotenv and a shell's `source` read it back. Its own `set_key` spoils a backslash."""
    if _PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _masked(text: str) -> str:
    return "".join(map(_mask, _bindings(text)))


def _mask(binding: Binding) -> str:
    """Names of secrets without their values, commented out or not; addresses without their logins."""
    whole = binding.original.string
    if binding.key is None or binding.error:
        whole = _NO_BINDING.sub(lambda found: f"{found[1]}{_DOTS}" if _secret(found[2]) else found[0], whole)
    elif _secret(binding.key) and binding.value:
        return f"{_blank_lines(binding)}{binding.key}={_DOTS}\n"
    return _LOGIN.sub(lambda found: f"{_DOTS}@" if found[0].endswith("@") else _DOTS, whole)


def _secret(name: str) -> bool:
    return name.upper() in SECRETS or name.upper().endswith(("TOKEN", "PASSWORD", "SECRET", "KEY"))
