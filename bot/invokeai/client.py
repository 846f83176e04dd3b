"""What one InvokeAI can be asked. Answers are words of the domain; every error is of our tree."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, TypeVar

import aiohttp
from pydantic import TypeAdapter

from bot.errors import ImageUnusable, InvokeAIError, InvokeAIUnavailable, JobUnknown
from bot.events import Job, JobPage, JobStatus, QueueStatus, ServerInfo
from bot.invokeai.account import Account
from bot.invokeai.api import ME, Api, OpenApi
from bot.invokeai.listing import Listing, ListingById
from bot.invokeai.models import AppVersion, Canceled, Item, ItemIds, Me, Processor, Status, Summary
from bot.invokeai.outputs import recipe_from_metadata, safe_image_name
from bot.invokeai.wire import LARGEST_JSON, Answer, Patience, Request, TokenRefused, Wire, read_json

T = TypeVar("T")

ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
DOCUMENT = TypeAdapter(OpenApi)
VERSION = TypeAdapter(AppVersion)
STATUS = TypeAdapter(Status)
PROCESSOR = TypeAdapter(Processor)
ITEM = TypeAdapter(Item)
ITEM_OR_NONE: TypeAdapter[Item | None] = TypeAdapter(Item | None)
IDS = TypeAdapter(ItemIds)
SUMMARIES = TypeAdapter(list[Summary])
CANCELED = TypeAdapter(Canceled)
MY_ACCOUNT = TypeAdapter(Me)

OPENAPI_PATH = "/openapi.json"
SUMMARIES_BY_IDS = "get_queue_item_summaries_by_ids"  # from 6.14
ITEMS_BY_IDS = "get_queue_items_by_item_ids"  # from 6.7


@dataclass(frozen=True, slots=True)
class Known:
    """What one connect has found out."""

    api: Api
    info: ServerInfo


class InvokeAIClient:
    """One InvokeAI and one of its queues. `server` is our own name for it, and goes into every Job.

    `clock` counts seconds and is asked only for the age of a login.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        server: str,
        *,
        queue_id: str = "default",
        email: str | None = None,
        password: str | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.server = server
        self.queue_id = queue_id
        self._wire = Wire(http, url, patience or Patience())
        self._account = Account(self._wire, email, password, clock)
        self._known: Known | None = None
        self._connecting = asyncio.Lock()

    def __repr__(self) -> str:
        return f"InvokeAIClient({self.server!r}, {self._wire.address!r})"

    @property
    def info(self) -> ServerInfo | None:
        """What stands there, as the last connect saw it."""
        return self._known.info if self._known else None

    async def connect(self) -> ServerInfo:
        """Looks afresh at what the server is and can do, and logs in if it wants that."""
        async with self._connecting:
            self._known = None
            self._known = await self._look()
            return self._known.info

    async def token(self) -> str | None:
        """A fresh enough token for the socket; None where InvokeAI has no accounts."""
        return await self._account.fresh((await self._ready()).api)

    async def is_admin(self) -> bool:
        """Whether we may see and steer everybody's jobs; without accounts everyone may."""
        if await self.token() is None:
            return True
        return (await self._ask(ME, MY_ACCOUNT)).is_admin

    async def status(self) -> QueueStatus:
        return (await self._ask("get_queue_status", STATUS)).to_status(self.server)

    async def current(self) -> Job | None:
        """The running job whole (one of them, if several run), or None."""
        return self._whole(await self._ask("get_current_queue_item", ITEM_OR_NONE))

    async def next(self) -> Job | None:
        """The job whose turn is next, whole, or None."""
        return self._whole(await self._ask("get_next_queue_item", ITEM_OR_NONE))

    async def job(self, number: int) -> Job:
        """The job whole: recipe, images, failure. JobUnknown if there is none of that number."""
        item = await self._ask("get_queue_item", ITEM, missing=self._no_job(number), item_id=number)
        job = item.to_job(self.server)
        return await self._with_recipe(job) if job.images and job.recipe is None else job

    async def jobs_changed(self, after: int, unfinished: Collection[int]) -> list[Job]:
        """Summaries of all jobs above `after` and of those of `unfinished` that still exist, by number."""
        return await (await self._listing()).changed(after, unfinished)

    async def baseline(self) -> tuple[int, list[Job]]:
        """The highest number (0 if there is no job) and summaries of all unfinished jobs, by number."""
        return await (await self._listing()).baseline()

    async def jobs(
        self, *, before: int | None = None, status: JobStatus | None = None, limit: int = 10
    ) -> JobPage:
        """Summaries from the newest number down."""
        return await (await self._listing()).page(before, status, limit)

    async def latest(self, status: JobStatus | None = None) -> Job | None:
        """The job that ended last, wherever it stands in the queue, whole."""
        number = await (await self._listing()).latest(status)
        return None if number is None else await self.job(number)

    async def cancel(self, number: int) -> Job:
        """Asks to cancel it, and returns the job as it is afterwards: a finished one stays what it was."""
        await self._ask("cancel_queue_item", ITEM, missing=self._no_job(number), item_id=number)
        return await self.job(number)

    async def cancel_batch(self, batch_id: str) -> int:
        """How many jobs InvokeAI says it has cancelled."""
        return (await self._ask("cancel_by_batch_ids", CANCELED, body={"batch_ids": [batch_id]})).canceled

    async def cancel_waiting(self) -> int:
        """Cancels everything but what runs. How many jobs InvokeAI says it has cancelled."""
        return (await self._ask("cancel_all_except_current", CANCELED)).canceled

    async def pause(self) -> QueueStatus:
        """The processor takes no further job; a running one goes on."""
        await self._ask("pause", PROCESSOR)
        return await self.status()

    async def resume(self) -> QueueStatus:
        await self._ask("resume", PROCESSOR)
        return await self.status()

    async def image(self, name: str, limit: int) -> bytes:
        """The image's file, byte for byte. ImageUnusable: gone, no image, or more than `limit` bytes."""
        if not safe_image_name(name):
            raise ImageUnusable("InvokeAI gave an image a name that can't be asked for.")
        gone = ImageUnusable(f"InvokeAI has no image {name} any more.")
        answer = await self._call("get_image_full", limit=limit, missing=gone, image_name=name)
        if not answer.content_type.startswith("image/"):
            raise ImageUnusable(f"What InvokeAI sent as {name} is no image.")
        if answer.data is None:
            raise ImageUnusable(f"The image {name} is larger than {limit} bytes.")
        return answer.data

    async def _with_recipe(self, job: Job) -> Job:
        """For graphs without core_metadata: what the first image itself tells, if it still exists."""
        gone = ImageUnusable("The image is gone.")
        name = job.images[0]
        try:
            metadata = await self._ask("get_image_metadata", ANYTHING, missing=gone, image_name=name)
        except ImageUnusable:
            return job
        return replace(job, recipe=recipe_from_metadata(metadata))

    async def _listing(self) -> Listing:
        known = await self._ready()
        name, most = (SUMMARIES_BY_IDS, 1000) if SUMMARIES_BY_IDS in known.api else (ITEMS_BY_IDS, 100)

        async def ids() -> list[int]:
            return (await self._ask("get_queue_item_ids", IDS)).item_ids

        async def read(numbers: list[int]) -> list[Job]:
            found = await self._ask(name, SUMMARIES, body={"item_ids": numbers}, again=True)
            return [summary.to_job(self.server) for summary in found]

        return ListingById(ids, read, self.status, most)

    async def _ready(self) -> Known:
        async with self._connecting:
            if self._known is None:
                self._known = await self._look()
            return self._known

    async def _look(self) -> Known:
        wire = self._wire
        found = Api.from_openapi(
            read_json(await wire.send(Request("GET", OPENAPI_PATH), again=True), DOCUMENT, wire.address)
        )
        if "app_version" not in found or "get_queue_status" not in found:
            raise InvokeAIUnavailable(f"{wire.address} answers, but is not an InvokeAI. Check INVOKEAI_URL.")
        answer = await wire.send(Request("GET", found.operation("app_version").path({})), again=True)
        version = read_json(answer, VERSION, wire.address).version
        await self._account.open(found)
        return Known(found, ServerInfo(self.server, wire.address, version))

    async def _ask(self, name: str, shape: TypeAdapter[T], **call: Any) -> T:
        return read_json(await self._call(name, **call), shape, self._wire.address)

    async def _call(
        self,
        name: str,
        *,
        again: bool = False,
        body: object = None,
        limit: int = LARGEST_JSON,
        missing: InvokeAIError | None = None,
        **values: str | int,
    ) -> Answer:
        """One operation, with a new login and a second try if the token is old. `again`: it only reads."""
        known = await self._ready()
        operation = known.api.operation(name)
        path = operation.path({"queue_id": self.queue_id, **values})
        reads = again or operation.method == "GET"

        async def send(token: str | None) -> Answer:
            return await self._wire.send(
                Request(operation.method, path, body, token, limit, missing), again=reads
            )

        used = self._account.token
        try:
            return await send(used)
        except TokenRefused:
            return await send(await self._account.renew(known.api, used))

    def _whole(self, item: Item | None) -> Job | None:
        return None if item is None else item.to_job(self.server)

    @staticmethod
    def _no_job(number: int) -> JobUnknown:
        return JobUnknown(f"InvokeAI has no job #{number} (any more).")
