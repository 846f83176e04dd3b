"""The list of jobs: what runs, what waits, what has ended; its filter, its search, its pages."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.domain.failures import explain
from bot.domain.job_list import MAX_SEARCH_BYTES, JobList, WaitingRun
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_OPTION_NAME
from bot.domain.queue import RunningJob
from bot.images.picture import sniff
from bot.render import buttons
from bot.render.custom_ids import encode
from bot.render.list_ids import ANY, MINE, SEARCH, JobsFilter, JobsPage, JobsSearch
from bot.render.message import (
    ActionRow,
    Block,
    Button,
    Colour,
    File,
    Input,
    MediaItem,
    Menu,
    MenuOption,
    Modal,
    Panel,
    Section,
    Text,
)
from bot.render.queue_panel import heading, percent
from bot.render.recipes import COLOURS, ICONS, NONE_OF, WORDS, open_prompt
from bot.render.text import ago, bare, cut, dotted, duration, line, many, quoted

MAX_PROMPT = 80
FILTERS = (
    (None, "All jobs"),
    (JobStatus.IN_PROGRESS, "Running"),
    (JobStatus.PENDING, "Waiting"),
    (JobStatus.COMPLETED, "Done"),
    (JobStatus.FAILED, "Failed"),
    (JobStatus.CANCELED, "Canceled"),
)
WORDS_INPUT, BOARD_INPUT = "words", "board"


def jobs(
    page: JobList,
    at: JobsPage,
    now: datetime,
    thumbnails: Mapping[int, bytes] | None = None,
    *,
    board: str | None = None,
    server_name: str | None = None,
    creates: bool = False,
) -> Panel:
    """`thumbnails` by number: a row with one has it beside it. `board`: the name of the one asked for.
    `creates`: whoever looks may have jobs of their own.
    """
    colour = COLOURS[at.status] if at.status else Colour.RUNNING
    head = _head(at, board)
    files: list[File] = []
    blocks: list[Block] = [Text(heading(head, server_name))]
    for job, body in _rows(page, now):
        file = _small(job, thumbnails or {}) if job else None
        if file is not None:
            files.append(file)
            blocks.append(Section(body, MediaItem(file.name, file.description)))
        elif len(blocks) > 1 and isinstance(last := blocks[-1], Text):
            blocks[-1] = Text(f"{last.body}\n{body}")
        else:
            blocks.append(Text(body))
    blocks += [Text(words) for words in _remarks(page, at)]
    if page.jobs:
        blocks += buttons.which_one(page.jobs, "Open a job…", suggestion)
    blocks += [_filter(at, mine=creates or at.mine), *_turning(page, at)]
    return Panel(colour, tuple(blocks), tuple(files))


def _head(at: JobsPage, board: str | None) -> str:
    state = WORDS[at.status] if at.status else ""
    what = ("Your jobs", state) if at.mine else (state.capitalize() or "Jobs",)
    on = f"on {line(board, 40) or 'that board'}" if at.board else ""
    return dotted(*what, quoted(at.words or None, 60), on)


def suggestion(job: Job) -> str:
    """`#812 · done · red fox in snow`: a choice in autocomplete or a menu, plain text."""
    told = dotted(f"#{job.number}", WORDS[job.status], bare(open_prompt(job), 60))
    return cut(told, MAX_OPTION_NAME)


def search_form(at: JobsSearch, words: str = "", board: str = "") -> Modal:
    """What to look for among the jobs of that state."""
    return Modal(
        "Search jobs",
        encode(at),
        (
            Input(WORDS_INPUT, "Words in the prompt", words, longest=MAX_SEARCH_BYTES),
            Input(BOARD_INPUT, "Board", board, hint="Its name in InvokeAI", longest=100),
        ),
    )


def _rows(page: JobList, now: datetime) -> list[tuple[Job | None, str]]:
    return [
        *((one.job, _running(one, now)) for one in page.running),
        *((None, _run(row)) if isinstance(row, WaitingRun) else (row, _job(row)) for row in page.rows),
    ]


def _running(one: RunningJob, now: datetime) -> str:
    started = one.job.started_at
    share = percent(one.progress.share) if one.progress else ""
    took = f"for {duration(now - started)}" if started and not share else ""
    return _row(one.job, share or took, f"started {ago(started)}" if started else "")


def _run(run: WaitingRun) -> str:
    batches = f"{run.batches:,} batch{'es' if run.batches != 1 else ''}"
    return f"**#{run.first}–#{run.last}**\n-# {ICONS[JobStatus.PENDING]} {run.count:,} waiting in {batches}"


def _job(job: Job) -> str:
    since = job.completed_at or job.started_at or job.created_at
    took = duration(job.ran) if job.ran is not None else ""
    return _row(job, took, _cause(job), ago(since))


def _row(job: Job, *facts: str) -> str:
    """`**#812** “red fox in snow”`, and below it in small what became of it."""
    prompt = quoted(job.recipe.prompt if job.recipe else None, MAX_PROMPT)
    first = f"**#{job.number}** {prompt}".strip()
    return f"{first}\n-# {dotted(f'{ICONS[job.status]} {WORDS[job.status]}', *facts)}"


def _cause(job: Job) -> str:
    """Why it failed: our own words where the cause is known."""
    if job.failure is None:
        return ""
    known = explain(job.failure)
    if known is None:
        return line(job.failure.error_type, 40)
    return cut(known.sentence.partition(":")[0].removesuffix("."), 80)


def _small(job: Job, thumbnails: Mapping[int, bytes]) -> File | None:
    data = thumbnails.get(job.number)
    kind = sniff(data) if data else None
    if data is None or kind is None:
        return None
    prompt = bare(open_prompt(job), 200)
    return File(f"{job.number}-small.{kind}", data, f"#{job.number}{': ' if prompt else ''}{prompt}")


def _remarks(page: JobList, at: JobsPage) -> list[str]:
    more = [f"-# {many(page.unsent, 'more job')} of yours will be queued in turn."] if page.unsent else []
    return [*_found(page, at), *more]


def _found(page: JobList, at: JobsPage) -> list[str]:
    if at == JobsPage(at.server, mine=True) and page.before is None and not page.jobs:
        return [] if page.unsent else ["None of these jobs is yours. Ask for a picture with `/imagine`."]
    if page.searched is not None:
        where = "the newest" if at.before is None else "the next"
        further = "" if page.before is None else " *Older* looks further back."
        return [f"-# {len(page.jobs) or 'None'} found in {where} {many(page.searched, 'job')}.{further}"]
    return [] if page.running or page.rows else [_none(page, at)]


def _none(page: JobList, at: JobsPage) -> str:
    if page.before is not None:
        return "None on this page. There may be older ones."
    if at.before is not None:
        return "There are no older ones."
    if at.mine or at.board or at.words:
        return "None found."
    return NONE_OF[at.status] if at.status else "The queue holds no jobs."


def _filter(at: JobsPage, *, mine: bool) -> Menu:
    """`mine`: one's own are offered too."""
    shown = None if at.board or at.words else at.status or (MINE if at.mine else ANY)
    values = [(status or ANY, label) for status, label in FILTERS]
    if mine:
        values.insert(1, (MINE, "My jobs"))
    options = [MenuOption(label, value, chosen=value == shown) for value, label in values]
    options.append(MenuOption("Search prompts or a board…", SEARCH))
    return Menu(encode(JobsFilter(at.server, at.board, at.words, at.mine)), "Filter…", tuple(options))


def _turning(page: JobList, at: JobsPage) -> tuple[ActionRow, ...]:
    """To the newest jobs and to older ones, each always in its place; nothing where one page holds all."""
    if page.before is None and at.before is None:
        return ()
    below = page.before or at.before
    newest = Button("Newest", encode(replace(at, before=None)), disabled=at.before is None)
    older = Button("Older", encode(replace(at, before=below)), disabled=page.before is None)
    return (ActionRow((newest, older)),)
