"""Answers: one Components V2 container each, 4000 units of text at most, readable at 390 pixels."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.jobs import Job, JobPage, JobStatus
from bot.domain.limits import MAX_OPTION_NAME
from bot.domain.queue import Suspension
from bot.render import buttons
from bot.render.custom_ids import JobsPage
from bot.render.message import Colour, Panel, Text
from bot.render.queue_panel import heading
from bot.render.recipes import COLOURS, ICONS, NONE_OF, WORDS
from bot.render.text import ago, dotted, duration, line, many, paragraph, quoted, units

_MAX_LIST = 3400


def jobs(page: JobPage, at: JobsPage, now: datetime, *, server_name: str | None = None) -> Panel:
    """A line for each job in the page's order, a menu of them, and the way to other pages from `at`."""
    status = at.status
    word = f"{ICONS[status]} {WORDS[status].capitalize()}" if status else "Jobs"
    colour = COLOURS[status] if status else Colour.RUNNING
    head = Text(heading(word, server_name))
    turning = buttons.turning(page, at)
    if not page.jobs:
        return Panel(colour, (head, Text(_none(page, at)), *turning))
    lines = Text(listed([job_line(job, now) for job in page.jobs], "job"))
    menu = buttons.which_one(page.jobs, "Show a job…", lambda job: suggestion(job, now))
    return Panel(colour, (head, lines, *menu, *turning))


def _none(page: JobPage, at: JobsPage) -> str:
    """That the page is empty, without a word about others that may not be."""
    if page.before is not None:
        return "None on this page. There may be older ones."
    if at.before is not None:
        return "There are no older ones."
    return NONE_OF[at.status] if at.status else "The queue holds no jobs."


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
    """A choice in autocomplete or a menu: plain text."""
    length = now - job.started_at if job.status is JobStatus.IN_PROGRESS and job.started_at else job.ran
    return dotted(
        f"{ICONS[job.status]} #{job.number}",
        WORDS[job.status],
        duration(length) if length is not None else "",
    )[:MAX_OPTION_NAME]


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
