"""Pure facts about pictures: what their bytes are, and what their files are called."""

from bot.domain.jobs import Job
from bot.images.picture import sniff
from bot.render.text import Spoiler, slug

MAX_NAME = 100
_MAX_SLUG = 60
_KNOWN = ("png", "webp", "jpg", "jpeg")


def file_name(job: Job, place: int, data: bytes) -> str:
    """`812-red-fox-in-snow.png`; the second image of several is `812-2-red-fox-in-snow.png`.

    Without a prompt that may be seen at once: `812-image.png`.
    """
    parts = [str(job.number)]
    if len(job.images) > 1:
        parts.append(str(place + 1))
    parts.append(slug(open_prompt(job), _MAX_SLUG) or "image")
    return f"{'-'.join(parts)}.{sniff(data) or _own_extension(job, place)}"


def open_prompt(job: Job) -> str | None:
    """The prompt for where no bars can stand around a spoiler; None if it is one."""
    prompt = job.recipe.prompt if job.recipe else None
    return None if isinstance(prompt, Spoiler) else prompt


def _own_extension(job: Job, place: int) -> str:
    ending = job.images[place].rpartition(".")[2].lower() if place < len(job.images) else ""
    return ending if ending in _KNOWN else "bin"
