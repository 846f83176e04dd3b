"""Our own posts, changed after the pictures that they show were deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import discord

from bot.delivery.upload_budget import upload_timeout
from bot.discord.components import STYLES, rows_of, view_of
from bot.discord.errors import UNKNOWN_CHANNEL, no_more_edits, translated
from bot.discord.known_contents import KnownContents
from bot.discord.time_limit import time_limit
from bot.errors import DeliveryError
from bot.own_secrets import hide
from bot.render.deletions import Deletion, Posted, after, panel
from bot.render.message import ActionRow, Button, Menu, MenuOption
from bot.store.posts import Post

GONE = frozenset({UNKNOWN_CHANNEL, 10008})
"""Discord's codes for a channel and for a message that is not there."""
OUR_STYLES = {theirs: ours for ours, theirs in STYLES.items()}
MISSING: Any = discord.utils.MISSING


@dataclass(frozen=True, slots=True)
class Retraction:
    """How many posts say it now, and the channel and the reason of each that could not be edited."""

    edited: int
    failed: tuple[tuple[int, str], ...]


async def retract(
    client: discord.Client, posts: Sequence[Post], deletion: Deletion, known: KnownContents
) -> Retraction:
    """`known`: nothing of these posts is, after this."""
    edited, failed = 0, list[tuple[int, str]]()
    for post in posts:
        known.begin(post.channel_id)
        try:
            edited += await _retract(client, post, deletion)
        except DeliveryError as error:
            failed.append((post.channel_id, str(error)))
        finally:
            known.begin(post.channel_id)  # an album's edit in between may not have seen this one
    return Retraction(edited, tuple(failed))


async def _retract(client: discord.Client, post: Post, deletion: Deletion) -> bool:
    """Without a sound; False if the post is gone. DeliveryError: it stays as it is."""
    async with time_limit(upload_timeout(0)):
        with translated(client, post.channel_id), no_more_edits():
            try:
                channel = client.get_partial_messageable(post.channel_id)
                message = await channel.fetch_message(post.message_id)
                await _edit(message, deletion)
            except discord.HTTPException as error:
                if error.status == HTTPStatus.NOT_FOUND and error.code in GONE:
                    return False
                raise
    return True


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An attachment that stays, by its id alone: discord.py's own tells Discord what Discord itself made."""

    id: int

    def to_dict(self) -> dict[str, str]:
        return {"id": str(self.id)}


async def _edit(message: discord.Message, deletion: Deletion) -> None:
    nobody = discord.AllowedMentions.none()
    if message.flags.components_v2:  # an answer: its picture has no words of its own beside it
        if deletion.from_posts:
            await message.edit(view=view_of(panel(deletion)), attachments=[], allowed_mentions=nobody)
        return
    before = _read(message)
    now = after(before, deletion)
    kept: list[Any] = [KeptFile(each.id) for each in message.attachments if each.filename in now.files]
    await message.edit(
        content=hide(now.content),
        embeds=_embeds(message, now) if now.texts != before.texts else MISSING,
        attachments=kept if now.files != before.files else MISSING,
        view=MISSING if now.rows == before.rows else rows_of(now.rows) if now.rows else None,
        allowed_mentions=nobody,
    )


def _read(message: discord.Message) -> Posted:
    """Discord does not list the file that an embed shows among the attachments."""
    shown = [name for embed in message.embeds if (name := _file_of(embed))]
    return Posted(
        message.content,
        tuple(embed.description or "" for embed in message.embeds),
        (*(each.filename for each in message.attachments), *shown),
        tuple(row for each in message.components if (row := _row(each)) is not None),
    )


def _row(component: Any) -> ActionRow | Menu | None:
    children: list[Any] = getattr(component, "children", [])
    if len(children) == 1 and isinstance(children[0], discord.SelectMenu):
        menu = children[0]
        options = tuple(MenuOption(each.label, each.value) for each in menu.options)
        return Menu(menu.custom_id or "", menu.placeholder or "", options)
    found = tuple(_button(each) for each in children if isinstance(each, discord.Button) and each.custom_id)
    return ActionRow(found) if found else None


def _button(button: discord.Button) -> Button:
    return Button(
        button.label or "",
        button.custom_id or "",
        OUR_STYLES[button.style],
        str(button.emoji) if button.emoji else None,
        button.disabled,
    )


def _embeds(message: discord.Message, now: Posted) -> list[discord.Embed]:
    """The embeds with their new texts; one of which nothing is left goes."""
    made: list[discord.Embed] = []
    for before, text in zip(message.embeds, now.texts, strict=False):
        embed = before.copy()
        embed.description = text or None
        if _file_of(embed) not in now.files:
            embed.set_image(url=None)
        if embed:
            made.append(embed)
    return made


def _file_of(embed: discord.Embed) -> str:
    """The name of the file that the embed shows; empty if it shows none."""
    return (embed.image.url or "").partition("?")[0].rpartition("/")[2]
