"""The pictures of a message: fetched from InvokeAI, as many as one message holds."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.errors import ImageUnusable, InvokeAIRefused, InvokeAIUnavailable
from bot.events import Event, JobEvent
from bot.render.metadata import without_metadata
from bot.render.notices import Picture
from bot.store.owed import Owed

MOST_BYTES = 25 * 1024 * 1024 - 64 * 1024
"""Discord's limit for one request, less the message's own text."""
IMAGE_PATIENCE = 5
"""So often is an image asked for from an InvokeAI that is away, before the notice goes out without it."""


class Images(Protocol):
    """Where images come from: an InvokeAI's client."""

    async def image(self, name: str, limit: int) -> bytes:
        """The file, at most `limit` bytes; ImageUnusable or InvokeAIUnavailable otherwise."""
        ...


class Pictures:
    """`images`: each server's name and client."""

    def __init__(self, images: Mapping[str, Images]) -> None:
        self._images = images

    async def of(
        self, rows: Sequence[Owed], limit: int, *, bare: bool = False
    ) -> tuple[Sequence[Owed], Mapping[str, Picture]]:
        """The first rows, as many as one message holds, and their pictures of `limit` bytes each by name.

        `bare`: with nothing in the files but pixels. InvokeAIUnavailable while an image is worth waiting for.
        """
        pictures: dict[str, Picture] = {}
        room = MOST_BYTES
        for place, row in enumerate(rows):
            name = _image_name(row.event)
            if name is None or name in pictures:
                continue
            picture = await self._picture(row, name, limit)
            if bare and picture.data is not None:
                picture = await asyncio.to_thread(_bare, name, picture.data, limit)
            room -= len(picture.data or b"")
            if room < 0 and place > 0:
                return rows[:place], pictures
            pictures[name] = picture
        return rows, pictures

    async def _picture(self, row: Owed, name: str, limit: int) -> Picture:
        server = row.event.job.server if isinstance(row.event, JobEvent) else row.event.server
        try:
            return Picture(name, await self._images[server].image(name, limit), None)
        except ImageUnusable as error:
            return Picture(name, None, str(error))
        except InvokeAIRefused as error:
            return Picture(name, None, f"InvokeAI does not give it: {error}")
        except InvokeAIUnavailable:
            if row.attempts < IMAGE_PATIENCE:
                raise
            return Picture(name, None, "InvokeAI did not answer")


def _bare(name: str, data: bytes, limit: int) -> Picture:
    pixels = without_metadata(data)
    if pixels is None:
        return Picture(name, None, "its prompt can't be taken out of the file")
    if len(pixels) > limit:
        return Picture(name, None, "it is too large without the prompt in its file")
    return Picture(name, pixels, None)


def _image_name(event: Event) -> str | None:
    return event.job.images[event.image] if isinstance(event, JobEvent) and event.image is not None else None
