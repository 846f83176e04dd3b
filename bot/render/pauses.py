"""A pause that the bot holds, in words."""

from dataclasses import replace

from bot.domain.queue import HeldPause
from bot.render.message import Colour, Panel, Text
from bot.render.text import ago, dotted, line


def held_line(pause: HeldPause) -> str:
    """`Paused until <t:…:t> (<t:…:R>) · by <@7> · “lunch”`."""
    if pause.after_batch is not None:
        begins = "Pauses after this batch"
    elif pause.until is None:
        begins = "Paused until somebody resumes"
    else:
        begins = "Paused"
    until = ""
    if pause.until is not None:
        until = f" until <t:{int(pause.until.timestamp())}:t> ({ago(pause.until)})"
    reason = line(pause.reason, 200)
    return dotted(begins + until, f"by <@{pause.user_id}>", f"“{reason}”" if reason else "")


def with_pause(panel: Panel, pause: HeldPause | None) -> Panel:
    """The panel, and below it what is held; nothing for a pause without end and reason."""
    if pause is None or (pause.until, pause.reason, pause.after_batch) == (None, None, None):
        return panel
    return replace(panel, blocks=(*panel.blocks, Text(held_line(pause))))


def pauses_later(pause: HeldPause) -> Panel:
    return Panel(Colour.WARNING, (Text(f"⏳ {held_line(pause)}"),))


def called_off() -> Panel:
    return Panel(Colour.RUNNING, (Text("▶️ The pause after this batch is called off."),))
