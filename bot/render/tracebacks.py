"""Why a job failed: in plain words, the traceback's end to read on a phone, and the whole as a file."""

import re
from functools import lru_cache

from bot.domain.failures import causes, explain
from bot.domain.jobs import Failure, Job
from bot.render.message import File
from bot.render.scrub import scrub
from bot.render.text import code_block, cut, fenced, plain, units

MAX_FILE = 32_000
MAX_BLOCK = 8_000
"""So many characters of a traceback's end are read, for the file and for the block."""
_POINTERS = re.compile(r"^[\s^~]*$")
_LIBRARY = re.compile(
    r"(?<=\")(?:[^\"\n]*[\\/](?:site|dist)-packages[\\/]|[^\"\n]*?[\\/](?:custom_)?nodes[\\/](?=[^\"\n]{0,300}\.py\"))"
)


def plain_words(failure: Failure | None) -> tuple[str, ...]:
    """What happened and what helps, a line each; none for a failure that the catalogue does not know."""
    plain = explain(failure) if failure else None
    return (f"**{plain.sentence}**", plain.fix) if plain else ()


def traceback_block(failure: Failure | None, limit: int) -> str:
    """The traceback's end, or that there is none."""
    return (ending(failure.traceback, limit) if failure else "") or "InvokeAI gave no traceback."


def ending(traceback: str, limit: int) -> str:
    """The last lines as a code block of at most `limit` units; whole lines, if the last fits.

    Lines that only point (`^^^^`) are left out, and the way to site-packages or a custom node is `…/`: both
    wrap on a phone. If the failure was raised from another one, the line of the root cause stands first.
    """
    found = causes(traceback)
    root = cut(fenced(scrub(plain(str(found[-1])))).partition("\n")[0], limit // 3) if found else ""
    shown = _end(_readable(_end(traceback, MAX_FILE)), MAX_BLOCK)
    lines = [_LIBRARY.sub("…/", each.rstrip()) for each in fenced(shown).split("\n")]
    lines = [each for each in lines if not _POINTERS.match(each)]
    if not lines:
        return ""
    room = limit - len("```\n…\n\n```") - units(root) - 1
    kept: list[str] = []
    for each in reversed(lines):
        room -= units(each) + 1
        if room < 0:
            break
        kept.append(each)
    if not kept:
        return code_block(cut(lines[-1], limit), limit)
    first = [root] if root and root not in kept else []
    return code_block("\n".join([*first, *(["…"] if len(kept) < len(lines) else []), *reversed(kept)]), limit)


def traceback_file(job: Job) -> File | None:
    """The whole traceback, scrubbed, as `813-traceback.txt`; None without one. Of a long one only its end."""
    traceback = job.failure.traceback if job.failure else ""
    end = _end(traceback, MAX_FILE)
    text = _readable(end).strip("\n")
    if not text.strip():
        return None
    if len(end) < len(traceback):
        return File(
            f"{job.number}-traceback.txt",
            f"[...]\n{text}\n".encode("utf-8", "replace"),
            f"The end of job #{job.number}'s traceback",
        )
    data = (text + "\n").encode("utf-8", "replace")
    return File(f"{job.number}-traceback.txt", data, f"The whole traceback of job #{job.number}")


def _end(traceback: str, most: int) -> str:
    """Its last characters, from the beginning of a line or word: half a secret would not be known as one."""
    if len(traceback) <= most:
        return traceback
    end = traceback[-most:]
    _, broken, rest = end.partition("\n")
    if not broken:
        _, broken, rest = end.partition(" ")
    return rest if broken else ""


@lru_cache(maxsize=16)
def _readable(end: str) -> str:
    """Once for all channels, and for block and file."""
    return scrub(plain(end))
