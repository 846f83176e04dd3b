"""An InvokeAI with finished jobs whose graphs can become styles, and the controls that use them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from json import dumps, loads
from typing import Any

from fakes import FakeQueue, job
from store_samples import NOW

from bot.controls.creating import Creating, CreationRules
from bot.controls.feeding import Feeder
from bot.controls.quotas import Quotas
from bot.controls.styles import StyleControls
from bot.domain.creation import Submitted
from bot.domain.jobs import Enqueued, Job, JobStatus
from bot.domain.queue import Outlook
from bot.domain.refused_words import RefusedWords
from bot.domain.styles import StyleChanges, StyleCheck
from bot.domain.submissions import Asker, BatchState, Quota
from bot.errors import BotError, ConversionFailed, JobUnknown, RequestRefused
from bot.invokeai.creation import Creation
from bot.invokeai.requeue.batch import BatchBody
from bot.invokeai.styles.apply import style_batch
from bot.store.database import Database
from bot.store.styles import Styles
from bot.store.submissions import Submissions

GUILD, CHANNEL = 7, 42
ANN = Asker(5, GUILD, CHANNEL, counted=True)
BOSS = Asker(6, GUILD, CHANNEL)
PROMPT, NEGATIVE = "red fox in snow", "blurry"
QUOTA = Quota(4)
PHOTO, UPRIGHT = b"photo", b"upright"


def graph(*, prompt: bool = True, negative: bool = True, seed: bool = True, images: int = 0) -> str:
    """As InvokeAI keeps one, with these parts."""
    draw: dict[str, Any] = {"type": "sandbox_draw", "is_intermediate": False, "width": 64, "height": 64}
    draw |= {"prompt": PROMPT} if prompt else {}
    draw |= {"negative_prompt": NEGATIVE} if negative else {}
    draw |= {"seed": 1234} if seed else {}
    nodes = {"draw": draw}
    for place in range(images):
        nodes[f"start{place}"] = {"type": "img_resize", "image": {"image_name": f"{place}.png"}}
    return dumps({"nodes": {name: {"id": name, **node} for name, node in nodes.items()}, "edges": []})


@dataclass
class FakeCreation:
    """InvokeAI's graphs by job; the real one reads and changes them. `lost`: what it no longer has."""

    graphs: dict[int, str]
    lost: str | None = None
    uploads: list[bytes] = field(default_factory=list[bytes])

    async def graph_of(self, number: int) -> str:
        if number not in self.graphs:
            raise JobUnknown("It is gone.")
        return self.graphs[number]

    def check(self, graph: str) -> StyleCheck:
        return Creation.check(graph)

    async def missing(self, graph: str, *, but: str | None = None) -> str | None:
        del graph, but
        return self.lost

    async def batch(self, graph: str, changes: StyleChanges, seeds: Sequence[int]) -> BatchBody:
        if self.lost is not None:
            raise RequestRefused(self.lost)
        return style_batch(loads(graph), changes, seeds, [])

    async def upload(self, data: bytes, content_type: str) -> str:
        assert content_type == "image/png"
        self.uploads.append(data)
        return "new.png"


class FakeFeed:
    """InvokeAI's batches. None of their jobs ends. `sent`: what it was given. `trouble`: what it raises."""

    def __init__(self, room: int = 1000) -> None:
        self.room = room
        self.trouble: BotError | None = None
        self.sent: list[tuple[BatchBody, bool]] = []
        self._jobs: dict[str, int] = {}
        self._numbers = count(100)

    async def send(self, body: BatchBody, batch_id: str, *, first: bool = False) -> Enqueued:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((body, first))
        taken = min(self.room, body.jobs)
        self.room -= taken
        self._jobs[batch_id] = self._jobs.get(batch_id, 0) + taken
        return Enqueued(batch_id, body.jobs, taken, tuple(next(self._numbers) for _ in range(taken)))

    async def counts(self, batch_id: str) -> BatchState:
        return BatchState(self._jobs.get(batch_id, 0), self._jobs.get(batch_id, 0))

    async def job(self, number: int) -> Job:
        raise JobUnknown(f"#{number} is gone.")

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        del numbers
        return []

    async def retried(self, original: int, above: int) -> Job | None:
        del original, above
        return None


class Atelier:
    def __init__(
        self,
        database: Database,
        *words: str,
        quota: Quota = QUOTA,
        graphs: dict[int, str] | None = None,
        server: str = "attic",
        quotas: Quotas | None = None,
    ) -> None:
        self.graphs = {812: graph()} if graphs is None else graphs
        done = [job(number, JobStatus.COMPLETED, images=("a.png",)) for number in self.graphs]
        self.queue, self.creation, self.feed = FakeQueue(*done), FakeCreation(self.graphs), FakeFeed()
        self.styles = StyleControls(server, self.queue, self.creation, Styles(database), clock=lambda: NOW)
        ids = map(f"{server}{{}}".format, count()).__next__
        feeder = Feeder(server, self.feed, Submissions(database), clock=lambda: NOW, new_id=ids, shared=False)
        self.creating = Creating(
            self.creation,
            self.styles,
            feeder,
            rules=CreationRules(quota, RefusedWords(words), quotas or Quotas()),
            outlook=self,
            below=lambda _: next(self._dice),
            prepared=self._prepared,
        )
        self._dice = count(1)
        self.seen: Outlook | None = Outlook(paused=False, place=3)

    async def outlook(self, submitted: Submitted, *, first: bool) -> Outlook | None:
        del submitted, first
        return self.seen

    async def _prepared(self, data: bytes) -> bytes:
        if data != PHOTO:
            raise ConversionFailed("That is no picture.")
        return UPRIGHT

    def drawn(self) -> dict[str, Any]:
        """The node that draws, as it was sent last."""
        return self.feed.sent[-1][0].batch["graph"]["nodes"]["draw"]
