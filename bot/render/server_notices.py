"""Something happened to a server, not to one of its jobs: each is told in one line."""

from datetime import timedelta

from bot.domain.events import EventKind, ServerEvent, Tally
from bot.render.message import Notice
from bot.render.text import clock, dotted, duration, line, many

MINUTE = timedelta(minutes=1)
_HEADS = {
    EventKind.NEW_DATABASE: "🆕 InvokeAI has a new database",
    EventKind.RESUMED: "▶️ The queue runs again",
    EventKind.PAUSED_AGAIN: "⏸️ InvokeAI restarted and forgot the pause",
    EventKind.QUEUE_EMPTY: "🏁 Queue empty",
    EventKind.AWAY: "🔌 InvokeAI has been away since {at}",
    EventKind.BACK: "🔌 InvokeAI was away for {length}",
    EventKind.STALLED: "⏳ Nothing has started since {at}",
    EventKind.WORKS_AGAIN: "▶️ Jobs start again",
    EventKind.LOGIN_REFUSED: "🔑 InvokeAI has refused the bot's login since {at}",
    EventKind.RIGHTS_LOST: "🔑 The bot's InvokeAI account is no longer an admin",
    EventKind.ACCOUNT_BACK: "🔑 The bot's InvokeAI account works again",
    EventKind.FAILING: "⏸️ The queue is paused",
}
_TOLD = {
    EventKind.NEW_DATABASE: "its job numbers start again; what was queued before is not watched any more",
    EventKind.RESUMED: "its pause is over",
    EventKind.PAUSED_AGAIN: "it is paused again",
    EventKind.LOGIN_REFUSED: "no job is seen until the bot's e-mail and password are right again",
    EventKind.RIGHTS_LOST: "finished jobs will be posted once it is an admin again",
    EventKind.ACCOUNT_BACK: "what ended in the last {length} follows now",
    EventKind.BACK: "back since {at}",
    EventKind.WORKS_AGAIN: "nothing had started for {length}",
}


def of_server(event: ServerEvent, *, server_name: str | None = None) -> Notice:
    """The notice of a server's event; ValueError for a kind that is a job's."""
    if event.kind not in _HEADS:
        raise ValueError(f"{event.kind} happens to a job")
    sign, _, head = _filled(_HEADS[event.kind], event).partition(" ")
    content = f"{sign} {dotted(line(server_name, 40), head, *_tail(event))}"
    return Notice(content, content)


def _filled(words: str, event: ServerEvent) -> str:
    return words.format(at=clock(event.at), length=_length(event))


def _tail(event: ServerEvent) -> tuple[str, ...]:
    match event.kind:
        case EventKind.QUEUE_EMPTY:
            return _counts(event.tally), _length(event)
        case EventKind.AWAY:
            were = "was" if event.jobs == 1 else "were"
            return (f"{many(event.jobs, 'job')} {were} waiting" if event.jobs else "",)
        case EventKind.STALLED:
            are = "is" if event.jobs == 1 else "are"
            return (
                f"{many(event.jobs, 'job')} {are} waiting, and the queue is not paused",
                "restart InvokeAI if this goes on",
            )
        case EventKind.FAILING:
            return f"the last {many(event.jobs, 'job')} failed alike", line(event.about, 48)
        case _:
            return (_filled(_TOLD[event.kind], event),)


def _counts(tally: Tally) -> str:
    counts = ((tally.completed, "done"), (tally.failed, "failed"), (tally.canceled, "canceled"))
    return ", ".join(f"{count:,} {word}" for count, word in counts if count)


def _length(event: ServerEvent) -> str:
    """`38 min`: whole minutes from the first one on."""
    length = event.at - (event.since or event.at)
    minutes = round(length / MINUTE)
    if minutes < 1 or length >= 60 * MINUTE:
        return duration(length)
    return f"{minutes} min"
