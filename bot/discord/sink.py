"""Our messages become Discord's: notices, and live cards that are edited and deleted."""

from collections.abc import AsyncGenerator, Callable, Collection, Generator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.delivery.message import Message
from bot.delivery.upload_budget import upload_timeout
from bot.discord.components import embed_of, file_of, rows_of, view_of
from bot.discord.direct import place_of
from bot.discord.errors import no_more_edits, translated
from bot.discord.known_contents import KnownContents
from bot.discord.posts import KeptFile
from bot.discord.time_limit import time_limit
from bot.domain.limits import DEFAULT_MAX_FILE
from bot.domain.subscriptions import Mention, MentionKind
from bot.errors import MessageGone, ThreadArchived
from bot.own_secrets import hide
from bot.render.album_text import AlbumContents
from bot.render.deletions import SIGN as DELETED
from bot.render.headline import has_mark
from bot.render.message import File, Notice, Panel
from bot.render.text import DOT

MARGIN = timedelta(days=1)
"""Our clock and Discord's may differ by so much."""
MAX_HISTORY = 200
"""So many messages of a channel are looked through for one of ours."""
NOBODY = discord.AllowedMentions.none()
MISSING: Any = discord.utils.MISSING


class _Channels:
    """The channels of a client that is logged in."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def ready(self) -> None:
        """Returns when the guilds are known, and so their permissions and file limits."""
        await self._client.wait_until_ready()

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)

    def _message(self, channel_id: int, message_id: int) -> discord.PartialMessage:
        return self._channel(channel_id).get_partial_message(message_id)

    async def _ours(self, channel_id: int, since: datetime) -> AsyncGenerator[discord.Message]:
        """Our own messages there after `since`, newest first."""
        me = self._client.user
        with translated(self._client, channel_id):
            history = (await place_of(self._client, channel_id)).history(
                limit=MAX_HISTORY, after=since - MARGIN, oldest_first=False
            )
            async for message in history:
                if me is not None and message.author.id == me.id:
                    yield message


class DiscordSink(_Channels):
    """Sends notices. `timeout`: the seconds that a message with so many bytes of files may take.

    `known`: shared with whatever else edits our notices.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        timeout: Callable[[int], float] = upload_timeout,
        known: KnownContents | None = None,
    ) -> None:
        super().__init__(client)
        self._timeout = timeout
        self._known = known or KnownContents()
        self.newest: dict[int, int] = {}
        """The id of the last notice sent to each channel since the start."""

    def file_limit(self, channel_id: int) -> int:
        channel = self._client.get_channel(channel_id)
        guild = getattr(channel, "guild", None)
        return guild.filesize_limit if isinstance(guild, discord.Guild) else DEFAULT_MAX_FILE

    async def put(self, message: Message) -> int:
        """The id of the message that says this now. MessageGone: the one to edit takes no edits."""
        if message.edits is None:
            return await self.send(
                message.channel_id, message.notice, message.nonce, reply_to=message.reply_to
            )
        await self.edit(message.channel_id, message.edits, message.notice, message.keeps)
        return message.edits

    async def posted(self, channel_id: int, message_id: int) -> AlbumContents:
        """What our message has now. MessageGone: it is gone. Not asked again after our own edit."""
        known = self._known.of(channel_id, message_id)
        if known is not None:
            return known
        async with time_limit(self._timeout(0)):
            with translated(self._client, channel_id), no_more_edits():
                message = await self._message(channel_id, message_id).fetch()
        return _contents(message)

    async def send(self, channel_id: int, notice: Notice, nonce: str, *, reply_to: int | None = None) -> int:
        """The new message's id. A nonce that Discord has seen within minutes yields the same message."""
        async with time_limit(self._timeout(_size(notice.files))):
            message_id = await send_notice(self._client, channel_id, notice, nonce, reply_to)
        self.newest[channel_id] = message_id
        return message_id

    async def find(
        self, channel_id: int, dedup_marker: str, since: datetime, known: Collection[int]
    ) -> int | None:
        """Look through our own messages since about then, but `known`, for the one with that marker."""
        async with aclosing(self._ours(channel_id, since)) as ours:
            async for message in ours:
                if message.id not in known and has_mark(message.content, dedup_marker):
                    return message.id
        return None

    async def edit(
        self, channel_id: int, message_id: int, notice: Notice, keeps: Sequence[int] | None = None
    ) -> None:
        """Our message says this now and has the attachments `keeps` and the notice's files; None: it keeps
        all that it has, and gets no more. MessageGone if it is gone or takes no edits.
        """
        change = self._known.begin(channel_id)
        async with time_limit(self._timeout(_size(notice.files))):
            edited = await self._edit(channel_id, message_id, notice, keeps)
        self._known.end(channel_id, change, message_id, _contents(edited))

    async def _edit(
        self, channel_id: int, message_id: int, notice: Notice, keeps: Sequence[int] | None
    ) -> discord.Message:
        with translated(self._client, channel_id), no_more_edits(), uploads(notice.files) as files:
            kept: Any = [KeptFile(attachment_id) for attachment_id in keeps or ()]
            return await self._message(channel_id, message_id).edit(
                content=hide(notice.content),
                embeds=[embed_of(embed) for embed in notice.embeds],
                attachments=MISSING if keeps is None else [*kept, *files],
                view=rows_of(notice.rows) if notice.rows else MISSING,
                allowed_mentions=NOBODY,
            )


