"""Foreign text made fit for Discord: plain, scrubbed, escaped and cut. Lengths are UTF-16 code units."""

import re
import unicodedata
from datetime import datetime, timedelta

import humanize

from bot.render.scrub import scrub

ELLIPSIS = "…"
FENCE = "```"
DOT = " · "
BAR = "||"
BREAK = "\u200b"
"""A zero-width space: between two characters that together would mean something to Discord."""

_READ = 2000
"""So many characters more than are shown are read of a long text: scrubbed and folded it is shorter."""

_JOINERS = "\u200c\u200d"
_BLANKS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LINE_BREAKS = re.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPECIAL = re.compile(r"[\\*_~|`\[\]<]|#(?=\d)|:(?=//)|:(?=[A-Za-z+-][\w+-]{0,40}:)")
_INVITE = re.compile(r"(?P<host>discord(?:app)?\.(?:gg|com))/", re.IGNORECASE)
_LINE_START = re.compile(
    r"^(?P<indent>[ \t]*)(?P<sign>#(?=[# ])|>(?=[> ])|-(?=[# ])|\+(?= )|\d{1,9}(?=\. ))", re.MULTILINE
)
_MENTION = re.compile(r"@(?=everyone|here|[!&]?\d)", re.IGNORECASE)
_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Spoiler(str):
    """Foreign text that a reader sees only after a tap: `quoted` and `paragraph` put it between bars."""

    __slots__ = ()


