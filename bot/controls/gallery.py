"""A job's images and videos: starred, moved, deleted, or handed out as they are."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.controls.picture_turns import PictureTurns
from bot.controls.results import ImagesMoved, ImagesTouched, Original
from bot.domain.jobs import Board, Job
from bot.domain.limits import MAX_FILES
from bot.errors import ImageTooLarge, ImageUnusable, InvokeAIError, RequestRefused
from bot.images.loader import ImageLoader
from bot.images.metadata import guarded, without_metadata
from bot.images.picture import Picture, sniff
from bot.store.posts import Post

MAX_THUMBNAIL = 256 * 1024
"""Bytes of a picture in a list."""
AT_ONCE = 4
THUMBNAILS_TIMEOUT = 1.5
"""Seconds: a list comes without pictures rather than late."""
MAX_LISTS = 4
"""So many lists fetch pictures at a time; the others come without."""


class ImageClient(Protocol):
    """What the queue is asked; `InvokeAIClient` has it. Errors are InvokeAIError."""

    async def job(self, number: int) -> Job: ...
    async def image(self, name: str, limit: int) -> bytes: ...


class GalleryClient(Protocol):
    """What InvokeAI must do for it; each count is of the images that were still there."""

    async def starred(self, name: str) -> bool: ...
    async def star(self, names: Sequence[str], starred: bool) -> int: ...  # noqa: FBT001 - the word itself
    async def delete_images(self, names: Sequence[str]) -> int: ...
    async def boards(self) -> list[Board]: ...
    async def move(self, names: Sequence[str], board_id: str) -> int: ...


class PostSource(Protocol):
    """The outbox, as far as it remembers."""

    async def of_job(self, job: Job) -> Sequence[Post]: ...
    async def answered(self, job: Job, post: Post, now: datetime) -> None: ...


class GalleryControls:
    """`server` is our name for the InvokeAI, by which `loader` knows it.

    `turns`: whoever is to get `pictures` or `originals` has one until they were sent.
    """

    def __init__(
        self,
        server: str,
        queue: ImageClient,
        gallery: GalleryClient,
        loader: ImageLoader,
        turns: PictureTurns,
        *,
        posts: PostSource,
    ) -> None:
        self._server = server
        self._queue = queue
        self._gallery = gallery
        self._loader = loader
        self._posts = posts
        self.turns = turns
        self._lists = 0

    async def job(self, number: int) -> Job:
        """The job, which has an image. RequestRefused if it has none."""
        job = await self._queue.job(number)
        if not job.images:
            raise RequestRefused(f"#{number} is {job.status} and has no image or video.")
        return job

    async def starred(self, job: Job) -> bool:
        """Whether its first image is starred; False where that can't be told."""
        try:
            return bool(job.images) and await self._gallery.starred(job.images[0])
        except InvokeAIError:
            return False

    async def star(self, number: int, *, starred: bool) -> ImagesTouched:
        job = await self.job(number)
        return ImagesTouched(job, await self._gallery.star(job.images, starred))

    async def delete(self, number: int) -> ImagesTouched:
        job = await self.job(number)
        self._loader.forget(self._server, job.images)
        return ImagesTouched(job, await self._gallery.delete_images(job.images))

    async def answered(self, job: Job, channel_id: int, message_id: int, now: datetime) -> None:
        """That public answer is about to show the job's images."""
        if job.images:
            await self._posts.answered(job, Post(channel_id, message_id), now)

    async def posts(self, job: Job) -> Sequence[Post]:
        """The messages that show the job's images, as far as they are known."""
        return await self._posts.of_job(job)

    async def boards(self) -> list[Board]:
        """RequestRefused if there is none."""
        boards = await self._gallery.boards()
        if not boards:
            raise RequestRefused("InvokeAI has no board yet. Make one there first.")
        return boards

    async def move(self, number: int, board_id: str) -> ImagesMoved:
        """RequestRefused if that board is gone, or never was."""
        board = next((one for one in await self._gallery.boards() if one.id == board_id), None)
        if board is None:
            raise RequestRefused("That board is gone from InvokeAI.")
        job = await self.job(number)
        return ImagesMoved(job, await self._gallery.move(job.images, board.id), board)

    async def pictures(self, job: Job, limit: int, room: int, *, bare: bool = False) -> list[Picture]:
        """The job's images for a panel, smaller where needed: `limit` bytes each at most, `room` together.

        `bare`: with nothing in the files but what is seen and heard.
        """
        pictures: list[Picture] = []
        for name in job.images[:MAX_FILES]:
            limit_now = min(limit, room)
            picture = await self._loader.picture(self._server, name, limit_now, bare=bare, urgent=False)
            room -= len(picture.data or b"")
            pictures.append(picture)
        return pictures

    async def thumbnails(
        self, jobs: Sequence[Job], *, bare: bool = False, patience: float = THUMBNAILS_TIMEOUT
    ) -> dict[int, bytes]:
        """A small picture of each job that has one, by number; those that are late or too large are left out.

        `bare`: with nothing in the files but what is seen. `patience`: seconds.
        """
        if self._lists >= MAX_LISTS:
            return {}
        found: dict[int, bytes] = {}
        room = asyncio.Semaphore(AT_ONCE)

        async def fetch(job: Job) -> None:
            async with room:
                try:
                    data = await self._loader.thumbnail(self._server, job.images[0])
                except InvokeAIError:
                    return
                kept = await asyncio.to_thread(without_metadata, data) if bare else data
                if kept is not None and len(kept) <= MAX_THUMBNAIL and sniff(kept):
                    found[job.number] = kept

        self._lists += 1
        try:
            async with asyncio.timeout(patience):
                await asyncio.gather(*(fetch(job) for job in jobs if job.images))
        except TimeoutError:
            return dict(found)
        finally:
            self._lists -= 1
        return found

    async def originals(self, job: Job, limit: int, room: int) -> list[Original]:
        """The job's images byte for byte: each at most `limit` bytes, `room` bytes together."""
        found: list[Original] = []
        limit = min(limit, room)
        for place, name in enumerate(job.images[:MAX_FILES]):
            try:
                data = await asyncio.to_thread(guarded, await self._queue.image(name, min(limit, room)))
                room -= len(data)
                found.append(Original(place, data))
            except ImageTooLarge as error:
                fits_alone = error.size is not None and error.size <= limit
                found.append(Original(place, None, "" if not fits_alone else _beside(place), error.size))
            except ImageUnusable as error:
                found.append(Original(place, None, str(error)))
        return found


def _beside(place: int) -> str:
    return f"File {place + 1} does not fit beside the others. It lies in InvokeAI's gallery."
