"""Our messages become Discord's."""

import io
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.discord_errors import NOTICE_PERMISSIONS as NOTICE_PERMISSIONS  # noqa: PLC0414 - part of this file's face
from bot.discord_errors import missing_permissions as missing_permissions  # noqa: PLC0414 - the same
from bot.discord_errors import translated
from bot.render.message import (
    Attachment,
    Block,
    Button,
    ButtonStyle,
    Embed,
    File,
    Gallery,
    Notice,
    Panel,
    Row,
    Separator,
    Text,
)

DEFAULT_FILE_LIMIT = 10 * 1024 * 1024
MARGIN = timedelta(minutes=2)
"""Our clock and Discord's may differ by so much."""
HISTORY = 200
OLD = timedelta(minutes=58)
"""Discord counts edits of messages older than an hour, and refuses all but a few (30046)."""
MISSING: Any = discord.utils.MISSING
STYLES = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.SUCCESS: discord.ButtonStyle.success,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}


class DiscordSink:
    """Sends notices through a client that is logged in."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def ready(self) -> None:
        """Returns when the guilds, and so their file limits, are known."""
        await self._client.wait_until_ready()

    def file_limit(self, channel_id: int) -> int:
        channel = self._client.get_channel(channel_id)
        guild = getattr(channel, "guild", None)
        return guild.filesize_limit if isinstance(guild, discord.Guild) else DEFAULT_FILE_LIMIT

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        """The new message's id. A nonce that Discord has seen within minutes yields the same message."""
        return await send_notice(self._client, channel_id, notice, nonce)

    async def find(self, channel_id: int, mark: str, since: datetime) -> int | None:
        """Look through our own messages after `since` for the one with that mark."""
        me = self._client.user
        with translated(self._client, channel_id):
            history = self._messageable(channel_id).history(
                limit=HISTORY, after=since - MARGIN, oldest_first=False
            )
            async for message in history:
                if me is not None and message.author.id == me.id and mark in message.content:
                    return message.id
        return None

    def _messageable(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)


async def send_notice(
    client: discord.Client, channel_id: int, notice: Notice, nonce: str | None = None
) -> int:
    """The new message's id."""
    with translated(client, channel_id):
        message = await client.get_partial_messageable(channel_id).send(
            notice.content,
            embeds=[_embed(embed) for embed in notice.embeds],
            files=[_file(file) for file in notice.files],
            nonce=nonce,  # pyright: ignore[reportArgumentType]  # None is discord.py's own default
            view=_rows(notice.rows) if notice.rows else MISSING,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    return message.id


class PanelButton(discord.ui.DynamicItem[discord.ui.Item[Any]], template=re.compile(".+", re.DOTALL)):
    """Any component of ours, after any restart. A press becomes the event `press`; a cog knows its meaning.

    Wrapped in it a button costs no memory: discord.py remembers plain ones, message by message.
    """

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "PanelButton":
        del interaction, match
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        interaction.client.dispatch("press", interaction)


async def reply(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Answer with the panel: in place of a deferral (of a press: in place of its message), or at once."""
    view = _view(panel)
    files = [_file(file) for file in panel.files]
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, files=files, ephemeral=True)


async def whisper(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Tell only who asked, and leave every other message as it is."""
    if interaction.response.is_done():
        await interaction.followup.send(view=_view(panel), ephemeral=True)
    else:
        await interaction.response.send_message(view=_view(panel), ephemeral=True)


async def renew(interaction: discord.Interaction[Any], panel: Panel, now: datetime) -> None:
    """Show the panel in place of the one that was pressed; a new message instead of one that is too old."""
    message = interaction.message
    if message is None or now - message.created_at < OLD:
        await reply(interaction, panel)
        return
    await interaction.followup.send(view=_view(panel), ephemeral=message.flags.ephemeral)
    await interaction.delete_original_response()


async def still_there(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed, read again, still has that button."""
    message = await interaction.original_response()
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    return any(getattr(item, "custom_id", None) == custom_id for item in view.walk_children())


def _rows(rows: Sequence[Row]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for place, row in enumerate(rows):
        for button in row.buttons:
            view.add_item(PanelButton(_button(button), row=place))
    return view


def _button(button: Button) -> discord.ui.Button[Any]:
    return discord.ui.Button(
        label=button.label,
        custom_id=button.action,
        style=STYLES[button.style],
        emoji=button.emoji,
        disabled=button.disabled,
    )


def _view(panel: Panel) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    items = [_item(block) for block in panel.blocks]
    view.add_item(discord.ui.Container[discord.ui.LayoutView](*items, accent_colour=int(panel.colour)))
    return view


def _item(block: Block) -> discord.ui.Item[Any]:
    match block:
        case Text(body):
            return discord.ui.TextDisplay[discord.ui.LayoutView](body)
        case Gallery(names):
            return discord.ui.MediaGallery[discord.ui.LayoutView](
                *(discord.MediaGalleryItem(f"attachment://{name}") for name in names)
            )
        case Attachment(name):
            return discord.ui.File[discord.ui.LayoutView](f"attachment://{name}")
        case Separator():
            return discord.ui.Separator[discord.ui.LayoutView]()
        case Row(buttons):
            return discord.ui.ActionRow[Any](*(PanelButton(_button(button)) for button in buttons))


def _file(file: File) -> discord.File:
    return discord.File(io.BytesIO(file.data), filename=file.name, description=file.description)


def _embed(embed: Embed) -> discord.Embed:
    made = discord.Embed(
        colour=int(embed.colour),
        title=embed.title,
        description=embed.description,
        timestamp=embed.timestamp,
    )
    for field in embed.fields:
        made.add_field(name=field.name, value=field.value, inline=field.inline)
    if embed.footer is not None:
        made.set_footer(text=embed.footer)
    if embed.image is not None:
        made.set_image(url=f"attachment://{embed.image}")
    return made
