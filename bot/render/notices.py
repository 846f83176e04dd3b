"""Something happened to jobs: the line for the lock screen, and what stands below it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.events import Event, EventKind, JobEvent, ServerEvent
from bot.domain.jobs import Job, Purpose
from bot.domain.limits import MAX_FILES
from bot.images.picture import Picture
from bot.render import buttons
from bot.render.album_text import batch_done, shared_prompt
from bot.render.albums import Attached, album_embed, attach, sheet_embed, single_embed
from bot.render.job_numbers import Share, images_of, named, numbers_in_runs, numbers_of, shares
from bot.render.message import ActionRow, Colour, Embed, File, Menu, Notice
from bot.render.outputs import made_besides, many_files, word_for
from bot.render.recipes import NOWHERE, NoticeContext, recipe_lines, times
from bot.render.server_notices import of_server
from bot.render.text import DOT, dotted, duration, line, many, quoted
from bot.render.tracebacks import plain_words, traceback_block, traceback_file

MAX_PROMPT = 80
SOMEBODY_ELSE = "someone else's job"
"""What is told of a job that the bot's account may not look into."""
SHEET = ""
"""Stands for an image's name: the contact sheet of all."""


def notice(
    events: Sequence[Event],
    pictures: Mapping[str, Picture],
    *,
    server_name: str | None = None,
    around: NoticeContext = NOWHERE,
) -> Notice:
    """The notice of these events: one kind, one server, at least one; `pictures` is by image name."""
    if isinstance(events[0], ServerEvent):
        return of_server(events[0], server_name=server_name)
    told = [event for event in events if isinstance(event, JobEvent)]
    match events[0].kind:
        case EventKind.COMPLETED:
            return completed(told, pictures, server_name=server_name, around=around)
        case EventKind.FAILED:
            return failed(told[0], [event.job.number for event in told], server_name=server_name)
        case EventKind.CANCELED:
            return canceled(told, server_name=server_name)
        case EventKind.INTERRUPTED:
            return interrupted(told[0], server_name=server_name)
        case EventKind.BATCH_DONE:
            return batch_done(told[0], [told[0].job.number], prompt=shared_prompt(told))
        case _:
            raise ValueError(f"{events[0].kind} happens to a server")


def again(
    first: Event, numbers: Sequence[int], events: Sequence[Event], *, server_name: str | None = None
) -> Notice:
    """What the message that told of `first` and the jobs `numbers` says when these events came after it."""
    more = [event.job.number for event in events if isinstance(event, JobEvent)]
    if isinstance(first, JobEvent):
        return failed(first, [*numbers, *more], server_name=server_name)
    return notice(events[-1:], {}, server_name=server_name)


def completed(
    events: Sequence[JobEvent],
    pictures: Mapping[str, Picture],
    *,
    server_name: str | None = None,
    around: NoticeContext = NOWHERE,
) -> Notice:
    """One job, or an album; `pictures` is by image name. One server's events, 1 to 10 images (ValueError).

    If `pictures` has a SHEET it stands for all of them.
    """
    if SHEET in pictures:
        return _contact_sheet(shares(events), pictures[SHEET], line(server_name, 40))
    group = shares(events)
    if not group or sum(len(share.places) for share in group) > MAX_FILES:
        raise ValueError(f"a message takes 1 to {MAX_FILES} images, not those of {len(events)} events")
    attached = attach(group, pictures)
    head = _completed_head(group, line(server_name, 40))
    if len(group) == 1:
        embed, tail = single_embed(group[0].job, attached, around), _single_tail(group[0], attached)
    else:
        embed, tail = album_embed(group, attached, around), _album_tail(group, attached)
    return _notice(head, tail, (embed,), attached.files, _rows(group))


