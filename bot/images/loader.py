"""An image as InvokeAI has it where that fits, else made smaller, else why it is missing."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog

from bot.errors import ConversionFailed, ImageGone, ImageTooLarge, ImageUnusable
from bot.images.compression import Compressed
from bot.images.picture import Picture, size

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_SOURCE_BYTES = 100 * 1024 * 1024
"""Bytes of a file that is fetched in order to be made smaller."""
MAX_THUMBNAIL_BYTES = 1024 * 1024
MIN_BYTES = 64 * 1024
"""Below that nothing is made smaller."""


class Images(Protocol):
    """Where images come from: an InvokeAI's client."""

    async def image(self, name: str, limit: int) -> bytes:
        """The file, at most `limit` bytes; ImageUnusable (ImageTooLarge) or InvokeAIUnavailable otherwise."""
        ...

    async def thumbnail(self, name: str, limit: int) -> bytes:
        """A small picture of the image; errors as for `image`."""
        ...


class Compressor(Protocol):
    """Who makes a picture smaller."""

    async def fit(self, data: bytes, limit: int) -> Compressed:
        """`data` in at most `limit` bytes; ConversionFailed otherwise."""
        ...


class ImageLoader:
    """`images`: each server's name and client. One large file at a time is fetched and made smaller."""

    def __init__(self, images: Mapping[str, Images], compressor: Compressor) -> None:
        self._images = images
        self._compressor = compressor
        self._one_at_a_time = asyncio.Lock()
        self._last: tuple[tuple[str, str, int], Picture] | None = None
        """What was made last: the next channel often wants the same, and so does the next message."""

    async def picture(self, server: str, name: str, limit: int) -> Picture:
        """At most `limit` bytes, or why not. InvokeAIError for what has nothing to do with this image."""
        try:
            return Picture(name, await self._images[server].image(name, limit), None)
        except ImageTooLarge as error:
            if limit < MIN_BYTES:
                return Picture(name, None, str(error))
        except ImageUnusable as error:
            return Picture(name, None, str(error), gone=isinstance(error, ImageGone))
        async with self._one_at_a_time:
            return await self._smaller(server, name, limit)

    async def thumbnail(self, server: str, name: str) -> bytes:
        """A small picture of the image; InvokeAIError if there is none."""
        return await self._images[server].thumbnail(name, MAX_THUMBNAIL_BYTES)

    async def _smaller(self, server: str, name: str, limit: int) -> Picture:
        key = (server, name, limit)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        self._last = None
        try:
            data = await self._images[server].image(name, MAX_SOURCE_BYTES)
            fitted = await self._compressor.fit(data, limit)
        except ImageTooLarge as error:
            there = f"has {size(error.size)}" if error.size is not None else "is larger"
            return Picture(name, None, f"It {there}; no more than {size(MAX_SOURCE_BYTES)} are made smaller.")
        except ImageUnusable as error:
            return Picture(name, None, str(error))
        except ConversionFailed as error:
            log.warning("image_compression_failed", image=name, server=server, reason=str(error))
            return Picture(name, None, str(error))
        picture = Picture(name, fitted.data, None, fitted.what)
        self._last = key, picture
        return picture