def units(text: str) -> int:
    """How long Discord takes a text to be, at most: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text: str) -> str:
    """Without control, bidi and invisible characters; one kind of line break; lone surrogates are U+FFFD."""
    text = _LINE_BREAKS.sub("\n", text)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(_visible(text, place) for place in range(len(text)))


def _visible(text: str, place: int) -> str:
    character = text[place]
    if character in "\n ":
        return character
    if character in _JOINERS:
        around = text[place - 1 : place] + text[place + 1 : place + 2]
        return character if len(around) == 2 and all(_joinable(each) for each in around) else ""  # noqa: PLR2004 - both sides
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if category == "Cs":
        return "\ufffd"
    hidden = category in ("Cc", "Cf") or character in _BLANKS or "\U000e0000" <= character <= "\U000e0fff"
    return "" if hidden else character


def _joinable(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] in "LMS"


def escape(text: str) -> str:
    """Foreign text as Discord markdown that shows the text itself: no mention, link, heading, list, code."""
    text = _SPECIAL.sub(r"\\\g<0>", plain(text))
    text = _LINE_START.sub(_escape_line_start, text)
    text = _INVITE.sub(r"\g<host>\\/", text)
    return _MENTION.sub(f"@{BREAK}", text)


def _escape_line_start(match: re.Match[str]) -> str:
    sign = match["sign"]
    return f"{match['indent']}{sign}\\" if sign.isdigit() else f"{match['indent']}\\{sign}"


def cut(text: str, limit: int) -> str:
    """At most `limit` units; ends in `…` if something is gone. Breaks no character, escape or code fence."""
    if units(text) <= limit:
        return text
    if limit < 1:
        return ""
    kept = _head(text, limit - 1)
    if kept.count(FENCE) % 2 == 0:  # the fence is ours: foreign backticks are escaped or apart
        return kept + ELLIPSIS
    closing = f"{ELLIPSIS}\n{FENCE}"
    kept = _head(text, limit - len(closing))
    return kept + (closing if kept.count(FENCE) % 2 else ELLIPSIS)


def _head(text: str, room: int) -> str:
    if room < 1:
        return ""
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * room].decode("utf-16-le", "ignore")
    if text[len(kept) : len(kept) + 1] == "`":
        kept = kept.rstrip("`")
    space = kept.rfind(" ", max(0, len(kept) - 12))
    if space > len(kept) // 2 and text[len(kept) : len(kept) + 1] not in ("", " ", "\n"):
        kept = kept[:space]
    kept = kept.rstrip().rstrip(_JOINERS)
    return kept[:-1] if (len(kept) - len(kept.rstrip("\\"))) % 2 else kept


def line(text: str | None, limit: int) -> str:
    """Foreign text on one line: scrubbed, escaped, cut. Empty if there is nothing to see."""
    return _fitted(" ".join(_clean(text, limit).split()), limit)


def paragraph(text: str | None, limit: int) -> str:
    """Foreign text with its line breaks (never two empty lines): scrubbed, escaped, cut."""
    shown = _fitted(re.sub(r"\n\s*\n", "\n\n", _clean(text, limit).strip()), limit - _bars(text))
    return _barred(shown) if isinstance(text, Spoiler) else shown


def _clean(text: str | None, limit: int) -> str:
    """Plain and scrubbed; of a long text only the beginning, up to a space, and more of it than is shown."""
    whole = text or ""
    most = 4 * max(limit, 0) + _READ
    if len(whole) > most:
        head = whole[:most]
        whole = head[: head.rfind(" ") + 1] or head
    return scrub(plain(whole))


def _fitted(text: str, limit: int) -> str:
    return cut(escape(text[: limit + 1]), limit)


def bare(text: str | None, limit: int) -> str:
    """Foreign text on one line where Discord reads no markdown (alt texts, footers): scrubbed, cut."""
    shown = _MENTION.sub(f"@{BREAK}", " ".join(_clean(text, limit).split())[: limit + 1])
    return shown if units(shown) <= limit else (_head(shown, limit - 1) + ELLIPSIS)[: max(limit, 0)]


def quoted(text: str | None, limit: int) -> str:
    """`“red fox in snow”`, at most `limit` units; empty if there is nothing to quote."""
    inner = line(text, limit - 2 - _bars(text))
    shown = f"“{inner}”" if inner else ""
    return _barred(shown) if isinstance(text, Spoiler) else shown


def inline(text: str | None, limit: int) -> str:
    """As `line`, with a spoiler between its bars."""
    shown = line(text, limit - _bars(text))
    return _barred(shown) if isinstance(text, Spoiler) else shown


def _bars(text: str | None) -> int:
    return 2 * len(BAR) if isinstance(text, Spoiler) else 0


def _barred(shown: str) -> str:
    return f"{BAR}{shown}{BAR}" if shown else ""


def fenced(text: str) -> str:
    """Foreign text that can stand in a code block: no run of backticks, no mention."""
    return _MENTION.sub(f"@{BREAK}", re.sub("`(?=`)", f"`{BREAK}", plain(text)))


def code_block(text: str, limit: int) -> str:
    """A code block of at most `limit` units that nothing inside can end; empty without text."""
    body = fenced(text).strip("\n")
    room = limit - 2 * len(FENCE) - 2
    return f"{FENCE}\n{cut(body, room)}\n{FENCE}" if body.strip() and room > 0 else ""


def slug(text: str | None, limit: int) -> str:
    """ASCII words joined by hyphens, cut between words where possible; empty if no letter is left."""
    ascii_only = unicodedata.normalize("NFKD", _clean(text, limit)).encode("ascii", "ignore").decode()
    words = _NO_SLUG.sub("-", ascii_only.lower()).strip("-")
    if len(words) <= limit:
        return words
    head = words[: limit + 1]
    return head.rpartition("-")[0] if "-" in head else words[:limit]


def duration(length: timedelta) -> str:
    """`8.6 s`, `3 min 20 s`, `1 h 05 min`, `2 d 03 h`. A clock that ran backwards counts as 0."""
    seconds = max(0.0, length.total_seconds())
    if round(seconds, 1) < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:  # noqa: PLR2004 - hours of a day
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02} h"


def many(count: int, word: str) -> str:
    """`1 image`, `4 images`, `1,000 images`."""
    return f"{humanize.intcomma(count)} {word if count == 1 else word + 's'}"


def ago(moment: datetime) -> str:
    """A time that each reader's Discord shows as `3 minutes ago`."""
    return f"<t:{int(moment.timestamp())}:R>"


def clock(moment: datetime) -> str:
    """A time of day, which each reader's Discord shows in their own zone."""
    return f"<t:{int(moment.timestamp())}:t>"


def dotted(*parts: str) -> str:
    """The parts that are not empty, joined by ` · `."""
    return DOT.join(part for part in parts if part)
