"""Our messages become Discord's, and Discord's errors become ours."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import aiohttp
import discord

from bot.discord_parts import PanelButton as PanelButton  # noqa: PLC0414 - part of this file's face
from bot.discord_parts import embed_of, file_of, modal_of, rows_of, view_of
from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    DeliveryTooLarge,
    RequestRefused,
    TokenRefused,
)
from bot.render.message import Form, Notice, Panel
from bot.wishes import Mention, MentionKind

NOTICE_PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, read_message_history=True
)
THREAD_PERMISSIONS = NOTICE_PERMISSIONS & ~discord.Permissions(send_messages=True) | discord.Permissions(
    send_messages_in_threads=True
)
"""A forum's post is a thread."""
DEFAULT_FILE_LIMIT = 10 * 1024 * 1024
TOO_LARGE = 40005
"""Discord's code for a request entity that is too large."""
MARGIN = timedelta(minutes=2)
"""Our clock and Discord's may differ by so much."""
HISTORY = 200
OLD = timedelta(minutes=58)
"""Discord counts edits of messages older than an hour, and refuses all but a few (30046)."""
INPUT_KEYS = {"custom_id", "value"}
MISSING: Any = discord.utils.MISSING


class DiscordSink:
    """Sends notices through a client that is logged in."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self.newest: dict[int, int] = {}
        """The id of the last notice sent to each channel since the start."""

    async def ready(self) -> None:
        """Returns when the guilds, and so their file limits, are known."""
        await self._client.wait_until_ready()

    def file_limit(self, channel_id: int) -> int:
        channel = self._client.get_channel(channel_id)
        guild = getattr(channel, "guild", None)
        return guild.filesize_limit if isinstance(guild, discord.Guild) else DEFAULT_FILE_LIMIT

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        """The new message's id. A nonce that Discord has seen within minutes yields the same message."""
        message_id = await send_notice(self._client, channel_id, notice, nonce)
        self.newest[channel_id] = message_id
        return message_id

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
    with translated(channel_id):
        message = await client.get_partial_messageable(channel_id).send(
            notice.content,
            embeds=[embed_of(embed) for embed in notice.embeds],
            files=[file_of(file) for file in notice.files],
            nonce=nonce,  # pyright: ignore[reportArgumentType]  # None is discord.py's own default
            view=rows_of(notice.rows) if notice.rows else MISSING,
            silent=notice.silent,
            allowed_mentions=_allowed(notice.mention),
        )
    return message.id


def missing_permissions(permissions: discord.Permissions, *, thread: bool = False) -> list[str]:
    """The names, as Discord shows them, of what a notice needs there and the bot lacks."""
    needed = THREAD_PERMISSIONS if thread else NOTICE_PERMISSIONS
    return [
        name.replace("_", " ").title() for name, wanted in needed if wanted and not getattr(permissions, name)
    ]


def mentionable(interaction: discord.Interaction[Any], whom: discord.Role | discord.Member) -> Mention:
    """Whom notices in this channel may mention; RequestRefused for a role that nobody would hear of."""
    if isinstance(whom, discord.Member):
        return Mention(MentionKind.USER, whom.id)
    if whom.is_default():
        raise RequestRefused("I mention a role or a person, not everyone.")
    if not whom.mentionable and not interaction.app_permissions.mention_everyone:
        raise RequestRefused(
            f"The role {whom.name} can't be mentioned yet: allow anyone to mention it, or give me Mention "
            "Everyone in this channel."
        )
    return Mention(MentionKind.ROLE, whom.id)


def _allowed(mention: Mention | None) -> discord.AllowedMentions:
    """Exactly the one whom the notice names may be notified; nobody if it names none."""
    named = [discord.Object(mention.id)] if mention is not None else []
    role = mention is not None and mention.kind is MentionKind.ROLE
    return discord.AllowedMentions(
        everyone=False, replied_user=False, roles=named if role else [], users=[] if role else named
    )


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


async def reply(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Answer with the panel: in place of a deferral (of a press: in place of its message), or at once."""
    view = view_of(panel)
    files = [file_of(file) for file in panel.files]
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, files=files, ephemeral=True)


async def whisper(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Tell only who asked, and leave every other message as it is."""
    if interaction.response.is_done():
        await interaction.followup.send(view=view_of(panel), ephemeral=True)
    else:
        await interaction.response.send_message(view=view_of(panel), ephemeral=True)


async def ask(interaction: discord.Interaction[Any], form: Form) -> None:
    """The first answer: a form to fill in. It comes back as a `modal_submit` with the form's custom id."""
    await interaction.response.send_modal(modal_of(form))


def filled_in(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What was typed into a form, by the inputs' names."""
    data = cast("dict[str, Any]", interaction.data or {})
    rows = cast("list[dict[str, Any]]", data.get("components") or [])
    fields = [cast("dict[str, Any]", row.get("component") or {}) for row in rows]
    return {str(each["custom_id"]): str(each["value"]) for each in fields if each.keys() >= INPUT_KEYS}


def chosen(interaction: discord.Interaction[Any]) -> list[str]:
    """The values that were chosen in a menu; none for a button."""
    data = cast("dict[str, Any]", interaction.data or {})
    return [str(value) for value in cast("list[Any]", data.get("values") or [])]


async def renew(interaction: discord.Interaction[Any], panel: Panel, now: datetime) -> None:
    """Show the panel in place of the one that was pressed; a new message instead of one that is too old."""
    message = interaction.message
    if message is None or now - message.created_at < OLD:
        await reply(interaction, panel)
        return
    await interaction.followup.send(view=view_of(panel), ephemeral=message.flags.ephemeral)
    await interaction.delete_original_response()


async def still_there(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed, read again, still has that button."""
    return _has(await interaction.original_response(), custom_id)


def _has(message: discord.Message, custom_id: str) -> bool:
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    return any(getattr(item, "custom_id", None) == custom_id for item in view.walk_children())


def in_discords_words(panel: Panel) -> tuple[discord.ui.LayoutView, list[discord.File]]:
    """The panel's components and its attachments."""
    return view_of(panel), [file_of(file) for file in panel.files]


def offers(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed had that button too."""
    return interaction.message is not None and _has(interaction.message, custom_id)
