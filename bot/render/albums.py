"""Finished images as files of one message, and the embed that tells how they were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.jobs import Job
from bot.domain.limits import MAX_ALT_TEXT, MAX_EMBED_FIELD
from bot.images.picture import Picture, sniff
from bot.render.job_numbers import Share
from bot.render.message import Colour, Embed, Field, File
from bot.render.outputs import made_besides, word_for
from bot.render.recipes import (
    NOWHERE,
    NoticeContext,
    link,
    open_prompt,
    prompt_below,
    recipe_lines,
    shared_recipe,
    size_of,
    whose,
)
from bot.render.text import bare, cut, dotted, duration, line, quoted, slug

SMALLER, MISSING = "Made smaller", "Not attached"
"""The names of an embed's fields."""
_MAX_LINES = 10


@dataclass(frozen=True, slots=True)
class Attached:
    """The files that are there, and a line (escaped) for each image that is not.

    `smaller`: a line (escaped) for each file that is not the original.
    """

    files: tuple[File, ...]
    missing: tuple[str, ...]
    smaller: tuple[str, ...] = ()


def attach(group: Sequence[Share], pictures: Mapping[str, Picture]) -> Attached:
    """Files for the images of the group, in order; `pictures` is by image name."""
    files: list[File] = []
    missing: list[str] = []
    smaller: list[str] = []
    for share in group:
        for place, name in zip(share.places, share.names, strict=True):
            picture = pictures.get(name) or Picture(name, None, "the image was not fetched")
            if picture.data is None:
                missing.append(_remark(share.job, place, picture.problem or "the image is missing"))
                continue
            files.append(image_file(share.job, place, picture.data))
            if picture.what is not None:
                smaller.append(_remark(share.job, place, picture.what))
    return Attached(tuple(files), tuple(missing), tuple(smaller))


def image_file(job: Job, place: int, data: bytes) -> File:
    """One image as a file; the prompt is its alt text, if it is no spoiler."""
    prompt = bare(open_prompt(job), MAX_ALT_TEXT)
    return File(file_name(job, place, data), data, prompt or None)


def _remark(job: Job, place: int, words: str) -> str:
    which = f"#{job.number}"
    if len(job.images) > 1:
        which += f" {word_for(job.images)} {place + 1}"
    return f"{which}: {line(words, 160)}"


def smaller_lines(attached: Attached) -> str:
    """What was done to each file that is not the original, and how to get that; empty if all are."""
    if not attached.smaller:
        return ""
    return f"{cut(chr(10).join(attached.smaller), 900)}\n-# *Original* gives the untouched file."


def album_embed(group: Sequence[Share], attached: Attached, around: NoticeContext = NOWHERE) -> Embed:
    """Several jobs: what their recipes share, then a line for each. A prompt that all share stands on the
    message's own line; whole here where it is cut there.
    """
    jobs = [share.job for share in group]
    shared = shared_recipe(jobs)
    same = bool(shared.prompt)
    lines = [_album_line(job, prompt=not same) for job in jobs[:_MAX_LINES]]
    if len(jobs) > _MAX_LINES:
        lines.append(f"and {len(jobs) - _MAX_LINES} more jobs")
    below = prompt_below(jobs[0]) if same else ""
    told = (below, *recipe_lines(shared, size=size_of(jobs)), whose(jobs, around), *lines, link(around))
    return Embed(
        colour=colour_of(attached),
        description="\n".join(part for part in told if part),
        fields=fields_of(attached),
    )


def sheet_embed(group: Sequence[Share], file: File | None, problem: str | None) -> Embed:
    """Many pictures in one: what their recipes share, and how to see one as it is."""
    jobs = [share.job for share in group]
    how = "-# Small, since the batch is long. The menu and `/job` show each at its full size."
    return Embed(
        colour=Colour.DONE if file else Colour.WARNING,
        description="\n".join([*recipe_lines(shared_recipe(jobs), size=size_of(jobs)), how]),
        fields=() if file else fields_of(Attached((), (line(problem, 160),))),
    )


def _album_line(job: Job, *, prompt: bool) -> str:
    recipe = job.recipe
    return dotted(
        f"**#{job.number}**",
        duration(job.ran) if job.ran is not None else "",
        "" if job.images else made_besides(job),
        "someone else's" if job.hidden else "",
        f"seed `{recipe.seed}`" if recipe and recipe.seed is not None else "",
        quoted(recipe.prompt if recipe and prompt else None, 80),
    )


def fields_of(attached: Attached) -> tuple[Field, ...]:
    missing = cut("\n".join(attached.missing), MAX_EMBED_FIELD)
    told = {SMALLER: smaller_lines(attached), MISSING: missing}
    return tuple(Field(name, text, inline=False) for name, text in told.items() if text)


def colour_of(attached: Attached) -> Colour:
    return Colour.WARNING if attached.missing else Colour.DONE


_MAX_SLUG = 60
_KNOWN = ("png", "webp", "jpg", "jpeg", "mp4")


def file_name(job: Job, place: int, data: bytes) -> str:
    """`812-red-fox-in-snow.png`; the second image of several is `812-2-red-fox-in-snow.png`.

    Without a prompt that may be seen at once: `812-image.png`.
    """
    words = slug(open_prompt(job), _MAX_SLUG) or word_for(job.images[place : place + 1])
    return f"{file_prefix(job, place)}{words}.{sniff(data) or _own_extension(job, place)}"


def file_prefix(job: Job, place: int) -> str:
    """`812-`, or `812-2-`: no other image of a server has a file whose name begins like that."""
    return f"{job.number}-{place + 1}-" if len(job.images) > 1 else f"{job.number}-"


def _own_extension(job: Job, place: int) -> str:
    ending = job.images[place].rpartition(".")[2].lower() if place < len(job.images) else ""
    return ending if ending in _KNOWN else "bin"
