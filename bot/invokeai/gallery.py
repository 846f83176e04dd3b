"""InvokeAI's gallery: stars, boards, and images and videos that go for good."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from bot.domain.jobs import Board, Job, Recipe
from bot.errors import ImageGone, ImageTooLarge, ImageUnusable, InvokeAIRefused
from bot.images.picture import is_video
from bot.invokeai.connection import Connection
from bot.invokeai.gallery_models import (
    BoardRecord,
    DeletedImages,
    DeletedVideos,
    ImageRecord,
    Moved,
    Starred,
)
from bot.invokeai.http import Request
from bot.invokeai.recipes.metadata import completed, recipe_from_metadata
from bot.invokeai.session_results import safe_image_name

ONE_IMAGE = "get_image_dto"
ONE_VIDEO = "get_video_dto"
IMAGE = TypeAdapter(ImageRecord)
BOARDS = TypeAdapter(list[BoardRecord])
STARRED = TypeAdapter(Starred)
DELETED = TypeAdapter(DeletedImages)
DELETED_VIDEOS = TypeAdapter(DeletedVideos)
MOVED = TypeAdapter(Moved)
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class InvokeAIGallery:
    """Names are image and video names. OperationMissing with a plain sentence where the server lacks an
    operation.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def starred(self, name: str) -> bool:
        """ImageUnusable if the image is gone."""
        gone = ImageUnusable(f"InvokeAI has no {kind_of(name)} {name} any more.")
        operation = ONE_VIDEO if is_video(name) else ONE_IMAGE
        return (await self._connection.ask(operation, IMAGE, Request(_place(name), missing=gone))).starred

    async def star(self, names: Sequence[str], starred: bool) -> int:  # noqa: FBT001 - the word itself
        """How many of the files are (un)starred now; the others are gone."""
        word, count = "star" if starred else "unstar", 0
        images, videos = _apart(names)
        if images:
            body = {"image_names": images}
            told = await self._connection.ask(f"{word}_images_in_list", STARRED, Request(body=body))
            count += len(set(told.names))
        if videos:
            body = {"video_names": videos}
            told = await self._connection.ask(f"{word}_videos_in_list", STARRED, Request(body=body))
            count += len(set(told.names))
        return count

    async def delete_images(self, names: Sequence[str]) -> int:
        """How many were deleted for good; the others were gone before (which 5.15 would count too)."""
        images, videos = _apart(names)
        there = [name for name in images if await image_exists(self._connection, name)]
        count = 0
        if there or not videos:
            request = Request(body={"image_names": there})
            told = await self._connection.ask("delete_images_from_list", DELETED, request)
            count += len(set(told.deleted_images))
        if videos:
            request = Request(body={"video_names": videos})
            gone = await self._connection.ask("delete_videos_from_list", DELETED_VIDEOS, request)
            count += len(set(gone.deleted_videos))
        return count

    async def boards(self) -> list[Board]:
        """All that are not archived, in InvokeAI's order."""
        told = await self._connection.ask("list_boards", BOARDS, Request(query={"all": "true"}))
        return [Board(one.board_id, one.board_name) for one in told if not one.archived]

    async def move(self, names: Sequence[str], board_id: str) -> int:
        """How many of the files lie on that board now. InvokeAIRefused if the board is gone."""
        gone = InvokeAIRefused("That board is gone from InvokeAI.")
        images, videos = _apart(names)
        count = 0
        if images:
            body: dict[str, Any] = {"board_id": board_id, "image_names": images}
            told = await self._connection.ask("add_images_to_board", MOVED, Request(body=body, missing=gone))
            count += len(set(told.names))
        for name in videos:
            if await image_exists(self._connection, name):  # one that is gone breaks the next request
                body = {"board_id": board_id, "video_name": name}
                request = Request(body=body, missing=gone)
                told = await self._connection.ask("add_video_to_board", MOVED, request)
                count += len(set(told.names))
        return count


async def image_exists(connection: Connection, name: str) -> bool:
    """Of a video, too. True as well where the server can't be asked."""
    operation = ONE_VIDEO if is_video(name) else ONE_IMAGE
    if operation not in await connection.operations():
        return True
    try:
        await connection.ask(operation, IMAGE, Request(_place(name), missing=ImageUnusable(name)))
    except ImageUnusable:
        return False
    return True


def kind_of(name: str) -> str:
    return "video" if is_video(name) else "image"


def _place(name: str) -> dict[str, str | int]:
    return {f"{kind_of(name)}_name": name}


def _apart(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The images and the videos."""
    return [name for name in names if not is_video(name)], [name for name in names if is_video(name)]


class ImageFiles:
    """The images and videos themselves, and what they tell of how they were made."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def full(self, name: str, limit: int) -> bytes:
        """Byte for byte. ImageUnusable: gone, or something else; ImageTooLarge: more than `limit` bytes."""
        return await self._file("full", name, limit, kind_of(name))

    async def thumbnail(self, name: str, limit: int) -> bytes:
        """A small picture of it; errors as for `full`."""
        return await self._file("thumbnail", name, limit, "image")

    async def _file(self, part: str, name: str, limit: int, wanted: str) -> bytes:
        """`wanted`: what its content type begins with."""
        kind = kind_of(name)
        if not safe_image_name(name):
            raise ImageUnusable(f"InvokeAI gave the {kind} a name that can't be asked for.")
        gone = ImageGone(f"InvokeAI has no {kind} {name} any more.")
        request = Request(_place(name), limit=limit, missing=gone)
        answer = await self._connection.send(f"get_{kind}_{part}", request)
        if not answer.content_type.startswith(f"{wanted}/"):
            raise ImageUnusable(f"What InvokeAI sent as {name} is no {wanted}.")
        if answer.data == b"":
            raise ImageUnusable(f"InvokeAI's file of the {kind} {name} is empty.")
        if answer.data is None:
            raise ImageTooLarge(f"The {kind} {name} is larger than {limit} bytes.", answer.length)
        return answer.data

    async def with_recipe(self, job: Job) -> Job:
        """For graphs that tell no prompt: what the first image itself tells, if it still exists."""
        name = job.images[0]
        request = Request(_place(name), missing=ImageUnusable("The image is gone."))
        try:
            metadata = await self._connection.ask(f"get_{kind_of(name)}_metadata", ANYTHING, request)
        except ImageUnusable:
            return job
        return replace(job, recipe=completed(recipe_from_metadata(metadata), job.recipe or Recipe()))
