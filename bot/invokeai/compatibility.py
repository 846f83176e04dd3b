"""Which family of InvokeAI a server is of: what it can do, and how its queue is looked through."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from pydantic import TypeAdapter

from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.errors import InvokeAIUnavailable, OperationMissing
from bot.invokeai.http import PLAIN, Answer, Http, Request, no_invokeai, read_json
from bot.invokeai.http_errors import TemporarilyUnavailable
from bot.invokeai.known_operations import KnownOperations, released, remember, remembered
from bot.invokeai.listing.by_cursor import CursorPage, Hint, ListedJob, ListingByCursor
from bot.invokeai.listing.by_id import ListingById
from bot.invokeai.listing.by_offset import ListingByOffset
from bot.invokeai.listing.common import Listing
from bot.invokeai.listing.rows import ListPage, Summaries
from bot.invokeai.models import AppVersion, ItemIds, Status
from bot.invokeai.operations import OpenApi, Operation, Operations

T = TypeVar("T")

log = structlog.stdlib.get_logger()

DOCUMENT = TypeAdapter(OpenApi)
STATUS = TypeAdapter(Status)
VERSION = TypeAdapter(AppVersion)
IDS = TypeAdapter(ItemIds)
SUMMARIES: TypeAdapter[Any] = TypeAdapter(Summaries)
PAGE = TypeAdapter(ListPage)

OPENAPI = Operation("openapi", "GET", "/openapi.json")
APP_VERSION = Operation("app_version", "GET", "/api/v1/app/version")
UNKNOWN = "unknown"
TRIED = 6
"""The newest major version of InvokeAI that the bot was run with."""
SUMMARIES_BY_IDS = "get_queue_item_summaries_by_ids"  # from 6.14
ITEMS_BY_IDS = "get_queue_items_by_item_ids"  # from 6.7
ALL_IDS = "get_queue_item_ids"  # from 6.7
LIST = "list_queue_items"  # up to 6.6, and documented
FIRST_READ, MAX_READ = 50, 500  # jobs in a list of 0.6 KB each
FIRST_READ_WHOLE, MAX_READ_WHOLE = 4, 50  # of 25 KB each
LIST_ALL = "list_all_queue_items"  # from 6.0: since then a list brings whole sessions


class Ask(Protocol):
    """One operation asked of one server."""

    def __call__(self, name: str, shape: TypeAdapter[T], request: Request = PLAIN) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a server is. `version` is UNKNOWN where it does not tell."""

    version: str
    operations: Operations


def is_tried(version: str) -> bool:
    """False for a version that the bot knows from its source alone, and was not yet run with."""
    major = version.partition(".")[0]
    return not (major.isascii() and major.isdigit() and int(major[:9]) > TRIED)


async def learn(http: Http, queue_id: str, known: KnownOperations) -> Learnt:
    """Asks a released version for nothing but its number, and any other for its OpenAPI document, once.

    InvokeAIUnavailable: it is no InvokeAI, or can't tell now.
    """
    version = await _version(http)
    if version == UNKNOWN:
        return Learnt(version, await _asked(http, queue_id))
    operations = released(version) or await remembered(known, version)
    if operations is None:
        log.info("operations_asked", version=version)
        operations = await _asked(http, queue_id)
        if operations.by_document:
            await remember(known, version, operations)
    return Learnt(version, operations)


async def _version(http: Http) -> str:
    try:
        answer = await http.send(APP_VERSION)
    except OperationMissing:
        return UNKNOWN
    try:
        return read_json(answer, VERSION, http.endpoint).version
    except InvokeAIUnavailable as error:
        log.warning("version_read_failed", reason=error.with_details)
        return UNKNOWN


async def _asked(http: Http, queue_id: str) -> Operations:
    """What its OpenAPI document says.

    Only a server that has none (404, 405, or a page in its place) and yet knows the queue is taken for one
    that does as documented. One that is in trouble is not.
    """
    try:
        answer = await http.send(OPENAPI)
    except OperationMissing:
        return await _documented(http, queue_id)
    if answer.content_type == "text/html":
        return await _documented(http, queue_id)
    operations = Operations.from_openapi(read_json(answer, DOCUMENT, http.endpoint))
    if "app_version" not in operations or "get_queue_status" not in operations:
        raise no_invokeai(http.endpoint)
    return operations


async def _documented(http: Http, queue_id: str) -> Operations:
    operations = Operations.documented()
    status = operations.operation("get_queue_status")
    answer: Answer | None = None
    try:
        answer = await http.send(status, Request({"queue_id": queue_id}))
        read_json(answer, STATUS, http.endpoint)
    except TemporarilyUnavailable:
        raise
    except (InvokeAIUnavailable, OperationMissing) as error:
        raise no_invokeai(http.endpoint, answer) from error
    return operations


def hides_the_unknown(operations: Operations) -> bool:
    """Whether a job that is not there may be answered with a bare 500: InvokeAI up to 5.15 does that."""
    return ALL_IDS not in operations


def cancels_the_finished(operations: Operations) -> bool:
    """Whether cancelling a finished job would change it: InvokeAI up to 5.15 does that."""
    return ALL_IDS not in operations and LIST_ALL not in operations


@dataclass(frozen=True, slots=True)
class ListingSource:
    """Where a listing gets its answers."""

    ask: Ask
    status: Callable[[], Awaitable[QueueStatus]]
    server: str
    queue_id: str


def listing_for(operations: Operations, source: ListingSource, hint: Hint) -> Listing:
    """The way to look through this server's queue."""
    if ALL_IDS in operations:
        return _by_id(operations, source)
    return _by_cursor(operations, source, hint) if operations.by_document else _by_offset(source)


def _by_id(operations: Operations, source: ListingSource) -> Listing:
    summaries = SUMMARIES_BY_IDS in operations
    name, most = (SUMMARIES_BY_IDS, 1000) if summaries else (ITEMS_BY_IDS, 100)

    async def ids() -> list[int]:
        return (await source.ask(ALL_IDS, IDS)).item_ids

    async def read(numbers: list[int]) -> list[Job]:
        found = await source.ask(name, SUMMARIES, Request(body={"item_ids": numbers}, repeatable=True))
        return [summary.to_job(source.server) for summary in found]

    return ListingById(ids, read, source.status, most, first=FIRST_READ if summaries else FIRST_READ_WHOLE)


def _by_cursor(operations: Operations, source: ListingSource, hint: Hint) -> Listing:
    async def fetch(
        limit: int, *, status: JobStatus | None = None, after: tuple[int, int] | None = None
    ) -> CursorPage:
        query: dict[str, str | int] = {"limit": limit}
        if status is not None:
            query["status"] = status.value
        if after is not None:
            query |= {"cursor": after[0], "priority": after[1]}
        page = await source.ask(LIST, PAGE, Request(query=query))
        rows = [
            ListedJob(item.to_job(source.server), item.queue_id in {None, source.queue_id})
            for item in page.items
        ]
        return CursorPage(rows, page.has_more)

    first, most = (FIRST_READ_WHOLE, MAX_READ_WHOLE) if LIST_ALL in operations else (FIRST_READ, MAX_READ)
    return ListingByCursor(fetch, source.status, hint, first=first, most=most)


def _by_offset(source: ListingSource) -> Listing:
    async def fetch(limit: int, offset: int, status: JobStatus | None) -> list[Job]:
        query: dict[str, str | int] = {"limit": limit, "offset": offset}
        if status is not None:
            query["status"] = status.value
        page = await source.ask(LIST, PAGE, Request(query=query))
        return [item.to_job(source.server) for item in page.items]

    return ListingByOffset(fetch, source.status)
