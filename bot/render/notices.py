"""Something happened to jobs: the line for the lock screen, and what stands below it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.events import Event, EventKind, JobEvent, PersonalEvent, ServerEvent
from bot.domain.jobs import Purpose
from bot.domain.limits import MAX_FILES
from bot.images.picture import Picture
from bot.render import buttons
from bot.render.album_text import batch_done, shared_prompt
from bot.render.albums import Attached, album_embed, attach, sheet_embed
from bot.render.failure_notice import failed
from bot.render.finished_notice import finished_embed, finished_line
from bot.render.headline import headline
from bot.render.job_numbers import Share, by_whom, numbers_of, shares
from bot.render.message import ActionRow, File, Menu, Notice
from bot.render.outputs import many_files
from bot.render.personal import personal
from bot.render.recipes import (
    MAX_LINE_PROMPT,
    NOWHERE,
    NoticeContext,
    open_prompt,
    part_of,
    prompt_on_line,
)
from bot.render.server_notices import of_server
from bot.render.text import bare, duration, line, many, quoted

COMPLETED, CANCELED, INTERRUPTED = "✅", "🚫", "⚠️"
"""With what the line of each kind begins; of a failure see `failure_notice`."""
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
    first = events[0]
    if isinstance(first, PersonalEvent):
        return personal(first, server_name=server_name)
    if isinstance(first, ServerEvent):
        return of_server(first, server_name=server_name)
    told = [event for event in events if isinstance(event, JobEvent)]
    return _of_jobs(told, pictures, server_name=server_name, around=around)


def _of_jobs(
    told: Sequence[JobEvent],
    pictures: Mapping[str, Picture],
    *,
    server_name: str | None,
    around: NoticeContext,
) -> Notice:
    match told[0].kind:
        case EventKind.COMPLETED:
            return completed(told, pictures, server_name=server_name, around=around)
        case EventKind.FAILED:
            return failed(told[0], [event.job.number for event in told], server_name=server_name)
        case EventKind.CANCELED:
            return canceled(told, server_name=server_name)
        case EventKind.INTERRUPTED:
            return interrupted(told[0], server_name=server_name)
        case EventKind.BATCH_DONE:
            numbers = [told[0].job.number]
            return batch_done(told[0], numbers, prompt=shared_prompt(told), server_name=server_name)
        case _:
            raise ValueError(f"{told[0].kind} happens to no job")


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
    attached, server = attach(group, pictures), line(server_name, 40)
    if len(group) == 1:
        embed = finished_embed(group[0].job, attached, around)
        content, mark = finished_line(group[0], attached, server)
        return Notice(content, mark, (embed,) if embed else (), attached.files, _rows(group))
    embed = album_embed(group, attached, around)
    content, mark = _album_line(group, attached, server)
    return Notice(content, mark, (embed,), attached.files, _rows(group))


def _contact_sheet(group: Sequence[Share], picture: Picture, server: str) -> Notice:
    """Any number of one server's images, at least one, as the one `picture`."""
    nothing = Attached((), ())
    alone = len(group) == 1
    content, mark = finished_line(group[0], nothing, server) if alone else _album_line(group, nothing, server)
    name = "-".join(str(number) for number in dict.fromkeys([group[0].job.number, group[-1].job.number]))
    prompts = {open_prompt(share.job) for share in group}
    prompt = bare(prompts.pop(), 500) if len(prompts) == 1 else ""
    alt = f"Contact sheet of {numbers_of(group)}{': ' if prompt else ''}{prompt}"
    file = File(f"{name}-contact-sheet.jpg", picture.data, alt) if picture.data is not None else None
    embed = sheet_embed(group, file, picture.problem)
    return Notice(content, mark, (embed,), (file,) if file else (), _rows(group))


def tile_label(event: JobEvent) -> str:
    """`#812`; `#812 · 2` for the second image of several."""
    if event.image is None or len(event.job.images) == 1:
        return f"#{event.job.number}"
    return f"#{event.job.number} · {event.image + 1}"


