"""InvokeAI's gallery: stars, boards, and images that go for good."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from bot.domain.jobs import Board, Job, Recipe
from bot.errors import ImageGone, ImageTooLarge, ImageUnusable, InvokeAIRefused
from bot.invokeai.connection import Connection
from bot.invokeai.http import Request
from bot.invokeai.models import BoardRecord, DeletedImages, ImageRecord, Moved, Starred
from bot.invokeai.recipes.metadata import completed, recipe_from_metadata
from bot.invokeai.session_results import safe_image_name

ONE_IMAGE = "get_image_dto"
IMAGE = TypeAdapter(ImageRecord)
BOARDS = TypeAdapter(list[BoardRecord])
STARRED = TypeAdapter(Starred)
DELETED = TypeAdapter(DeletedImages)
MOVED = TypeAdapter(Moved)
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class InvokeAIGallery:
    """Names are image names. OperationMissing with a plain sentence where the server lacks an operation."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def starred(self, name: str) -> bool:
        """ImageUnusable if the image is gone."""
        gone = ImageUnusable(f"InvokeAI has no image {name} any more.")
        return (
            await self._connection.ask(ONE_IMAGE, IMAGE, Request({"image_name": name}, missing=gone))
        ).starred

    async def star(self, names: Sequence[str], starred: bool) -> int:  # noqa: FBT001 - the word itself
        """How many of the images are (un)starred now; the others are gone."""
        operation = "star_images_in_list" if starred else "unstar_images_in_list"
        told = await self._connection.ask(operation, STARRED, Request(body={"image_names": list(names)}))
        return len(set(told.names))

    async def delete_images(self, names: Sequence[str]) -> int:
        """How many were deleted for good; the others were gone before (which 5.15 would count too)."""
        there = [name for name in names if await image_exists(self._connection, name)]
        request = Request(body={"image_names": there})
        told = await self._connection.ask("delete_images_from_list", DELETED, request)
        return len(set(told.deleted_images))

    async def boards(self) -> list[Board]:
        """All that are not archived, in InvokeAI's order."""
        told = await self._connection.ask("list_boards", BOARDS, Request(query={"all": "true"}))
        return [Board(one.board_id, one.board_name) for one in told if not one.archived]

    async def move(self, names: Sequence[str], board_id: str) -> int:
        """How many of the images lie on that board now. InvokeAIRefused if the board is gone."""
        gone = InvokeAIRefused("That board is gone from InvokeAI.")
        body = {"board_id": board_id, "image_names": list(names)}
        told = await self._connection.ask("add_images_to_board", MOVED, Request(body=body, missing=gone))
        return len(set(told.names))


async def image_exists(connection: Connection, name: str) -> bool:
    """True as well where the server can't be asked."""
    if ONE_IMAGE not in await connection.operations():
        return True
    try:
        await connection.ask(ONE_IMAGE, IMAGE, Request({"image_name": name}, missing=ImageUnusable(name)))
    except ImageUnusable:
        return False
    return True


class ImageFiles:
    """The images themselves, and what they tell of how they were made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def file(self, operation: str, name: str, limit: int) -> bytes:
        """Byte for byte. ImageUnusable: gone, no image; ImageTooLarge: more than `limit` bytes."""
        if not safe_image_name(name):
            raise ImageUnusable("InvokeAI gave an image a name that can't be asked for.")
        gone = ImageGone(f"InvokeAI has no image {name} any more.")
        answer = await self._connection.send(
            operation, Request({"image_name": name}, limit=limit, missing=gone)
        )
        if not answer.content_type.startswith("image/"):
            raise ImageUnusable(f"What InvokeAI sent as {name} is no image.")
        if answer.data is None:
            raise ImageTooLarge(f"The image {name} is larger than {limit} bytes.", answer.length)
        return answer.data

    async def with_recipe(self, job: Job) -> Job:
        """For graphs that tell no prompt: what the first image itself tells, if it still exists."""
        request = Request({"image_name": job.images[0]}, missing=ImageUnusable("The image is gone."))
        try:
            metadata = await self._connection.ask("get_image_metadata", ANYTHING, request)
        except ImageUnusable:
            return job
        return replace(job, recipe=completed(recipe_from_metadata(metadata), job.recipe or Recipe()))
