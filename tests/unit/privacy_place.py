"""A channel with a subscription, an InvokeAI with jobs, and all that leads from one to the other."""

import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

import discord
from fakes import (
    MORNING,
    Clock,
    FakeAskedFor,
    FakeDesk,
    FakeGallery,
    FakePeople,
    FakePosts,
    FakeQueue,
    FakeRequests,
    FakeReruns,
    FakeUnsent,
    job,
)
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bot.controls.cancelling import Cancelling
from bot.controls.creating import Creating
from bot.controls.documents import Documents
from bot.controls.filters import FilterNames
from bot.controls.gallery import GalleryControls
from bot.controls.in_front import InFront
from bot.controls.job_lists import JobLists
from bot.controls.jobs import JobLookup
from bot.controls.known_jobs import KnownJobs
from bot.controls.linking import Linking
from bot.controls.pauses import Pauses
from bot.controls.picture_turns import PictureTurns
from bot.controls.queue import QueueControls
from bot.controls.queue_views import QueueViews
from bot.controls.requeueing import Requeueing
from bot.controls.server_controls import ServerControls
from bot.controls.servers import Servers
from bot.controls.styles import StyleControls
from bot.controls.telling import Telling
from bot.controls.workflows import WorkflowControls
from bot.domain.access import Capability
from bot.domain.estimates import Estimates
from bot.domain.jobs import Job, JobStatus, Progress, Recipe
from bot.domain.queue import Undelivered
from bot.domain.queue_state import QueueState
from bot.domain.submissions import Asker
from bot.domain.subscriptions import Subscription
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from cogs.presses import Interaction

SERVER, CHANNEL, GUILD, PERSON = "invokeai", 42, 7, 5
PROMPT, NEGATIVE = "red fox in snow", "a fox cub in the rain"
DONE, ALSO_DONE, RUNNING, WAITING = 1, 2, 3, 4


def told_picture() -> bytes:
    """A PNG in which its prompt is written, as InvokeAI does it."""
    data, info = BytesIO(), PngInfo()
    info.add_text("invokeai_metadata", PROMPT)
    Image.new("RGB", (8, 8), "red").save(data, "PNG", pnginfo=info)
    return data.getvalue()


def preview() -> Progress:
    data = BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "JPEG")
    url = f"data:image/jpeg;base64,{b64encode(data.getvalue()).decode()}"
    return Progress(SERVER, RUNNING, "Denoising", 0.5, url)


@dataclass
class Shown:
    """All that somebody saw. `covered`: each picture only after a tap."""

    words: str = ""
    files: list[bytes] = field(default_factory=list[bytes])
    covered: bool = True
    public: bool = False


async def _nothing() -> Undelivered:
    return Undelivered()


class Place:
    def __init__(self, subscription: Subscription | None) -> None:
        self.subscription = subscription
        recipe = Recipe(PROMPT, NEGATIVE, "Juggernaut")
        about = {
            "recipe": recipe,
            "origin": "workflows",
            "destination": "gallery",
            "user": "alice",
            "boards": ("b-1",),
        }
        jobs = (
            job(DONE, JobStatus.COMPLETED, images=("a.png",)),
            job(ALSO_DONE, JobStatus.COMPLETED, images=("b.png",)),
            job(RUNNING, JobStatus.IN_PROGRESS),
            job(WAITING, JobStatus.PENDING),
        )
        self.queue = FakeQueue(*(replace(one, **about) for one in jobs))
        self.queue.images = {"a.png": told_picture(), "b.png": told_picture()}
        self.state = QueueState(SERVER)
        self.state.job_changed(RUNNING, JobStatus.IN_PROGRESS)
        self.state.progressed(preview())
        self.controls = self._controls()

    def _controls(self) -> ServerControls:
        turns = PictureTurns(lambda: 0.0)
        loader = ImageLoader({SERVER: self.queue}, CompressionWorker())
        held = cast("Pauses", SimpleNamespace(held=None))
        known = KnownJobs(self.queue)
        views = QueueViews(
            self.queue,
            self.queue,
            self.state,
            estimates=Estimates(),
            undelivered=_nothing,
            clock=self.now,
        )
        return ServerControls(
            SERVER,
            QueueControls(self.queue),
            views,
            JobLookup(self.queue, known, lambda: 0.0),
            JobLists(SERVER, self.queue, known, views.running, FakeAskedFor()),
            Cancelling(self.queue, FakeRequests(), FakeUnsent(), Clock()),
            Requeueing(self.queue, FakeReruns(self.queue), FakeDesk(self.queue), lambda _: 1),
            GalleryControls(
                SERVER, self.queue, FakeGallery("a.png", "b.png"), loader, turns, posts=FakePosts()
            ),
            Documents(self.queue),
            held,
            FilterNames(self.queue, FakePeople(), FakeGallery(), lambda: 0.0),
            cast("StyleControls", SimpleNamespace()),  # what they show is no job's
            cast("Creating", SimpleNamespace(owner=_theirs, owner_of_batch=_theirs)),
            cast("Telling", SimpleNamespace()),
            cast("Linking", SimpleNamespace()),
            cast("WorkflowControls", SimpleNamespace()),
            cast("InFront", SimpleNamespace()),
        )

    def now(self) -> datetime:
        return MORNING

    def interaction(self, capability: Capability = Capability.VIEW) -> "FakeInteraction":
        return FakeInteraction(self, capability)


class FakeInteraction:
    """As much of discord.py's as the cogs touch; what is answered is in `shown`."""

    def __init__(self, place: Place, capability: Capability) -> None:
        self.shown = Shown()
        self.channel_id, self.channel = CHANNEL, None
        self.message: discord.Message | None = None
        self.user = SimpleNamespace(id=PERSON)
        self.extras: dict[Any, Any] = {}
        self.filesize_limit = 10_000_000
        self.response = SimpleNamespace(defer=self._defer, is_done=lambda: True)
        self.client = SimpleNamespace(
            channels=SimpleNamespace(of=_answering(place.subscription)),
            capability=_answering(capability),
            controls=place.controls,
            servers=Servers([place.controls]),
            clock=place.now,
            zone=None,
        )

    @property
    def own(self) -> Interaction:
        return cast("Interaction", self)

    async def _defer(self, *, ephemeral: bool = False, thinking: bool = False) -> None:
        del thinking
        self.shown.public = not ephemeral

    async def edit_original_response(
        self, *, view: discord.ui.LayoutView, attachments: Sequence[discord.File]
    ) -> None:
        components = view.to_components()
        self.shown.files = [file.fp.read() for file in attachments]
        names = [f"{file.filename} {file.description}" for file in attachments]
        self.shown.words = "\n".join([json.dumps(components, ensure_ascii=False), *names])
        self.shown.covered = all(_spoilers(components))


async def _theirs(_: Job) -> Asker:
    """Every job is that person's."""
    return Asker(PERSON)


def _answering(answer: object) -> Callable[[object], Awaitable[Any]]:
    async def give(_: object) -> Any:
        return answer

    return give


def _spoilers(found: Any) -> list[bool]:
    """Of each picture and file among these components whether it is a spoiler."""
    if isinstance(found, list):
        return [each for one in cast("list[Any]", found) for each in _spoilers(one)]
    if not isinstance(found, dict):
        return []
    component = cast("dict[str, Any]", found)
    if "media" in component or "file" in component:
        return [bool(component.get("spoiler"))]
    return [each for one in component.values() for each in _spoilers(one)]
