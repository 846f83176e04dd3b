"""🔔 Tell me: what it is about, and what a press has done. Seen by one person."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain import actions
from bot.domain.queue import RunningJob
from bot.domain.subscriptions import Mine
from bot.render import buttons
from bot.render.message import ActionRow, Colour, Panel, Text

MAX_RUNNING = 3


def choice(server: str, running: Sequence[RunningJob]) -> Panel:
    """What one can wait for now."""
    shown = [one for one in running if not one.job.hidden][:MAX_RUNNING]
    row = [
        replace(
            buttons.of_job(actions.TELL_ME, server, one.job.number, label=f"#{one.job.number}"), emoji=None
        )
        for one in shown
    ]
    if len(shown) == 1 and (place := shown[0].place) is not None and place.total > 1:
        row.append(buttons.of_job(actions.TELL_BATCH, server, shown[0].job.number))
    row.append(buttons.of_queue(actions.TELL_EMPTY, server))
    return Panel(Colour.RUNNING, (Text("### 🔔 Tell me when this is done"), ActionRow(tuple(row))))


def answer(what: str, mine: Mine, *, waiting: bool) -> Panel:
    """`what`: `#812 ends`; ours."""
    if not waiting:
        return Panel(Colour.CANCELED, (Text(f"🔕 Taken back: you won't hear when {what}."),))
    how = "I'll send you a direct message" if mine is Mine.DIRECT else "I'll mention you here"
    return Panel(Colour.RUNNING, (Text(f"🔔 {how} when {what}. Press again to take it back."),))
