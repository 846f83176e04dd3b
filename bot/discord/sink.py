"""Our messages become Discord's."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import discord

from bot.delivery.composer import Message
from bot.discord.components import PanelButton as PanelButton  # noqa: PLC0414 - the same
from bot.discord.components import embed_of, file_of, modal_of, rows_of, view_of
from bot.discord.errors import NOTICE_PERMISSIONS as NOTICE_PERMISSIONS  # noqa: PLC0414 - part of this file's face
from bot.discord.errors import missing_permissions as missing_permissions  # noqa: PLC0414 - the same
from bot.discord.errors import translated
from bot.domain.subscriptions import Mention, MentionKind
from bot.errors import MessageGone, RequestRefused
from bot.render.message import File, Form, Notice, Panel

DEFAULT_FILE_LIMIT = 10 * 1024 * 1024
NO_EDIT = frozenset({10008, 30046})
"""Discord's codes for a message that is gone, and for one that is old and was edited too often since."""
MARGIN = timedelta(minutes=2)
"""Our clock and Discord's may differ by so much."""
HISTORY = 200
MAX_EDIT_AGE = timedelta(minutes=58)
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

    async def put(self, message: Message) -> int:
        """The id of the message that says this now. MessageGone: the one to edit takes no edits."""
        if message.edits is None:
            return await self.send(message.channel_id, message.notice, message.nonce)
        await self.edit(message.channel_id, message.edits, message.notice)
        return message.edits

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        """The new message's id. A nonce that Discord has seen within minutes yields the same message."""
        message_id = await send_notice(self._client, channel_id, notice, nonce)
        self.newest[channel_id] = message_id
        return message_id

    async def find(self, channel_id: int, dedup_marker: str, since: datetime) -> int | None:
        """Look through our own messages after `since` for the one with that marker."""
        me = self._client.user
        with translated(self._client, channel_id):
            history = self._messageable(channel_id).history(
                limit=HISTORY, after=since - MARGIN, oldest_first=False
            )
            async for message in history:
                if me is not None and message.author.id == me.id and dedup_marker in message.content:
                    return message.id
        return None

    async def edit(self, channel_id: int, message_id: int, notice: Notice) -> None:
        """Our message says this now and keeps its files; MessageGone if it is gone or takes no edits."""
        message = self._messageable(channel_id).get_partial_message(message_id)
        with translated(self._client, channel_id):
            try:
                await message.edit(
                    content=notice.content,
                    embeds=[embed_of(embed) for embed in notice.embeds],
                    view=rows_of(notice.rows) if notice.rows else MISSING,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
            except discord.HTTPException as error:
                if error.code in NO_EDIT:
                    raise MessageGone("Discord edits that message no more.") from error
                raise

    def _messageable(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)


async def send_notice(
    client: discord.Client, channel_id: int, notice: Notice, nonce: str | None = None
) -> int:
    """The new message's id."""
    with translated(client, channel_id), uploads(notice.files) as files:
        message = await client.get_partial_messageable(channel_id).send(
            notice.content,
            embeds=[embed_of(embed) for embed in notice.embeds],
            files=files,
            nonce=nonce,  # pyright: ignore[reportArgumentType]  # None is discord.py's own default
            view=rows_of(notice.rows) if notice.rows else MISSING,
            silent=notice.silent,
            allowed_mentions=_allowed(notice.mention),
        )
    return message.id


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


async def reply(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Answer with the panel: in place of a deferral (of a press: in place of its message), or at once."""
    view = view_of(panel)
    with uploads(panel.files) as files:
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
    if message is None or now - message.created_at < MAX_EDIT_AGE:
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


def offers(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed had that button too."""
    return interaction.message is not None and _has(interaction.message, custom_id)


@contextmanager
def uploads(files: Sequence[File]) -> Generator[list[discord.File]]:
    """Discord's files, whose bytes are let go at the end.

    discord.py leaves a file that holds itself, which the garbage collector finds many albums later.
    """
    made = [file_of(file) for file in files]
    try:
        yield made
    finally:
        for file in made:
            file.fp.close()