def canceled(events: Sequence[JobEvent], *, server_name: str | None = None) -> Notice:
    """One job with how far it came, or many with their numbers. Events of one server, at least one."""
    group = shares(events)
    server = line(server_name, 40)
    by = by_whom(events)
    if len(group) > 1:
        many_of_them = f"{many(len(group), 'job')} canceled{by}"
        return Notice(*headline(CANCELED, many_of_them, which=numbers_of(group), server=server))
    job = group[0].job
    how = f"Canceled{by} before it started"
    if job.started_at is not None:
        how = f"Canceled{by} after {duration(job.ran)}" if job.ran is not None else f"Canceled{by}"
    whose = "someone else's job" if job.hidden else prompt_on_line(job)
    content, mark = headline(
        CANCELED, how, whose, which=f"#{job.number}", server=server, after=(part_of(job),)
    )
    return Notice(content, mark, rows=buttons.rows(job, job.server))


def interrupted(event: JobEvent, *, server_name: str | None = None) -> Notice:
    """InvokeAI ended the job by its own restart; or the job was gone when InvokeAI came back. Says so where
    that happened again and again, and whether the queue is paused for it.
    """
    job = event.job
    known = bool(job.batch_id)  # else nothing of it was ever read: all that is known is that it ran
    why = "Interrupted by InvokeAI's restart"
    if not known:
        why = "Interrupted: it is gone since the connection was lost"
    if event.urgent:
        often = "twice" if event.restarts == 2 else f"{event.restarts} times"  # noqa: PLR2004 - a word for 2
        whose = "jobs of this batch ran" if known else "jobs ran"
        why = f"Interrupted: InvokeAI restarted {often} within ten minutes while {whose}"
    paused = "the queue is paused" if event.paused else ""
    waiting = f"{event.pending:,} waiting" if event.pending > 0 else ""
    content, mark = headline(
        INTERRUPTED,
        *(why, paused, prompt_on_line(job)),
        which=f"#{job.number}",
        server=line(server_name, 40),
        after=(part_of(job), waiting),
    )
    return Notice(content, mark, rows=buttons.interrupted(job, job.server) if known else ())


def dedup_marker(events: Sequence[Event], *, server_name: str | None = None) -> str:
    """The marker that the notice of these events (one kind, one server) has, without its pictures."""
    given = {SHEET: Picture(SHEET, None)} if len(events) > MAX_FILES else {}
    return notice(events, given, server_name=server_name).dedup_marker


def _rows(group: Sequence[Share]) -> tuple[ActionRow | Menu, ...]:
    """One job's buttons, or the menu of several. What is staged is the canvas' to keep or to delete."""
    staged = Purpose.STAGING
    jobs = [replace(each.job, images=()) if each.job.purpose is staged else each.job for each in group]
    return buttons.rows(jobs[0], jobs[0].server) if len(jobs) == 1 else buttons.which_one(jobs)


def _album_line(group: Sequence[Share], attached: Attached, server: str) -> tuple[str, str]:
    """`✅ 10 images · #803–#812 · “red fox in snow” and 3 more prompts`, and the mark."""
    count = many_files([name for share in group for name in share.names])
    count = count or f"{many(len(group), 'job')} done"
    tail = tuple(_album_tail(group, attached))
    return headline(COMPLETED, count, which=numbers_of(group), server=server, after=tail)


def _album_tail(group: Sequence[Share], attached: Attached) -> list[str]:
    missing = f"{len(attached.missing)} missing" if attached.missing else ""
    prompts = list(dict.fromkeys(share.job.recipe.prompt or "" for share in group if share.job.recipe))
    shown = [each for each in prompts if line(each, MAX_LINE_PROMPT)]
    if all(share.job.hidden for share in group):
        return ["other people's jobs"]
    if not shown:
        return [missing, "done"]
    more = f" and {many(len(shown) - 1, 'more prompt')}" if len(shown) > 1 else ""
    return [missing, quoted(shown[0], MAX_LINE_PROMPT) + more]