def _contact_sheet(group: Sequence[Share], picture: Picture, server: str) -> Notice:
    """Any number of one server's images, at least one, as the one `picture`."""
    head = _completed_head(group, server)
    nothing = Attached((), ())
    tail = _single_tail(group[0], nothing) if len(group) == 1 else _album_tail(group, nothing)
    name = "-".join(str(number) for number in dict.fromkeys([group[0].job.number, group[-1].job.number]))
    alt = f"Contact sheet of {numbers_of(group)}"
    file = File(f"{name}-contact-sheet.jpg", picture.data, alt) if picture.data is not None else None
    embed = sheet_embed(group, file, picture.problem)
    return _notice(head, tail, (embed,), (file,) if file else (), _rows(group))


def tile_label(event: JobEvent) -> str:
    """`#812`; `#812 · 2` for the second image of several."""
    if event.image is None or len(event.job.images) == 1:
        return f"#{event.job.number}"
    return f"#{event.job.number} · {event.image + 1}"


def failed(event: JobEvent, numbers: Sequence[int] = (), *, server_name: str | None = None) -> Notice:
    """What failed and why, in plain words first; the traceback's end to read, the whole to open.

    `numbers`: all jobs that failed like that, this one included, if there are several.
    """
    job = event.job
    if job.hidden:
        head = named(f"❌ #{job.number}", line(server_name, 40))
        return _notice(head, ["failed", SOMEBODY_ELSE, _waiting(event)])
    kind, message = reason(event)
    recipe = job.recipe
    words = plain_words(job.failure)
    prompt = quoted(recipe.prompt if recipe else None, 300)
    often = len(set(numbers))
    jobs = f"Failed: {numbers_in_runs(numbers)}" if often > 1 else ""
    parts = (*words, jobs, prompt, *recipe_lines(recipe), traceback_block(job.failure, 1000))
    text = "\n".join(part for part in parts if part)
    file = traceback_file(job)
    embed = Embed(Colour.FAILED, description=text, footer=times(job) or None, timestamp=job.completed_at)
    head = named(f"❌ #{job.number}", line(server_name, 40))
    waiting = "" if often > 1 else _waiting(event)
    tail = ["failed", kind, "" if words else message, f"× {often}" if often > 1 else "", _part(job), waiting]
    rows = buttons.failures(job, job.server, often) if often > 1 else buttons.rows(job, job.server)
    return _notice(head, tail, (embed,), (file,) if file else (), rows)


def canceled(events: Sequence[JobEvent], *, server_name: str | None = None) -> Notice:
    """One job with how far it came, or many with their numbers. Events of one server, at least one."""
    group = shares(events)
    server = line(server_name, 40)
    if len(group) > 1:
        count = many(len(group), "job")
        content = named(f"🚫 {count} canceled · {numbers_of(group)}", server)
        return Notice(content, content)
    job = group[0].job
    how = "canceled before it started"
    if job.started_at is not None:
        how = f"canceled after {duration(job.ran)}" if job.ran is not None else "canceled"
    head = named(f"🚫 #{job.number}", server)
    told = [how, _stranger(job), _part(job), _prompt(job)]
    return _notice(head, told, rows=buttons.rows(job, job.server))


def interrupted(event: JobEvent, *, server_name: str | None = None) -> Notice:
    """InvokeAI ended the job by its own restart; or the job was gone when InvokeAI came back. Says so where
    that happened again and again, and whether the queue is paused for it.
    """
    job = event.job
    known = bool(job.batch_id)  # else nothing of it was ever read: all that is known is that it ran
    why = "InvokeAI restarted while it ran"
    if not known:
        why = "it ran when the connection was lost, and is gone since"
    if event.urgent:
        often = "twice" if event.restarts == 2 else f"{event.restarts} times"  # noqa: PLR2004 - a word for 2
        whose = "jobs of this batch ran" if known else "jobs ran"
        why = f"InvokeAI restarted {often} within ten minutes while {whose}"
    paused = "the queue is paused" if event.paused else ""
    head = named(f"⚠️ #{job.number}", line(server_name, 40))
    rows = buttons.interrupted(job, job.server) if job.batch_id else ()
    return _notice(
        head, ["was interrupted", why, paused, _part(job), _prompt(job), _waiting(event)], rows=rows
    )


