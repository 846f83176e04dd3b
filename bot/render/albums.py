"""Finished images as files of one message, and the embed that tells how they were made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.events import Job
from bot.render.images import Picture, file_name, open_prompt
from bot.render.marks import Share
from bot.render.message import Colour, Embed, Field, File
from bot.render.recipes import recipe_lines, shared_recipe, times
from bot.render.text import bare, cut, dotted, duration, line, paragraph, quoted

ALT_LIMIT = 1024
_PROMPT_LIMIT = 1200
_MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class Attached:
    """The files that are there, and a line (escaped) for each image that is not."""

    files: tuple[File, ...]
    missing: tuple[str, ...]


def attach(group: Sequence[Share], pictures: Mapping[str, Picture]) -> Attached:
    """Files for the images of the group, in order; `pictures` is by image name."""
    files: list[File] = []
    missing: list[str] = []
    for share in group:
        for place in share.places:
            name = share.job.images[place] if place < len(share.job.images) else ""
            picture = pictures.get(name) or Picture(name, None, "the image was not fetched")
            if picture.data is None:
                missing.append(_missing(share.job, place, picture.problem))
            else:
                files.append(image_file(share.job, place, picture.data))
    return Attached(tuple(files), tuple(missing))


def image_file(job: Job, place: int, data: bytes) -> File:
    """One image as a file; the prompt is its alt text, if it is no spoiler."""
    prompt = bare(open_prompt(job), ALT_LIMIT)
    return File(file_name(job, place, data), data, prompt or None)


def _missing(job: Job, place: int, problem: str | None) -> str:
    which = f"#{job.number} image {place + 1}" if len(job.images) > 1 else f"#{job.number}"
    return f"{which}: {line(problem, 160) or 'the image is missing'}"


def single_embed(job: Job, attached: Attached) -> Embed:
    """One job: its prompt whole, its recipe, its times; a lone image stands inside."""
    prompt = paragraph(job.recipe.prompt if job.recipe else None, _PROMPT_LIMIT)
    files = attached.files
    return Embed(
        colour=_colour(attached),
        description="\n".join(part for part in (prompt, *recipe_lines(job.recipe)) if part) or None,
        fields=_not_attached(attached),
        footer=times(job) or None,
        timestamp=job.completed_at,
        image=files[0].name if len(files) == 1 and len(job.images) == 1 else None,
    )


def album_embed(group: Sequence[Share], attached: Attached) -> Embed:
    """Several jobs: what their recipes share, then a line for each."""
    jobs = [share.job for share in group]
    lines = [_album_line(job) for job in jobs[:_MOST_LINES]]
    if len(jobs) > _MOST_LINES:
        lines.append(f"and {len(jobs) - _MOST_LINES} more jobs")
    return Embed(
        colour=_colour(attached),
        description="\n".join([*recipe_lines(shared_recipe(jobs)), *lines]),
        fields=_not_attached(attached),
        timestamp=max((job.completed_at for job in jobs if job.completed_at), default=None),
    )


def _album_line(job: Job) -> str:
    recipe = job.recipe
    return dotted(
        f"**#{job.number}**",
        duration(job.ran) if job.ran is not None else "",
        f"seed `{recipe.seed}`" if recipe and recipe.seed is not None else "",
        quoted(recipe.prompt if recipe else None, 80),
    )


def _not_attached(attached: Attached) -> tuple[Field, ...]:
    text = cut("\n".join(attached.missing), 1024)
    return (Field("Not attached", text, inline=False),) if text else ()


def _colour(attached: Attached) -> Colour:
    return Colour.WARNING if attached.missing else Colour.DONE
