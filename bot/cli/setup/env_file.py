"""`.env` as text: read, changed line by line, shown as a diff without secrets, written for its owner."""

import difflib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from bot.errors import StartRefused

SECRETS = ("TOKEN", "PASSWORD")
PLAIN = re.compile(r"[\w@%+:,./~-]+")
LINE = re.compile(r"\s*(?:export\s+)?(?P<name>\w+)\s*=")


def values(path: Path) -> dict[str, str]:
    """The names that have a value; nothing where there is no such file."""
    if not path.is_file():
        return {}
    read = dotenv_values(path, interpolate=False)
    return {name.upper(): value for name, value in read.items() if value}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def merged(text: str, answers: Mapping[str, str]) -> str:
    """`text` with each answer in the place of its old line, or at the end; an empty answer takes it out.

    All other lines, comments too, stay as they are.
    """
    left = dict(answers)
    lines: list[str] = []
    for line in text.splitlines():
        found = LINE.match(line)
        name = found["name"].upper() if found else ""
        if name not in answers:
            lines.append(line)
        elif left.get(name):
            lines.append(f"{name}={_quoted(left[name])}")
        left.pop(name, None)
    lines += [f"{name}={_quoted(value)}" for name, value in left.items() if value]
    return "".join(f"{line}\n" for line in lines)


def diff(old: str, new: str, name: str) -> str:
    """What would change, with dots for secrets. Empty: nothing."""
    before, after = (_masked(text).splitlines() for text in (old, new))
    changed = old != new
    lines = list(difflib.unified_diff(before, after, f"{name} (now)", f"{name} (new)", lineterm="", n=2))
    return "\n".join(lines) if lines else ("(only secrets change)" if changed else "")


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


def _quoted(value: str) -> str:
    """As python-dotenv and a shell's `source` read it back."""
    if PLAIN.fullmatch(value):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _masked(text: str) -> str:
    return "\n".join(_mask(line) for line in text.splitlines())


def _mask(line: str) -> str:
    found = LINE.match(line)
    secret = found is not None and found["name"].upper().endswith(SECRETS) and line[found.end() :].strip()
    return f"{found['name']}=••••" if found is not None and secret else line
