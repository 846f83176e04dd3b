"""Many jobs read whole in few requests, one job's documents as InvokeAI keeps them, and its batch's size."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from pydantic import TypeAdapter

from bot.domain.jobs import BatchPlace, Job, JobDocuments
from bot.errors import ImageUnusable, InvokeAIUnavailable, JobUnknown
from bot.invokeai.bulk_cancel import BATCH_STATUS
from bot.invokeai.compatibility import ITEMS_BY_IDS
from bot.invokeai.connection import ANY, Connection
from bot.invokeai.foreign_json import mapping
from bot.invokeai.gallery import kind_of
from bot.invokeai.http import Request
from bot.invokeai.listing.rows import readable
from bot.invokeai.models import GroupCounts, Item

AT_ONCE = 4
"""Requests, where each job takes one of its own."""
ITEMS = TypeAdapter(Annotated[list[Item], readable(Item)])
GROUP = TypeAdapter(GroupCounts)
WORKFLOW = "get_image_workflow"


class WholeJobs:
    """`one` reads a job whole; JobUnknown if there is none of that number."""

    def __init__(self, connection: Connection, server: str, one: Callable[[int], Awaitable[Job]]) -> None:
        self._connection = connection
        self._server = server
        self._one = one

    async def many(self, numbers: Sequence[int]) -> list[Job]:
        """Those of the numbers that are there and can be read, in any order; from 6.7 in one request."""
        if not numbers:
            return []
        if ITEMS_BY_IDS in await self._connection.operations():
            request = Request(body={"item_ids": list(numbers)}, repeatable=True)
            found = await self._connection.ask(ITEMS_BY_IDS, ITEMS, request)
            return [item.to_job(self._server) for item in found]
        room = asyncio.Semaphore(AT_ONCE)

        async def read(number: int) -> Job | None:
            async with room:
                try:
                    return await self._one(number)
                except (JobUnknown, InvokeAIUnavailable):
                    return None

        return [job for job in await asyncio.gather(*map(read, numbers)) if job is not None]

    async def documents(self, job: Job) -> JobDocuments:
        """The queue item, and the metadata and the workflow of its first image, as InvokeAI keeps them."""
        unknown = JobUnknown(f"Job #{job.number} isn't in InvokeAI's queue; it may have been removed.")
        item = await self._connection.ask(
            "get_queue_item", ANY, Request({"item_id": job.number}, missing=unknown)
        )
        workflow = mapping(item).get("workflow")
        if not job.images:
            return JobDocuments(item, None, workflow)
        name = job.images[0]
        metadata = await self._of_image(f"get_{kind_of(name)}_metadata", name)
        if workflow is None and kind_of(name) == "image":
            workflow = mapping(await self._of_image(WORKFLOW, name)).get("workflow")
        return JobDocuments(item, metadata, workflow)

    async def batch_place(self, batch_id: str) -> BatchPlace | None:
        """How many jobs of the batch have ended, and how many it has; None where InvokeAI does not tell."""
        if not batch_id or BATCH_STATUS not in await self._connection.operations():
            return None
        counts = await self._connection.ask(BATCH_STATUS, GROUP, Request({"batch_id": batch_id}))
        return BatchPlace(counts.completed + counts.failed + counts.canceled, counts.total)

    async def _of_image(self, operation: str, name: str) -> Any:
        """None if the image is gone, or the server lacks the operation."""
        if operation not in await self._connection.operations():
            return None
        gone = ImageUnusable(name)
        try:
            return await self._connection.ask(
                operation, ANY, Request({f"{kind_of(name)}_name": name}, missing=gone)
            )
        except ImageUnusable:
            return None
