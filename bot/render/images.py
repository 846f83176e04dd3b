"""Pure facts about pictures: what their bytes are, and what their files are called."""

from dataclasses import dataclass, field

from bot.domain.events import Job
from bot.render.text import Spoiler, slug

NAME_LIMIT = 100
_SLUG_LIMIT = 60
_KNOWN = ("png", "webp", "jpg", "jpeg")


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a job. No `data`: `problem` says in a few words why it is missing.

    `what` says what was done to the file to make it fit; None: it is as InvokeAI has it.
    """

    name: str
    data: bytes | None = field(repr=False)
    problem: str | None = None
    what: str | None = None


def sniff(data: bytes) -> str | None:
    """`png`, `webp` or `jpg` by the signature of the bytes; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return None


def file_name(job: Job, place: int, data: bytes) -> str:
    """`812-red-fox-in-snow.png`; the second image of several is `812-2-red-fox-in-snow.png`.

    Without a prompt that may be seen at once: `812-image.png`.
    """
    parts = [str(job.number)]
    if len(job.images) > 1:
        parts.append(str(place + 1))
    parts.append(slug(open_prompt(job), _SLUG_LIMIT) or "image")
    return f"{'-'.join(parts)}.{sniff(data) or _own_extension(job, place)}"


def open_prompt(job: Job) -> str | None:
    """The prompt for where no bars can stand around a spoiler; None if it is one."""
    prompt = job.recipe.prompt if job.recipe else None
    return None if isinstance(prompt, Spoiler) else prompt


def _own_extension(job: Job, place: int) -> str:
    ending = job.images[place].rpartition(".")[2].lower() if place < len(job.images) else ""
    return ending if ending in _KNOWN else "bin"