def dedup_marker(events: Sequence[Event], *, server_name: str | None = None) -> str:
    """The marker that the notice of these events (one kind, one server) has, without its pictures."""
    given = {SHEET: Picture(SHEET, None)} if len(events) > MAX_FILES else {}
    return notice(events, given, server_name=server_name).dedup_marker


def reason(event: JobEvent) -> tuple[str, str]:
    """A failure's type and the first line of its message, cut for a lock screen; the message can be empty."""
    failure = event.job.failure
    kind = line(failure.error_type, 48) if failure else ""
    if failure is None or not kind:
        return "InvokeAI gave no reason", ""
    first = failure.message.strip().partition("\n")[0].removeprefix(f"{failure.error_type}:")
    return kind, line(first, MAX_PROMPT)


def _part(job: Job) -> str:
    return f"part of #{job.parent}" if job.parent is not None else ""


def _stranger(job: Job) -> str:
    return SOMEBODY_ELSE if job.hidden else ""


def _prompt(job: Job) -> str:
    return quoted(job.recipe.prompt if job.recipe else None, MAX_PROMPT)


def _waiting(event: JobEvent) -> str:
    return f"{event.pending:,} waiting" if event.pending > 0 else ""


def _notice(
    head: str,
    tail: Sequence[str],
    embeds: tuple[Embed, ...] = (),
    files: tuple[File, ...] = (),
    rows: tuple[ActionRow | Menu, ...] = (),
) -> Notice:
    """The marker ends with a word or sign after the numbers, so `#81` is never found in `#812`."""
    joint = DOT if DOT in head else " "
    rest = dotted(*tail)
    end = DOT.rstrip() if joint == DOT else f" {rest.partition(' ')[0]}"
    return Notice(f"{head}{joint}{rest}", head + end, embeds, files, rows)


def _rows(group: Sequence[Share]) -> tuple[ActionRow | Menu, ...]:
    """One job's buttons, or the menu of several. What is staged is the canvas' to keep or to delete."""
    staged = Purpose.STAGING
    jobs = [replace(each.job, images=()) if each.job.purpose is staged else each.job for each in group]
    return buttons.rows(jobs[0], jobs[0].server) if len(jobs) == 1 else buttons.which_one(jobs)


def _completed_head(group: Sequence[Share], server: str) -> str:
    if len(group) == 1:
        head = named(f"✅ #{group[0].job.number}", server)
        return head if group[0].whole else f"{head} · {images_of(group[0])}"
    count = many_files([name for share in group for name in share.names])
    count = count or f"{many(len(group), 'job')} done"
    return named(f"✅ {count} · {numbers_of(group)}", server)


def _single_tail(share: Share, attached: Attached) -> list[str]:
    job = share.job
    return [
        f"done in {duration(job.ran)}" if job.ran is not None else "done",
        _images(share, attached),
        made_besides(job) if not any(share.places[:1]) else "",
        _stranger(job),
        _part(job),
        _prompt(job),
    ]


def _images(share: Share, attached: Attached) -> str:
    missing = len(attached.missing)
    if not share.places:
        return ""
    word = word_for(share.names)
    if len(share.places) == 1:
        alone = "1 video" if word == "video" and share.whole else ""
        return f"{word} missing" if missing else alone
    count = many_files(share.names) if share.whole else ""
    gone = f"{missing} missing" if missing else ""
    return ", ".join(part for part in (count, gone) if part)


def _album_tail(group: Sequence[Share], attached: Attached) -> list[str]:
    missing = f"{len(attached.missing)} missing" if attached.missing else ""
    prompts = list(dict.fromkeys(share.job.recipe.prompt or "" for share in group if share.job.recipe))
    shown = [each for each in prompts if line(each, MAX_PROMPT)]
    if all(share.job.hidden for share in group):
        return ["other people's jobs"]
    if not shown:
        return [missing, "done"]
    more = f" and {many(len(shown) - 1, 'more prompt')}" if len(shown) > 1 else ""
    return [missing, quoted(shown[0], MAX_PROMPT) + more]
