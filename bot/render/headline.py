"""The line that a lock screen shows, and the mark by which its message is found again in a channel."""

import re

from bot.render.text import DOT, dotted

OR = "|"
"""Between the signs of a mark that has several."""
_SERVER = re.compile(r"[a-z0-9-]{1,20}")
"""Nothing else begins a line like that: prompts stand in quotation marks, our words begin with a capital."""


def headline(
    sign: str, *told: str, which: str, server: str = "", after: tuple[str, ...] = ()
) -> tuple[str, str]:
    """`✅ “red fox in snow” · 8.6 s · #812`, and its mark `✅ #812`: what matters first, then which job.

    `server`: its name, where there are several: `✅ studio · “red fox in snow” · 8.6 s · #812`.
    """
    return f"{sign} {dotted(server, *told, which, *after)}", f"{sign} {dotted(server, which)}"


def has_mark(content: str, mark: str) -> bool:
    """Whether the first line begins with the mark's sign, or one of them, and has its other words between
    two dots. A line that names a server must name the mark's; one that names none may be of any.

    No prompt and no other foreign text can bring that about: in it a `#` before a digit is escaped.
    """
    signs, _, wanted = mark.partition(" ")
    first, _, told = content.partition("\n")[0].partition(" ")
    server, words = _apart(wanted)
    named, rest = _apart(told)
    ours = first in signs.split(OR) and named in ("", server)
    return ours and f"{DOT}{words}{DOT}" in f"{DOT}{rest}{DOT}"


def _apart(line: str) -> tuple[str, str]:
    """The server's name, empty if none is named, and what follows it."""
    name, dot, rest = line.partition(DOT)
    return (name, rest) if dot and _SERVER.fullmatch(name) else ("", line)
