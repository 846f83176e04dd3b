"""What a failure says in plain words, what it was raised from, and what makes two failures the same."""

import re
from dataclasses import dataclass, replace
from hashlib import sha256

from bot.domain.failure_catalogue import CATALOGUE, Plain
from bot.domain.jobs import Failure

_BACK = "\\"
_READ = 4000
"""So much of a message and of a traceback's end is looked at."""
_MAX_TRACEBACK = 200_000
"""So much of a traceback is searched for causes."""
_MAX_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Cause:
    """An error as a traceback has it: its name and the first line of what it says."""

    error_type: str
    message: str

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}" if self.message else self.error_type


def explain(failure: Failure) -> Plain | None:
    """The catalogue's words for this failure; None if it is not one of the frequent ones.

    The root cause decides, then what came of it, at last the error itself. Of each its name and its message
    count; the traceback's last line only if the error has no message.
    """
    named = [(_name(cause.error_type), str(cause)) for cause in reversed(causes(failure.traceback))]
    for name, text in (*named, (_name(failure.error_type), _said(failure))):
        for entry in CATALOGUE:
            if name in entry.types or entry.words.search(text):
                return _with_figures(entry.plain, text)
    return None


_LINK = "The above exception was the direct cause of the following exception:"
_TRACEBACK = "Traceback (most recent call last):"
_ERROR = re.compile(r"^(?P<type>[A-Za-z_][\w.]{0,200})(?:: (?P<message>.*))?$", re.MULTILINE)


def causes(traceback: str) -> list[Cause]:
    """The errors from which the failure was raised (`raise X from cause`), the root last."""
    found: list[Cause] = []
    for block in reversed(traceback[-_MAX_TRACEBACK:].split(_LINK)[:-1]):
        error = _ERROR.search(block.rpartition(_TRACEBACK)[2].lstrip("\n"))
        if error is None or len(found) == _MAX_CAUSES:
            break
        found.append(Cause(error["type"], (error["message"] or "").strip()[:_READ]))
    return found


_AMOUNT = r"(?P<amount>\d{1,15}(?:\.\d{1,3})?) ?(?P<unit>bytes|[KMGT]i?B)\b"
_NEEDED = re.compile(rf"(?:tried to|unable to) allocate {_AMOUNT}", re.IGNORECASE)
_FREE = re.compile(
    rf"of which {_AMOUNT} is free|(?<=; )(?P<more>\d{{1,6}}(?:\.\d+)? [KMGT]?i?B|0 bytes) free;"
)
_KIB = 1024
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def _with_figures(plain: Plain, text: str) -> Plain:
    """`… ran out of memory (VRAM): 2.25 GiB more was needed, 1.00 GiB was free.`"""
    needed = _NEEDED.search(text)
    if needed is None:
        return plain
    free = _FREE.search(text, needed.end())
    parts = [f"{_amount(needed['amount'], needed['unit'])} more was needed"]
    if free is not None:
        was = free["more"] or _amount(free["amount"], free["unit"])
        parts.append("none was free" if was.startswith("0 ") else f"{was} was free")
    return replace(plain, sentence=f"{plain.sentence.removesuffix('.')}: {', '.join(parts)}.")


def _amount(amount: str, unit: str) -> str:
    """`13107200 bytes` as `12.5 MiB`; else as it came."""
    if unit.lower() != "bytes":
        return f"{amount} {unit}"
    size, step = float(amount), 0
    while size >= _KIB and step < len(_UNITS) - 1:
        size, step = size / _KIB, step + 1
    return f"{size:.3g} {_UNITS[step]}"


_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PATH = re.compile(
    r"(?<![\w/\\])(?:[a-z]:)?[/\\](?:[^\s\"'<>|:,;/\\]+[/\\])*[^\s\"'<>|:,;/\\]*", re.IGNORECASE
)
_HEX = re.compile(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)[0-9a-f]{6,})\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LINE_OF = re.compile(r"^[ \t]*File \"(?P<file>[^\"\n]*)\", line \d+, in (?P<name>\S+)", re.MULTILINE)


def fingerprint(failure: Failure) -> str:
    """16 hex digits; equal for the same failure again, whatever its numbers, addresses, ids and paths.

    A failure without a message is told apart by the function in which it arose. Its root cause counts, too.
    """
    text = failure.message.strip()[:_READ] or _origin(failure.traceback)
    text = "\n".join([text, *map(str, causes(failure.traceback)[-1:])])
    for pattern, word in ((_ID, "<id>"), (_PATH, "<path>"), (_HEX, "<hex>"), (_NUMBER, "<n>")):
        text = pattern.sub(word, text)
    same = f"{_name(failure.error_type)}\n{' '.join(text.split()).casefold()}"
    return sha256(same.encode("utf-8", "replace")).hexdigest()[:16]


def _name(error_type: str) -> str:
    """`torch.OutOfMemoryError` is `OutOfMemoryError`."""
    return error_type.strip()[-200:].rpartition(".")[2]


def _said(failure: Failure) -> str:
    message = failure.message.strip()[:_READ]
    if not message:
        message = failure.traceback.strip()[-_READ:].rpartition("\n")[2]
    return " ".join(f"{failure.error_type[:200]}: {message}".split())


def _origin(traceback: str) -> str:
    places = _LINE_OF.findall(traceback[-_READ:])
    if not places:
        return ""
    file, function = places[-1]
    return f"{file.replace(_BACK, '/').rpartition('/')[2]} {function}"
