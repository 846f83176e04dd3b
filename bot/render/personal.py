"""What one person waited for is over: a line for them alone."""

from bot.domain.events import EventKind, PersonalEvent
from bot.render.album_text import count
from bot.render.headline import headline
from bot.render.message import Notice
from bot.render.recipes import MAX_LINE_PROMPT
from bot.render.text import clock, line, quoted

SIGN = "🔔"
ENDS = {
    EventKind.COMPLETED: "Done",
    EventKind.FAILED: "Failed",
    EventKind.CANCELED: "Canceled",
    EventKind.INTERRUPTED: "Interrupted by InvokeAI's restart",
}


def personal(event: PersonalEvent, *, server_name: str | None = None) -> Notice:
    """`🔔 Done · “red fox in snow” · #812 · <#42>`; a direct message names the channel where they asked."""
    which, what = f"#{event.number}", ""
    if event.counts is not None:
        what, which = count(event.counts), f"batch of {which}"
    elif event.end is not None:
        what = ENDS[event.end]
    else:
        what, which = "Queue empty", clock(event.at)
    told = what, quoted(event.prompt, MAX_LINE_PROMPT)
    where = f"<#{event.channel_id}>" if event.direct else ""
    return Notice(*headline(SIGN, *told, which=which, server=line(server_name, 40), after=(where,)))
