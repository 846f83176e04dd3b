"""An image as InvokeAI has it where that fits, else made smaller, else why it is missing."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog

from bot.errors import ConversionFailed, ImageGone, ImageTooLarge, ImageUnusable, InvokeAIError
from bot.images.compression import Compressed
from bot.images.lane import Lane
from bot.images.metadata import bare as without_words
from bot.images.metadata import guarded, without_metadata
from bot.images.picture import Picture, is_video, size

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_SOURCE_BYTES = 100 * 1024 * 1024
"""Bytes of a file that is fetched in order to be made smaller."""
MAX_THUMBNAIL_BYTES = 1024 * 1024
MIN_BYTES = 64 * 1024
"""Below that nothing is made smaller."""
MAX_EXPECTED = 4
MAX_EXPECTED_BYTES = 4 * 1024 * 1024
EXPECTED_FOR = 5.0
"""Seconds that a picture is kept which was fetched before it was asked for."""


class Images(Protocol):
    """Where images and videos come from: an InvokeAI's client, which tells them apart by their names."""

    async def image(self, name: str, limit: int) -> bytes:
        """The file, at most `limit` bytes; ImageUnusable (ImageTooLarge) or InvokeAIUnavailable otherwise."""
        ...

    async def thumbnail(self, name: str, limit: int) -> bytes:
        """A small picture of the image; errors as for `image`."""
        ...


class Compressor(Protocol):
    """Who makes a picture or a video smaller."""

    async def fit(self, data: bytes, limit: int, *, bare: bool = False) -> Compressed:
        """`data` in at most `limit` bytes, a video `bare` of words if asked; ConversionFailed otherwise."""
        ...


