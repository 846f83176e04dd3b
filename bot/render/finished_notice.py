"""One finished job: its line, its files, and how it was made."""

from bot.domain.jobs import Job
from bot.images.picture import is_video
from bot.render.albums import Attached, colour_of, fields_of
from bot.render.headline import headline
from bot.render.job_numbers import Share, numbers_of
from bot.render.message import Embed
from bot.render.outputs import made_besides, many_files, text_fields, word_for
from bot.render.recipes import (
    NOWHERE,
    NoticeContext,
    link,
    part_of,
    prompt_below,
    prompt_on_line,
    recipe_lines,
    size_of,
    waited,
    whose,
)
from bot.render.text import dotted, duration

SIGN = "✅"


def finished_line(share: Share, attached: Attached, server: str) -> tuple[str, str]:
    """`✅ “red fox in snow” · 8.6 s · #812`, and the mark."""
    job = share.job
    subject, ran = prompt_on_line(job), duration(job.ran) if job.ran is not None else ""
    if job.hidden:
        subject = "Someone else's job"
    elif not subject:
        subject, ran = f"Done in {ran}" if ran else "Done", ""
    besides = made_besides(job) if not any(share.places[:1]) else ""
    told = (subject, _files(share, attached), besides, ran)
    return headline(SIGN, *told, which=numbers_of([share]), server=server, after=(part_of(job),))


def finished_embed(job: Job, attached: Attached, around: NoticeContext = NOWHERE) -> Embed | None:
    """What the line and the pictures do not say; None if that is nothing."""
    told = (
        prompt_below(job),
        *recipe_lines(job.recipe, size=size_of([job])),
        dotted(whose([job], around), link(around)),
    )
    description = "\n".join(part for part in told if part)
    fields = (*fields_of(attached), *text_fields(job))
    if not description and not fields:
        return None
    return Embed(
        colour=colour_of(attached), description=description or None, fields=fields, footer=waited(job) or None
    )


def _files(share: Share, attached: Attached) -> str:
    """`4 images, 1 missing`, `image missing`, `1 video`; empty for one picture that is there."""
    missing = len(attached.missing)
    if not share.places:
        return ""
    if len(share.places) > 1:
        count = many_files(share.names)
        return f"{count}, {missing} missing" if missing else count
    if missing:
        return f"{word_for(share.names)} missing"
    return "1 video" if is_video(share.names[0]) else ""
