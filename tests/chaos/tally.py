"""What an InvokeAI has finished, held against what stands in a channel: lost, doubled, out of order."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.item import Item

ALBUM = re.compile(r"[✅⏳] \d+ of \d+ ")
"""A batch's pictures, or the line at its end."""
RANGE = re.compile(r"#(\d+)(?:–#(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Piece:
    """What a channel must hear once: an image (its bytes' digest), a failure or a cancellation of a job."""

    job: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    jobs: int
    messages: int
    lost: list[Piece]
    doubled: list[Piece]
    invented: list[Piece]
    late: list[int]
    """The jobs that stand after one that ended later."""

    @property
    def perfect(self) -> bool:
        return not (self.lost or self.doubled or self.invented or self.late)


@dataclass(slots=True)
class Figures:
    """Of all that was judged since the start."""

    kills: int = 0
    jobs: int = 0
    messages: int = 0
    requests: int = 0
    """For pictures."""
    lost: int = 0
    doubled: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.jobs:,} jobs, {self.messages:,} messages, "
            f"{self.requests:,} requests, {self.lost} lost, {self.doubled} doubled"
        )


FIGURES = Figures()


def owed(invokeai: SandboxInvokeAI, untold: Collection[int] = ()) -> set[Piece]:
    """Every piece of every job that has ended, as InvokeAI itself has it; but of those in `untold`."""
    items = [item for item in invokeai.queue.items.values() if item.item_id not in untold]
    return {piece for item in items for piece in _pieces(invokeai, item)}


def told(channel: Channel) -> list[list[Piece]]:
    """The pieces in each message, oldest message first. ValueError for a message that can't be read."""
    return [_told(message) for message in channel.messages if not message.v2]


def judge(invokeai: SandboxInvokeAI, channel: Channel, untold: Collection[int] = ()) -> Verdict:
    """`untold`: jobs that must not stand in the channel."""
    verdict = _judged(invokeai, channel, untold)
    FIGURES.jobs += verdict.jobs
    FIGURES.messages += verdict.messages
    FIGURES.lost += len(verdict.lost)
    FIGURES.doubled += len(verdict.doubled)
    return verdict


def _judged(invokeai: SandboxInvokeAI, channel: Channel, untold: Collection[int]) -> Verdict:
    wanted = owed(invokeai, untold)
    messages = told(channel)
    seen = Counter(piece for pieces in messages for piece in pieces)
    return Verdict(
        jobs=len({piece.job for piece in wanted}),
        messages=len(messages),
        lost=sorted(wanted - set(seen)),
        doubled=sorted(piece for piece, times in seen.items() if times > 1),
        invented=sorted(set(seen) - wanted),
        late=_late(invokeai, channel),
    )


def in_order(invokeai: SandboxInvokeAI, channel: Channel, number: int) -> bool:
    """Whether the job's images stand in the channel in the order in which they were made."""
    made = _pieces(invokeai, invokeai.queue.items[number])
    return [piece for pieces in told(channel) for piece in pieces if piece.job == number] == made


def _pieces(invokeai: SandboxInvokeAI, item: Item) -> list[Piece]:
    if item.status != "completed":
        return [Piece(item.item_id, item.status)] if item.is_terminal else []
    outputs = [result for result in item.session["results"].values() if result["type"] == "image_output"]
    names = dict.fromkeys(output["image"]["image_name"] for output in outputs)
    return [Piece(item.item_id, _digest(invokeai.images.find(name).png)) for name in names]


def _told(message: Message) -> list[Piece]:
    if message.content.startswith(("✅", "⏳")):
        return [Piece(int(file.filename.split("-")[0]), _digest(file.data)) for file in message.files]
    if message.content.startswith(("🏁", "🔌")):
        return []  # news of the server, not of a job
    kind = {"❌": "failed", "🚫": "canceled", "⚠": "canceled"}[message.content[0]]  # ⚠: by InvokeAI's own end
    head = message.content.splitlines()[0]
    if kind == "failed":
        return [Piece(number, kind) for number in _folded(message) or _numbers(head)[:1]]
    if "more" in head:
        raise ValueError(f"the head does not name every job: {head}")
    return [Piece(number, kind) for number in _numbers(head)]


def _folded(message: Message) -> list[int]:
    """The jobs of a message that tells of the same failure again and again, the first one first."""
    [first] = _numbers(message.content)[:1]
    lines = [line for line in message.text.splitlines() if line.startswith("Failed: ")]
    again = [number for line in lines for number in _numbers(line)]
    return [first, *(number for number in again if number != first)] if again else []


def _numbers(text: str) -> list[int]:
    return [
        number for first, last in RANGE.findall(text) for number in range(int(first), int(last or first) + 1)
    ]


def _late(invokeai: SandboxInvokeAI, channel: Channel) -> list[int]:
    late: list[int] = []
    newest = ""
    for message in channel.messages:
        if message.v2:
            continue
        jobs = {piece.job: piece.what for piece in _told(message)}
        ends = [(invokeai.queue.items[job].completed_at or "", job) for job in jobs]
        grew = "failed" in jobs.values() or ALBUM.match(message.content) is not None
        if ALBUM.match(message.content):
            late += [job for (end, job), (before, _) in zip(ends[1:], ends, strict=False) if end < before]
        for end, job in ends[:1] if grew else ends:  # later ones came by an edit
            late += [job] if end < newest else []
            newest = max(newest, end)
    return late


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
