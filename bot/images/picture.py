"""A picture's bytes: what they are, and why they are missing."""

from dataclasses import dataclass, field

import humanize


@dataclass(frozen=True, slots=True)
class Picture:
    """An image or a video of a job. No `data`: `problem` says in a few words why it is missing.

    `gone`: InvokeAI knows no such image now. `what` says what was done to the file to make it fit; None: it
    is as InvokeAI has it.
    """

    name: str
    data: bytes | None = field(repr=False)
    problem: str | None = None
    what: str | None = None
    gone: bool = False


def is_video(name: str) -> bool:
    """InvokeAI gives every video, and nothing else, a name that ends so."""
    return name.lower().endswith(".mp4")


def sniff(data: bytes) -> str | None:
    """`png`, `webp`, `jpg` or `mp4` by the signature of the bytes; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data[4:8] == b"ftyp":
        return "mp4"
    return None


def size(count: int) -> str:
    """Bytes as `4.2 MB` or `31 MB`."""
    return humanize.naturalsize(count, format="%.0f" if count >= 10_000_000 else "%.1f")  # noqa: PLR2004 - 31 MB
