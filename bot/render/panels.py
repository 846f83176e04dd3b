"""Answers: one Components V2 container each, 4000 units of text at most, readable at 390 pixels."""

from collections.abc import Sequence

from bot.domain.queue import Suspension
from bot.render.message import Colour, Panel, Text
from bot.render.text import ago, line, many, paragraph, units

_MAX_LIST = 3400


def suspensions(suspended: Sequence[Suspension]) -> str:
    """A line for each channel that takes no messages now."""
    return listed([_suspended(one) for one in suspended], "suspended channel", _MAX_LIST // 2)


def _suspended(one: Suspension) -> str:
    waits = f"{many(one.pending, 'notice')} wait{'s' if one.pending == 1 else ''}"
    return (
        f"⚠️ <#{one.channel_id}> (`{one.channel_id}`) was suspended {ago(one.since)}: "
        f"{line(one.reason, 120)}; {waits if one.pending else 'nothing waits'}"
    )


def one_sentence(sentence: str, colour: Colour = Colour.RUNNING) -> Panel:
    """One plain sentence, not markdown: it may hold foreign words and is escaped here."""
    return Panel(colour, (Text(paragraph(sentence, 1500) or "Done."),))


def refused(sentence: str) -> Panel:
    """Why not, in one plain sentence; escaped here."""
    return one_sentence(sentence, Colour.WARNING)


def listed(lines: Sequence[str], word: str, room: int = _MAX_LIST) -> str:
    """As many as there is room for, and how many more there are."""
    kept: list[str] = []
    for each in lines:
        room -= units(each) + 1
        if room < 0:
            kept.append(f"and {many(len(lines) - len(kept), f'more {word}')}")
            break
        kept.append(each)
    return "\n".join(kept)
