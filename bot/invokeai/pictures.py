"""Images of one InvokeAI: their files, and what they tell of how they were made."""

from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from bot.domain.jobs import Job
from bot.errors import ImageTooLarge, ImageUnusable
from bot.invokeai.connection import Call, Connection
from bot.invokeai.session_results import recipe_from_metadata, safe_image_name

ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class Pictures:
    def __init__(self, line: Connection) -> None:
        self._line = line

    async def file(self, operation: str, name: str, limit: int) -> bytes:
        """Byte for byte. ImageUnusable: gone, no image; ImageTooLarge: more than `limit` bytes."""
        if not safe_image_name(name):
            raise ImageUnusable("InvokeAI gave an image a name that can't be asked for.")
        gone = ImageUnusable(f"InvokeAI has no image {name} any more.")
        answer = await self._line.send(operation, Call(limit=limit, missing=gone), image_name=name)
        if not answer.content_type.startswith("image/"):
            raise ImageUnusable(f"What InvokeAI sent as {name} is no image.")
        if answer.data is None:
            raise ImageTooLarge(f"The image {name} is larger than {limit} bytes.", answer.length)
        return answer.data

    async def with_recipe(self, job: Job) -> Job:
        """For graphs without core_metadata: what the first image itself tells, if it still exists."""
        gone = ImageUnusable("The image is gone.")
        name = job.images[0]
        try:
            metadata = await self._line.ask("get_image_metadata", ANYTHING, missing=gone, image_name=name)
        except ImageUnusable:
            return job
        return replace(job, recipe=recipe_from_metadata(metadata))