class DiscordCards(_Channels):
    """Posts live cards silently, edits, deletes and finds them.

    `newest`: the last notice sent to a channel, by message id.
    """

    def __init__(self, client: discord.Client, newest: Callable[[int], int | None]) -> None:
        super().__init__(client)
        self._newest = newest

    async def post(self, channel_id: int, panel: Panel) -> int:
        async with time_limit(upload_timeout(_size(panel.files))):
            with translated(self._client, channel_id), uploads(panel.files) as files:
                message = await self._channel(channel_id).send(
                    view=view_of(panel), files=files, silent=True, allowed_mentions=NOBODY
                )
        return message.id

    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None:
        """The attachments too are those of `panel`. MessageGone if it can't be edited any more."""
        async with time_limit(upload_timeout(_size(panel.files))):
            with translated(self._client, channel_id), no_more_edits(), uploads(panel.files) as files:
                await self._message(channel_id, message_id).edit(
                    view=view_of(panel), attachments=files, allowed_mentions=NOBODY
                )

    async def delete(self, channel_id: int, message_id: int) -> None:
        """A message that is gone already is as good; ThreadArchived for one that must stay for now."""
        try:
            with translated(self._client, channel_id), no_more_edits():
                await self._message(channel_id, message_id).delete()
        except ThreadArchived:
            raise
        except MessageGone:
            return

    async def find(self, channel_id: int, since: datetime) -> list[int]:
        """Our cards there that are not older than `since`: what we posted unasked, as Components V2."""
        return [
            message.id
            async for message in self._ours(channel_id, since)
            if message.flags.components_v2 and message.interaction_metadata is None
        ]

    def newest(self, channel_id: int) -> int | None:
        """The last notice that was sent there since the start."""
        return self._newest(channel_id)

    def permissions(self, channel_id: int) -> int | None:
        """The bits of what we may do there; None for a channel that is not known."""
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return None
        return channel.permissions_for(channel.guild.me).value


def _contents(message: discord.Message) -> AlbumContents:
    fields = {str(field.name): str(field.value) for embed in message.embeds for field in embed.fields}
    lines = message.content.split("\n")
    notes = tuple(line.partition(DOT)[0] for line in lines if line.startswith(DELETED))
    return AlbumContents({file.filename: file.id for file in message.attachments}, fields, notes)


async def send_notice(
    client: discord.Client,
    channel_id: int,
    notice: Notice,
    nonce: str | None = None,
    reply_to: int | None = None,
) -> int:
    """The new message's id. `reply_to`: the message that it answers, if that is still there."""
    answered = None
    if reply_to is not None:
        answered = discord.MessageReference(
            message_id=reply_to, channel_id=channel_id, fail_if_not_exists=False
        )
    with translated(client, channel_id), uploads(notice.files) as files:
        place = await place_of(client, channel_id)
        message = await place.send(
            hide(notice.content),
            embeds=[embed_of(embed) for embed in notice.embeds],
            files=files,
            nonce=nonce,  # pyright: ignore[reportArgumentType]  # None is discord.py's own default
            view=rows_of(notice.rows) if notice.rows else MISSING,
            silent=notice.silent,
            reference=answered,  # pyright: ignore[reportArgumentType]  # None is its own default
            allowed_mentions=_allowed(notice.mentions),
        )
    return message.id


def _allowed(mentions: Sequence[Mention]) -> discord.AllowedMentions:
    """Exactly those whom the notice names may be notified; nobody if it names none."""
    roles, people = (
        [discord.Object(mention.id) for mention in mentions if mention.kind is kind]
        for kind in (MentionKind.ROLE, MentionKind.USER)
    )
    return discord.AllowedMentions(everyone=False, replied_user=False, roles=roles, users=people)


def _size(files: Sequence[File]) -> int:
    return sum(len(file.data) for file in files)


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
