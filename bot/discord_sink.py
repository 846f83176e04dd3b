"""Our messages become Discord's, and Discord's errors become ours."""

import io
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import discord

from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTooLarge,
    TokenRefused,
)
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

NOTICE_PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, read_message_history=True
)
DEFAULT_FILE_LIMIT = 10 * 1024 * 1024
TOO_LARGE = 40005
"""Discord's code for a request entity that is too large."""
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
        with translated(channel_id):
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
    with translated(channel_id), uploads(notice.files) as files:
        message = await client.get_partial_messageable(channel_id).send(
            notice.content,
            embeds=[_embed(embed) for embed in notice.embeds],
            files=files,
            nonce=nonce,  # pyright: ignore[reportArgumentType]  # None is discord.py's own default
            view=_rows(notice.rows) if notice.rows else MISSING,
            allowed_mentions=discord.AllowedMentions.none(),
        )
    return message.id


def missing_permissions(permissions: discord.Permissions) -> list[str]:
    """The names, as Discord shows them, of what a notice needs and the bot lacks."""
    return [
        name.replace("_", " ").title()
        for name, needed in NOTICE_PERMISSIONS
        if needed and not getattr(permissions, name)
    ]


@contextmanager
def translated(channel_id: int) -> Generator[None]:
    """Whatever goes wrong on the way to Discord leaves as a DeliveryError; TokenRefused ends the program."""
    try:
        yield
    except (discord.Forbidden, discord.NotFound) as error:
        raise ChannelUnusable(f"Channel {channel_id} does not take my messages: {error.text}.") from error
    except discord.RateLimited as error:
        raise DeliveryDelayed("Discord asks to wait.", timedelta(seconds=error.retry_after)) from error
    except discord.HTTPException as error:
        if error.status == 413 or error.code == TOO_LARGE:  # noqa: PLR2004  # HTTP's own number
            raise DeliveryTooLarge("Discord says that the message is too large.") from error
        if error.status == 401:  # noqa: PLR2004  # HTTP's own number
            raise TokenRefused from error
        if error.status == 429 or error.status >= 500:  # noqa: PLR2004  # HTTP's own numbers
            raise DeliveryDelayed(f"Discord answered {error.status}.") from error
        raise DeliveryRejected(f"Discord refused the message: {error.text}.") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DeliveryDelayed(f"Discord can't be reached: {type(error).__name__}.") from error


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
    with uploads(panel.files) as files:
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


class Upload(io.BytesIO):
    """aiohttp asks for the size through getbuffer, which of a plain BytesIO makes a copy of the whole."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data

    def getbuffer(self) -> memoryview:
        return memoryview(self._data)

    def close(self) -> None:
        super().close()
        self._data = b""


@contextmanager
def uploads(files: Sequence[File]) -> Generator[list[discord.File]]:
    """Discord's files, whose bytes are let go at the end.

    discord.py leaves a file that holds itself, which the garbage collector finds many albums later.
    """
    made = [_file(file) for file in files]
    try:
        yield made
    finally:
        for file in made:
            file.fp.close()


def _file(file: File) -> discord.File:
    return discord.File(Upload(file.data), filename=file.name, description=file.description)


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
