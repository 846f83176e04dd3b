"""The line that a lock screen shows, and the mark by which its message is found again in a channel."""

from bot.render.text import DOT, dotted

OR = "|"
"""Between the signs of a mark that has several."""


def headline(
    sign: str, *told: str, which: str, server: str = "", after: tuple[str, ...] = ()
) -> tuple[str, str]:
    """`✅ “red fox in snow” · 8.6 s · #812`, and its mark `✅ #812`: what matters first, then which job.

    `server`: its name, already escaped, where there are several.
    """
    named = dotted(which, server)
    return f"{sign} {dotted(*told, named, *after)}", f"{sign} {named}"


def has_mark(content: str, mark: str) -> bool:
    """Whether the first line begins with the mark's sign, or one of them, and has its other words between
    two dots.

    No prompt and no other foreign text can bring that about: in it a `#` before a digit is escaped.
    """
    signs, _, words = mark.partition(" ")
    first, _, rest = content.partition("\n")[0].partition(" ")
    return first in signs.split(OR) and f"{DOT}{words}{DOT}" in f"{DOT}{rest}{DOT}"
