"""Which pictures a message shows, and from where they may be fetched."""

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from discord.components import (
    MediaGalleryComponent,
    ThumbnailComponent,
    _component_factory,  # pyright: ignore[reportPrivateUsage]  # as discord.py reads a message
)

from bot.discord.message_pictures import download, pictures_of
from bot.errors import RequestRefused

CDN = "https://cdn.discordapp.com/attachments/1/2"
LIMIT = 1000


def message(**parts: Any) -> discord.Message:
    empty: dict[str, Any] = {"attachments": [], "embeds": [], "components": [], "message_snapshots": []}
    return cast("discord.Message", SimpleNamespace(**empty | parts))


def attached(name: str, kind: str | None = "image/png") -> Any:
    return SimpleNamespace(url=f"{CDN}/{name}?ex=1", content_type=kind)


def component(**parts: Any) -> Any:
    return _component_factory(cast("Any", parts), cast("Any", None))


def shown(**parts: Any) -> list[str]:
    return [each.name for each in pictures_of(message(**parts))]


def test_attachments_are_pictures_where_discord_says_so_or_says_nothing() -> None:
    files = [attached("a.png"), attached("b.mp4", "video/mp4"), attached("c.webp", None)]
    assert shown(attachments=files) == ["a.png", "c.webp"]
    assert shown(message_snapshots=[message(attachments=files)]) == ["a.png", "c.webp"]


def test_an_embed_s_picture_is_taken_from_discord_s_own_copy() -> None:
    proxy = "https://images-ext-1.discordapp.net/external/x/elsewhere.png"
    embed = discord.Embed.from_dict(
        {"image": cast("Any", {"url": "https://example.org/elsewhere.png", "proxy_url": proxy})}
    )
    [found] = pictures_of(message(embeds=[embed]))
    assert found.url == proxy
    bare = discord.Embed.from_dict({"image": cast("Any", {"url": "https://example.org/elsewhere.png"})})
    assert shown(embeds=[bare]) == []


def test_a_panel_s_pictures_are_found_wherever_they_stand_and_each_once() -> None:
    def media(name: str) -> dict[str, Any]:
        return {"media": {"url": f"{CDN}/{name}?ex=2", "content_type": "image/webp"}}

    gallery = {"type": 12, "items": [media("a.webp"), media("b.webp")]}
    section: dict[str, Any] = {"type": 9, "components": [], "accessory": {"type": 11, **media("c.webp")}}
    panel = component(type=17, components=[gallery, section])
    assert isinstance(panel.children[0], MediaGalleryComponent)
    assert isinstance(panel.children[1].accessory, ThumbnailComponent)
    assert shown(attachments=[attached("a.webp")], components=[panel]) == ["a.webp", "b.webp", "c.webp"]


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.discordapp.com/a.png",
        "https://discordapp.com.example.org/a.png",
        "https://evildiscordapp.com/a.png",
        "https://cdn.discordapp.com@example.org/a.png",
        "http://127.0.0.1:9090/api/v1/images/i/a.png",
        "file:///etc/passwd",
    ],
)
async def test_nothing_is_fetched_from_anywhere_but_discord(url: str) -> None:
    with pytest.raises(RequestRefused, match="does not lie at Discord"):
        await download(url, LIMIT)
