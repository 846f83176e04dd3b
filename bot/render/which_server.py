"""Which InvokeAI: the question, and the line by which an answer says it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.limits import MAX_OPTION_NAME, MAX_OPTIONS
from bot.domain.queue_state import QueueState
from bot.render.message import Colour, Menu, MenuOption, Panel, Text
from bot.render.server_ids import ServerMenu, written
from bot.render.text import cut, line

MAX_MENUS = 5
"""So many in one message: of more servers the rest have to be typed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server that may be meant; `about` is plain text: what it has to do with what was asked."""

    server: str
    about: str = ""


def question(candidates: Sequence[Candidate], command_id: int) -> Panel:
    """At least one candidate; in menus of 25."""
    starts = range(0, min(len(candidates), MAX_MENUS * MAX_OPTIONS), MAX_OPTIONS)
    menus = tuple(
        _menu(candidates[start : start + MAX_OPTIONS], ServerMenu(command_id, part))
        for part, start in enumerate(starts)
    )
    return Panel(Colour.RUNNING, (Text("Which InvokeAI? Nothing has been done yet."), *menus))


def _menu(candidates: Sequence[Candidate], menu: ServerMenu) -> Menu:
    options = tuple(MenuOption(_label(each), each.server) for each in candidates)
    return Menu(written(menu), "Choose one", options)


def _label(candidate: Candidate) -> str:
    about = f" · {candidate.about}" if candidate.about else ""
    return cut(f"{candidate.server}{about}", MAX_OPTION_NAME)


def about_queue(state: QueueState) -> str:
    """`2 running, 5 waiting, paused`, as far as is known without asking."""
    if not state.reachable:
        return "does not answer"
    if state.status is None:
        return ""
    counts = ((state.status.in_progress, "running"), (state.status.pending, "waiting"))
    told = [f"{count:,} {word}" for count, word in counts if count] or ["nothing to do"]
    return ", ".join([*told, "paused"] if state.status.paused else told)


def named(panel: Panel, server: str) -> Panel:
    """The same panel, which begins with the server's name."""
    return replace(panel, blocks=(Text(f"**{line(server, 40)}**"), *panel.blocks))
