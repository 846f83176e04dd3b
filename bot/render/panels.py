"""Answers: one Components V2 container each, 4000 units of text at most, readable at 390 pixels."""

from collections.abc import Sequence
from datetime import datetime

from bot.events import EventKind, Job, JobPage, JobStatus, Progress, QueueStatus, ServerInfo
from bot.render.message import Block, Colour, Panel, Separator, Text
from bot.render.statuses import COLOURS, ICONS, NONE_OF, WORDS
from bot.render.text import DOT, ago, dotted, duration, line, many, paragraph, quoted, units
from bot.render.whole_job import job as job  # noqa: PLC0414 - part of this file's face

_LIST_LIMIT = 3400
_BAR = 10

_GETS = {
    EventKind.STARTED: "starts",
    EventKind.COMPLETED: "finished images",
    EventKind.FAILED: "failures",
    EventKind.CANCELED: "cancellations",
    EventKind.INTERRUPTED: "interruptions",
    EventKind.NEW_DATABASE: "news of InvokeAI itself",
}


def queue(  # noqa: PLR0917 - the whole of what the panel shows
    status: QueueStatus,
    running: Job | None,
    progress: Progress | None,
    upcoming: Job | None,
    info: ServerInfo | None,
    owed: int,
    now: datetime,
    *,
    server_name: str | None = None,
) -> Panel:
    """What runs, what is next, the counts, the processor; `owed` counts notices not delivered yet."""
    state, colour = _state(status, running)
    blocks: list[Block] = [Text(_heading(state, server_name))]
    if running is not None:
        blocks.append(Text(running_lines(running, progress, now)))
    if upcoming is not None:
        prompt = quoted(upcoming.recipe.prompt if upcoming.recipe else None, 80)
        blocks.append(
            Text(dotted(f"**Next** #{upcoming.number}", prompt, f"queued {ago(upcoming.created_at)}"))
        )
    blocks += [Separator(), Text(_counts(status))]
    if owed > 0:
        blocks.append(Text(f"📮 {many(owed, 'notice')} not delivered yet"))
    if info is not None and line(info.version, 40):
        blocks.append(Text(f"-# InvokeAI {line(info.version, 40)}"))
    return Panel(colour, tuple(blocks))


def running_lines(job: Job, progress: Progress | None, now: datetime) -> str:
    """A running job in up to three lines: number and prompt, bar and step, how long it runs."""
    recipe = job.recipe
    first = dotted(f"▶️ **#{job.number}**", quoted(recipe.prompt if recipe else None, 120))
    second = ""
    if progress is not None and progress.number == job.number:
        second = dotted(bar(progress.share), line(progress.message, 60))
    since = f"running for {duration(now - job.started_at)}" if job.started_at else ""
    third = dotted(since, line(recipe.model if recipe else None, 60))
    return "\n".join(part for part in (first, second, third) if part)


def bar(share: float | None) -> str:
    """`▰▰▰▰▰▱▱▱▱▱ 52 %`; empty when InvokeAI does not tell."""
    if share is None or share != share:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    share = min(1.0, max(0.0, share))
    full = int(share * _BAR)
    return f"{'▰' * full}{'▱' * (_BAR - full)} {int(share * 100)} %"


def jobs(page: JobPage, status: JobStatus | None, now: datetime, *, server_name: str | None = None) -> Panel:
    """A line for each job, in the page's order; says so when there is none, or an older page."""
    word = f"{ICONS[status]} {WORDS[status].capitalize()}" if status else "Jobs"
    colour = COLOURS[status] if status else Colour.RUNNING
    heading = Text(_heading(word, server_name))
    if not page.jobs:
        if page.before is not None:
            return Panel(colour, (heading, Text("None on this page. Older jobs are on the next page.")))
        return Panel(colour, (heading, Text(NONE_OF[status] if status else "The queue holds no jobs.")))
    blocks: list[Block] = [heading, Text(_listed([job_line(job, now) for job in page.jobs], "job"))]
    if page.before is not None:
        blocks.append(Text("-# Older jobs are on the next page."))
    return Panel(colour, tuple(blocks))


def job_line(job: Job, now: datetime) -> str:
    """`✅ **#812** · 8.6 s · <t:…:R>`: icon, number, how long, and since when it is so."""
    since = job.completed_at or job.started_at or job.created_at
    length = job.ran
    if job.status is JobStatus.IN_PROGRESS and job.started_at:
        length = now - job.started_at
    word = "" if job.status is JobStatus.COMPLETED else WORDS[job.status]
    took = duration(length) if length is not None else ""
    prompt = quoted(job.recipe.prompt if job.recipe else None, 32)
    return dotted(f"{ICONS[job.status]} **#{job.number}**", word, took, prompt, ago(since))


def suggestion(job: Job, now: datetime) -> str:
    """A choice in autocomplete: plain text of at most 100 characters."""
    length = now - job.started_at if job.status is JobStatus.IN_PROGRESS and job.started_at else job.ran
    return dotted(
        f"{ICONS[job.status]} #{job.number}",
        WORDS[job.status],
        duration(length) if length is not None else "",
    )[:100]


def channels(lines: Sequence[tuple[int, frozenset[EventKind]]]) -> Panel:
    """Which channel (by id) gets what, in words."""
    if not lines:
        return said("No channel gets notices yet. Use /notify here in the channel that should.")
    told = [f"<#{channel}> gets {_gets(kinds)}" for channel, kinds in lines]
    return Panel(Colour.RUNNING, (Text("### Notices"), Text(_listed(told, "channel"))))


def said(sentence: str, colour: Colour = Colour.RUNNING) -> Panel:
    """One plain sentence, not markdown: it may hold foreign words and is escaped here."""
    return Panel(colour, (Text(paragraph(sentence, 1500) or "Done."),))


def refused(sentence: str) -> Panel:
    """Why not, in one plain sentence; escaped here."""
    return said(sentence, Colour.WARNING)


def _state(status: QueueStatus, running: Job | None) -> tuple[str, Colour]:
    busy = running is not None or status.in_progress > 0
    waiting = f"{many(status.pending, 'job')} waiting" if status.pending else "nothing waiting"
    if status.paused:
        after = " after the running job" if busy else ""
        return f"⏸️ Paused{after} · {waiting}", Colour.WARNING
    if busy:
        return f"Running · {waiting}", Colour.RUNNING
    if status.pending:
        return f"About to start · {waiting}", Colour.RUNNING
    return f"Idle · {waiting}", Colour.CANCELED


def _counts(status: QueueStatus) -> str:
    shown = [
        (JobStatus.COMPLETED, status.completed, "done"),
        (JobStatus.FAILED, status.failed, "failed"),
        (JobStatus.CANCELED, status.canceled, "canceled"),
    ]
    if status.waiting:
        shown.append((JobStatus.WAITING, status.waiting, "waiting for another job"))
    return DOT.join(f"{ICONS[each]} {count:,} {word}" for each, count, word in shown)


def _heading(words: str, server_name: str | None) -> str:
    return "### " + dotted(words, line(server_name, 40))


def _gets(kinds: frozenset[EventKind]) -> str:
    words = [_GETS[kind] for kind in EventKind if kind in kinds]
    if len(words) > 1:
        return f"{', '.join(words[:-1])} and {words[-1]}"
    return words[0] if words else "nothing"


def _listed(lines: Sequence[str], word: str) -> str:
    kept: list[str] = []
    room = _LIST_LIMIT
    for each in lines:
        room -= units(each) + 1
        if room < 0:
            kept.append(f"and {many(len(lines) - len(kept), f'more {word}')}")
            break
        kept.append(each)
    return "\n".join(kept)