class ImageLoader:
    """`images`: each server's name and client. Of each server one large file at a time is fetched, and of
    all one at a time is made smaller: no server waits for another one's answer.
    """

    def __init__(self, images: Mapping[str, Images], compressor: Compressor) -> None:
        self._images = images
        self._compressor = compressor
        self._fetching: defaultdict[str, Lane] = defaultdict(Lane)
        self._making = Lane()
        self._last: tuple[tuple[str, str, int, bool], Picture] | None = None
        """What was made last: the next channel often wants the same, and so does the next message."""
        self._expected: dict[tuple[str, str], asyncio.Task[bytes]] = {}

    def expect(self, server: str, name: str) -> None:
        """The image is about to be asked for: fetch it meanwhile, if it is not large. One of each server at a
        time, and a few of all.
        """
        there = {of for of, _ in self._expected}
        if is_video(name) or server in there or len(there) >= MAX_EXPECTED:
            return
        fetching = asyncio.create_task(self._fetched(server, name), name=f"picture {name} of {server}")
        fetching.add_done_callback(lambda done: done.cancelled() or done.exception())  # for who asks for it
        self._expected[server, name] = fetching
        asyncio.get_running_loop().call_later(EXPECTED_FOR, self._expected.pop, (server, name), None)

    def forget(self, server: str, names: Iterable[str]) -> None:
        """These are about to be deleted: nobody is shown what was fetched before."""
        for name in names:
            self._expected.pop((server, name), None)

    async def _fetched(self, server: str, name: str) -> bytes:
        return await self._of(server).image(name, MAX_EXPECTED_BYTES)

    async def picture(
        self, server: str, name: str, limit: int, *, bare: bool = False, urgent: bool = True
    ) -> Picture:
        """At most `limit` bytes, or why not. InvokeAIError for what has nothing to do with this image.

        `bare`: with nothing in the file but what is seen and heard. Of a video that can't be had so it is the
        first frame. Where it has to be made smaller, what is not `urgent` lets all that is go before it.
        """
        if is_video(name):
            return await self._video(server, name, limit, bare=bare, urgent=urgent)
        picture = await self._as_it_is(server, name, limit, expected=urgent)
        if picture is None:
            picture = await self._fitted(server, name, limit, bare=False, urgent=urgent)
        return await asyncio.to_thread(without_words, picture, limit) if bare else picture

    async def thumbnail(self, server: str, name: str) -> bytes:
        """A small picture of the image, or of the video's first frame; InvokeAIError if there is none."""
        return await self._of(server).thumbnail(name, MAX_THUMBNAIL_BYTES)

    def _of(self, server: str) -> Images:
        """ImageUnusable: the settings do not name it any more."""
        if server not in self._images:
            raise ImageUnusable(f"the bot does not serve the InvokeAI “{server}” any more")
        return self._images[server]

    async def _as_it_is(
        self, server: str, name: str, limit: int, *, expected: bool = False
    ) -> Picture | None:
        """None: it is too large, but can be made smaller. `expected`: what was fetched before will do."""
        try:
            whole = self._whole(server, name, limit) if expected else self._of(server).image(name, limit)
            data = await whole
            return Picture(name, await asyncio.to_thread(guarded, data), None)
        except ImageTooLarge as error:
            return Picture(name, None, str(error)) if limit < MIN_BYTES else None
        except ImageUnusable as error:
            return Picture(name, None, str(error), gone=isinstance(error, ImageGone))

    async def _whole(self, server: str, name: str, limit: int) -> bytes:
        fetching = self._expected.get((server, name))
        if fetching is not None:
            try:
                data = await asyncio.shield(fetching)
            except ImageTooLarge:
                return await self._of(server).image(name, limit)
            except InvokeAIError:
                self._expected.pop((server, name), None)  # the next try is one of its own
                raise
            else:
                if len(data) <= limit:
                    return data
                raise ImageTooLarge(f"The image {name} is larger than {limit} bytes.", len(data))
        return await self._of(server).image(name, limit)

    async def _video(self, server: str, name: str, limit: int, *, bare: bool, urgent: bool) -> Picture:
        picture = None if bare else await self._as_it_is(server, name, limit)
        if picture is not None:
            return picture
        if limit < MIN_BYTES:
            picture = Picture(name, None, f"It does not fit into {size(limit)}.")
        else:
            picture = await self._fitted(server, name, limit, bare=bare, urgent=urgent)
        if picture.data is not None or picture.gone:
            return picture
        return await self._first_frame(server, picture, limit)

    async def _first_frame(self, server: str, video: Picture, limit: int) -> Picture:
        """In the place of a video that can't be shown; that itself, if there is none."""
        try:
            data = await self.thumbnail(server, video.name)
        except ImageUnusable:
            return video
        pixels = await asyncio.to_thread(without_metadata, data)
        if pixels is None or len(pixels) > limit:
            return video
        return Picture(video.name, pixels, None, f"only its first frame. {video.problem}")

    async def _fitted(self, server: str, name: str, limit: int, *, bare: bool, urgent: bool) -> Picture:
        lane = self._fetching[server]
        go = lane.urgently if urgent else lane.patiently
        return await go(lambda: self._remembered(server, name, limit, bare=bare, urgent=urgent))

    async def _remembered(self, server: str, name: str, limit: int, *, bare: bool, urgent: bool) -> Picture:
        key = (server, name, limit, bare)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        self._last = None
        try:
            picture = await self._made(server, name, limit, bare=bare, urgent=urgent)
        except ImageUnusable as error:
            return Picture(name, None, str(error), gone=isinstance(error, ImageGone))
        if picture.data is not None:
            self._last = key, picture
        return picture

    async def _made(self, server: str, name: str, limit: int, *, bare: bool, urgent: bool) -> Picture:
        go = self._making.urgently if urgent else self._making.patiently
        try:
            data = await self._of(server).image(name, MAX_SOURCE_BYTES)
            fitted = await go(lambda: self._compressor.fit(data, limit, bare=bare))
        except ImageTooLarge as error:
            there = f"has {size(error.size)}" if error.size is not None else "is larger"
            return Picture(name, None, f"It {there}; no more than {size(MAX_SOURCE_BYTES)} are made smaller.")
        except ConversionFailed as error:
            log.warning("image_compression_failed", image=name, server=server, reason=str(error))
            return Picture(name, None, str(error))
        return Picture(name, fitted.data, None, fitted.what)
