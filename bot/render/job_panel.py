"""One job whole: its images, its recipe, its times, where it came from, why it failed."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain import actions
from bot.domain.jobs import Job, JobStatus
from bot.domain.limits import MAX_FILES
from bot.images.picture import Picture
from bot.render import buttons
from bot.render.albums import attach, smaller_lines
from bot.render.custom_ids import JobButton, encode
from bot.render.job_numbers import Share
from bot.render.message import ActionRow, Attachment, Block, File, MediaGallery, Panel, Separator, Text
from bot.render.outputs import made_besides, text_fields, word_for
from bot.render.recipes import COLOURS, ICONS, WORDS, recipe_lines, size_of, times
from bot.render.text import ago, cut, dotted, duration, inline, line, many, paragraph, quoted
from bot.render.tracebacks import plain_words, traceback_block, traceback_file


def job(
    job: Job,
    pictures: Sequence[Picture],
    now: datetime,
    *,
    server_name: str | None = None,
    starred: bool = False,
    several_devices: bool = False,
) -> Panel:
    """The job with the pictures given (by image name; those not given are counted as still in InvokeAI).

    `several_devices`: the server has more than one GPU.
    """
    blocks: list[Block] = [Text(f"### {dotted(_heading(job, now), line(server_name, 40))}")]
    files = _pictures(job, pictures, blocks)
    recipe = job.recipe
    negative = inline(recipe.negative_prompt if recipe else None, 300)
    told = [
        paragraph(recipe.prompt, 1000) if recipe else "",
        f"**Negative:** {negative}" if negative else "",
        *recipe_lines(recipe, size=size_of([job])),
    ]
    text = "\n".join(part for part in told if part)
    if text:
        blocks.append(Text(text))
    if job.status is JobStatus.FAILED:
        files += _failure(job, blocks)
    facts = _facts(job, several_devices=several_devices)
    blocks += [Separator(), Text("\n".join(f"-# {each}" for each in facts))]
    blocks += _with_json(job, buttons.rows(job, job.server, starred=starred, details=False))
    return Panel(COLOURS[job.status], tuple(blocks), files)


def more(job: Job, *, starred: bool = False, details: bool = True) -> Panel:
    """What else can be done with the job, as it is now. `details` False: they stand there already."""
    prompt = quoted(job.recipe.prompt if job.recipe else None, 80)
    blocks = _with_json(job, buttons.more(job, job.server, starred=starred, details=details))
    nothing = (Text("There is nothing more to do with it now."),) if not blocks else ()
    return Panel(COLOURS[job.status], (Text(dotted(f"**#{job.number}**", prompt)), *nothing, *blocks))


def _with_json(job: Job, rows: Sequence[ActionRow]) -> tuple[ActionRow, ...]:
    """And the buttons to run it next and for its files, in the last row that has room; not what is behind
    *More*.
    """
    found = [button.action for row in rows for button in row.buttons]
    if job.number < 1 or job.hidden or encode(JobButton(actions.MORE, job.server, job.number)) in found:
        return tuple(rows)
    shown = list(rows)
    for action in (actions.NEXT, actions.JSON) if job.status is JobStatus.PENDING else (actions.JSON,):
        button = buttons.of_job(action, job.server, job.number)
        if shown and buttons.has_room(shown[-1], button):
            shown[-1] = ActionRow((*shown[-1].buttons, button))
        else:
            shown.append(ActionRow((button,)))
    return tuple(shown)


def _heading(job: Job, now: datetime) -> str:
    head = f"{ICONS[job.status]} #{job.number} {WORDS[job.status]}"
    if job.status is JobStatus.IN_PROGRESS and job.started_at:
        return f"{head} for {duration(now - job.started_at)}"
    if job.status is JobStatus.CANCELED and job.started_at is None:
        return f"{head} before it started"
    if job.status.finished and job.ran is not None:
        return f"{head} {'in' if job.status is JobStatus.COMPLETED else 'after'} {duration(job.ran)}"
    return head


def _pictures(job: Job, pictures: Sequence[Picture], blocks: list[Block]) -> tuple[File, ...]:
    given = {picture.name: picture for picture in pictures}
    places = tuple(place for place, name in enumerate(job.images) if name in given)[:MAX_FILES]
    attached = attach([Share(job, places)], given)
    if attached.files:
        blocks.append(MediaGallery.of(*attached.files))
    notes = [smaller_lines(attached), cut("\n".join(attached.missing), 600)]
    left = len(job.images) - len(places)
    if left:
        word = word_for(name for place, name in enumerate(job.images) if place not in places)
        notes.append(f"{many(left, f'more {word}' if places else word)} in InvokeAI")
    besides = made_besides(job)
    notes.append(besides[:1].upper() + besides[1:])
    notes += [field.value for field in text_fields(job)]
    text = "\n".join(note for note in notes if note)
    if text:
        blocks.append(Text(text))
    return attached.files


def _failure(job: Job, blocks: list[Block]) -> tuple[File, ...]:
    failure = job.failure
    if failure is None:
        blocks.append(Text("InvokeAI gave no reason."))
        return ()
    kind = line(failure.error_type, 80)
    words = dotted(f"**{kind}**" if kind else "", line(failure.message, 200))
    parts = (*plain_words(failure), words, traceback_block(failure, 900))
    blocks.append(Text("\n".join(part for part in parts if part)))
    file = traceback_file(job)
    if file is None:
        return ()
    blocks.append(Attachment(file.name))
    return (file,)


def _facts(job: Job, *, several_devices: bool) -> list[str]:
    origin, destination = line(job.origin, 60), line(job.destination, 60)
    user, device = line(job.user, 60), line(job.device, 40)
    session, batch = line(job.session_id, 60), line(job.batch_id, 60)
    facts = [
        "Someone else's job: the bot's account may not look into it." if job.hidden else "",
        dotted(f"queued {ago(job.created_at)}", times(job)),
        dotted(f"by {user}" if user else "", f"on {device}" if device and several_devices else ""),
        dotted(
            f"retry of #{job.retried_from}" if job.retried_from is not None else "",
            f"part of #{job.parent}" if job.parent is not None else "",
        ),
        dotted(f"Origin: {origin}" if origin else "", f"Destination: {destination}" if destination else ""),
        f"Session: {session}" if session else "",
        f"Batch: {batch}" if batch else "",
    ]
    return [fact for fact in facts if fact]
