"""The pictures that a message shows, and their bytes: from Discord, and from nowhere else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import aiohttp
import discord
from discord.components import Container, MediaGalleryComponent, SectionComponent, ThumbnailComponent
from discord.http import Route

from bot.domain.limits import MAX_OPTIONS
from bot.errors import RequestRefused

DOWNLOAD_TIMEOUT = 20.0
"""Seconds."""
NOT_GIVEN = "Discord does not give that picture. Attach it again."
OURS = (".discordapp.com", ".discordapp.net")


@dataclass(frozen=True, slots=True)
class MessagePicture:
    """`name`: its file's, a foreign text."""

    name: str
    url: str


def pictures_of(message: discord.Message) -> list[MessagePicture]:
    """What it has attached, forwards, or shows in embeds and galleries, each once; at most 25."""
    found: dict[str, MessagePicture] = {}
    for one in (message, *message.message_snapshots):
        for attachment in one.attachments:
            _note(found, attachment.url, attachment.content_type)
        for embed in one.embeds:
            for shown in (embed.image, embed.thumbnail):
                _note(found, shown.proxy_url or shown.url, None)
        for media in _media(one.components):
            _note(found, media.url, media.content_type)
    return list(found.values())[:MAX_OPTIONS]


def _note(found: dict[str, MessagePicture], url: str | None, content_type: str | None) -> None:
    """The same file has several signatures, so its path tells whether it is there already."""
    if not url or not _of_discord(url) or not (content_type or "image/").startswith("image/"):
        return
    path = urlsplit(url).path
    found.setdefault(path, MessagePicture(PurePosixPath(path).name, url))


def _media(components: Sequence[discord.Component]) -> Iterator[discord.UnfurledMediaItem]:
    for one in components:
        match one:
            case Container():
                yield from _media(one.children)
            case SectionComponent():
                yield from _media([one.accessory])
            case MediaGalleryComponent():
                yield from (item.media for item in one.items)
            case ThumbnailComponent():
                yield one.media
            case _:
                pass


def _of_discord(url: str) -> bool:
    """Discord's own servers, or where the bot was told that Discord is."""
    asked, api = urlsplit(url), urlsplit(Route.BASE)
    if (asked.scheme, asked.netloc) == (api.scheme, api.netloc):
        return True
    return asked.scheme == "https" and (asked.hostname or "").endswith(OURS)


async def download(url: str, limit: int) -> bytes:
    """RequestRefused for one of more than `limit` bytes, and for one that Discord does not give."""
    if not _of_discord(url):
        raise RequestRefused("That picture does not lie at Discord. Attach it to /imagine.")
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(DOWNLOAD_TIMEOUT)) as http,
            http.get(url, allow_redirects=False) as answer,
        ):
            if answer.status != HTTPStatus.OK:
                raise RequestRefused(NOT_GIVEN)
            found = bytearray()
            async for part in answer.content.iter_any():
                found += part
                if len(found) > limit:
                    raise RequestRefused(too_large(limit))
    except (aiohttp.ClientError, OSError) as error:
        raise RequestRefused(NOT_GIVEN) from error
    return bytes(found)


def too_large(limit: int) -> str:
    return f"That picture has more than {limit // 1024**2} MB. Send a smaller one; nothing was queued."
