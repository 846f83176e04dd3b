"""The pictures of a message: fetched from InvokeAI, as many as one message holds."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.domain.events import Event, JobEvent
from bot.domain.limits import MAX_ATTACHMENTS
from bot.errors import InvokeAIRefused, InvokeAIUnavailable
from bot.images.contact_sheet import sheet
from bot.images.loader import ImageLoader
from bot.render import notices
from bot.render.notices import SHEET, Picture
from bot.store.outbox_rows import OutboxEntry

MAX_IMAGE_ATTEMPTS = 5
"""So often is an image asked for from an InvokeAI that is away, before the notice goes out without it."""


MAX_GONE_ATTEMPTS = 2
"""So often one that is not there: while InvokeAI moves its images, one is missing for a moment."""


class Attachments:
    def __init__(self, loader: ImageLoader) -> None:
        self._loader = loader

    async def of(
        self, rows: Sequence[OutboxEntry], limit: int, *, room: int = MAX_ATTACHMENTS, bare: bool = False
    ) -> tuple[Sequence[OutboxEntry], Mapping[str, Picture]]:
        """The first rows, as many as one message holds, and their pictures by name, `limit` bytes at most.

        `room`: the bytes of all of them. `bare`: with nothing in the files but what is seen and heard.
        InvokeAIUnavailable while an image is worth waiting for.
        """
        pictures: dict[str, Picture] = {}
        for place, row in enumerate(rows):
            name = _image_name(row.event)
            if name is None or name in pictures:
                continue
            picture = await self._picture(row, name, limit, bare=bare)
            room -= len(picture.data or b"")
            if room < 0 and place > 0:
                return rows[:place], pictures
            pictures[name] = picture
        return rows, pictures

    async def sheet(self, rows: Sequence[OutboxEntry], limit: int) -> Mapping[str, Picture]:
        """The contact sheet of all the rows' images, as `notices` takes it. InvokeAIUnavailable as above."""
        tiles: list[tuple[str, bytes]] = []
        for row in rows:
            name = _image_name(row.event)
            if name is not None and isinstance(row.event, JobEvent):
                small = await self._small(row, row.event.job.server, name)
                tiles.append((notices.tile_label(row.event), small))
        if not any(small for _, small in tiles):
            return {SHEET: Picture(SHEET, None, "InvokeAI gave no small pictures for the contact sheet")}
        made = await asyncio.to_thread(sheet, tiles, min(limit, MAX_ATTACHMENTS))
        return {SHEET: Picture(SHEET, made, None if made else "The contact sheet does not fit.")}

    async def _small(self, row: OutboxEntry, server: str, name: str) -> bytes:
        """Empty where there is none: the others are worth a sheet."""
        try:
            return await self._loader.thumbnail(server, name)
        except InvokeAIRefused:
            return b""
        except InvokeAIUnavailable:
            if row.attempts < MAX_IMAGE_ATTEMPTS:
                raise
            return b""

    async def _picture(self, row: OutboxEntry, name: str, limit: int, *, bare: bool) -> Picture:
        server = row.event.job.server if isinstance(row.event, JobEvent) else row.event.server
        try:
            picture = await self._loader.picture(server, name, min(limit, MAX_ATTACHMENTS), bare=bare)
        except InvokeAIRefused as error:
            return Picture(name, None, f"InvokeAI does not give it: {error}")
        except InvokeAIUnavailable:
            if row.attempts < MAX_IMAGE_ATTEMPTS:
                raise
            return Picture(name, None, "InvokeAI did not answer")
        if picture.gone and row.attempts < MAX_GONE_ATTEMPTS:
            raise InvokeAIUnavailable("InvokeAI does not find the image; it may be moving it.")
        return picture


def _image_name(event: Event) -> str | None:
    return event.job.images[event.image] if isinstance(event, JobEvent) and event.image is not None else None
