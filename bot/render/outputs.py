"""What a job made, in words: how many pictures and videos, which texts and numbers, and what is not there."""

from collections.abc import Iterable, Sequence

from bot.domain.jobs import Job, Output, OutputKind
from bot.images.picture import is_video
from bot.render.message import Field
from bot.render.text import cut, dotted, line, many, paragraph, quoted

MAX_QUOTE = 80
MAX_TEXT = 1024
_WORDS = {OutputKind.PICTURE: "image", OutputKind.VIDEO: "video"}


def many_files(names: Sequence[str]) -> str:
    """`1 image`, `3 videos`, `2 images and 1 video`; empty if there is none."""
    videos = sum(is_video(name) for name in names)
    counts = [
        many(count, word) for count, word in ((len(names) - videos, "image"), (videos, "video")) if count
    ]
    return " and ".join(counts)


def word_for(names: Iterable[str]) -> str:
    """What one of these is called: `image`, `video`, or `file` where there are both."""
    words = {"video" if is_video(name) else "image" for name in names}
    return words.pop() if len(words) == 1 else "file"


def made_besides(job: Job) -> str:
    """`“A fox.”`, `3 texts`, `7`, `image deleted`, `no image`; empty if nothing beside its images was due."""
    files = [each for each in job.outputs if each.kind in _WORDS]
    final = [each.name for each in files if each.name and not each.staged]
    others = [name for name in final if name not in job.images]
    staged = [each for each in files if each.staged and each.name]
    said = [
        many_files(others),
        f"{many(len(staged), 'image')} staged in the canvas" if staged else "",
        *(_absent(kind, [each for each in files if each.kind is kind and not each.name]) for kind in _WORDS),
        _words(job),
    ]
    return dotted(*said)


def text_fields(job: Job) -> tuple[Field, ...]:
    """The texts of a job, cut, where they say more than the line."""
    texts = _texts(job)
    if not texts or (len(texts) == 1 and line(texts[0].text, MAX_TEXT) == line(texts[0].text, MAX_QUOTE - 2)):
        return ()
    shown = [paragraph(each.text, MAX_TEXT // len(texts) - 2) for each in texts]
    told = cut("\n\n".join(each for each in shown if each), MAX_TEXT)
    return (Field("Text" if len(texts) == 1 else "Texts", told, inline=False),) if told else ()


def _absent(kind: OutputKind, absent: Sequence[Output]) -> str:
    word, deleted = _WORDS[kind], sum(each.deleted for each in absent)
    if deleted:
        return f"{many(deleted, word) if deleted > 1 else word} deleted"
    return f"no {word}" if absent else ""


def _words(job: Job) -> str:
    texts = _texts(job)
    if texts:
        shown = quoted(texts[0].text, MAX_QUOTE) if len(texts) == 1 else ""
        return shown or many(len(texts), "text")
    return ", ".join(line(each.text, MAX_QUOTE) for each in job.outputs if each.kind is OutputKind.NUMBER)


def _texts(job: Job) -> Sequence[Output]:
    return [each for each in job.outputs if each.kind is OutputKind.TEXT]
