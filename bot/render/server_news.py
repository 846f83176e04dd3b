"""Something happened to a server, not to one of its jobs: each is told in one line."""

from datetime import datetime, timedelta

from bot.events import EventKind, ServerEvent
from bot.render.marks import named
from bot.render.message import Notice
from bot.render.text import dotted, duration, line, many

MINUTE = timedelta(minutes=1)


def of_server(event: ServerEvent, *, server_name: str | None = None) -> Notice:
    """The notice of a server's event; ValueError for a kind that is a job's."""
    match event.kind:
        case EventKind.NEW_DATABASE:
            return _notice(
                "🆕 InvokeAI has a new database",
                server_name,
                "its job numbers start again; what was queued before is not watched any more",
            )
        case EventKind.QUEUE_EMPTY:
            counts = [
                f"{count:,} {word}"
                for count, word in (
                    (event.tally.completed, "done"),
                    (event.tally.failed, "failed"),
                    (event.tally.canceled, "canceled"),
                )
                if count
            ]
            return _notice("🏁 Queue empty", server_name, ", ".join(counts), _length(event))
        case EventKind.AWAY:
            waiting = f"{many(event.jobs, 'job')} {'was' if event.jobs == 1 else 'were'} waiting"
            head = f"🔌 InvokeAI is away since {_clock(event.at)}"
            return _notice(head, server_name, waiting if event.jobs else "")
        case EventKind.BACK:
            head = f"🔌 InvokeAI was away for {_length(event)}"
            return _notice(head, server_name, f"back since {_clock(event.at)}")
        case EventKind.FAILING:
            alike = f"the last {many(event.jobs, 'job')} failed alike"
            return _notice("⏸️ The queue is paused", server_name, alike, line(event.about, 48))
        case _:
            raise ValueError(f"{event.kind} happens to a job")


def _notice(head: str, server_name: str | None, *tail: str) -> Notice:
    content = dotted(named(head, line(server_name, 40)), *tail)
    return Notice(content, content)


def _length(event: ServerEvent) -> str:
    """`38 min`: whole minutes from the first one on."""
    length = event.at - (event.since or event.at)
    minutes = round(length / MINUTE)
    if minutes < 1 or length >= 60 * MINUTE:
        return duration(length)
    return f"{minutes} min"


def _clock(at: datetime) -> str:
    """A time of day, which Discord shows in each reader's own zone."""
    return f"<t:{int(at.timestamp())}:t>"
