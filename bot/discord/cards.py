"""Live cards as Discord's messages: posted silently, edited, deleted, found again."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime

import discord

from bot.discord.components import view_of
from bot.discord.errors import translated
from bot.discord.sink import HISTORY, MARGIN, uploads
from bot.errors import MessageGone
from bot.render.message import Panel

UNKNOWN_MESSAGE = 10008
OLD_EDITED_TOO_OFTEN = 30046


class DiscordCards:
    """Through a client that is logged in. `newest`: the last notice sent to a channel, by message id."""

    def __init__(self, client: discord.Client, newest: Callable[[int], int | None]) -> None:
        self._client = client
        self._newest = newest

    async def ready(self) -> None:
        """Returns when the guilds, and so the permissions, are known."""
        await self._client.wait_until_ready()

    async def post(self, channel_id: int, panel: Panel) -> int:
        with translated(self._client, channel_id), uploads(panel.files) as files:
            message = await self._channel(channel_id).send(
                view=view_of(panel), files=files, silent=True, allowed_mentions=discord.AllowedMentions.none()
            )
        return message.id

    async def edit(self, channel_id: int, message_id: int, panel: Panel) -> None:
        """The attachments too are those of `panel`. MessageGone if it can't be edited any more."""
        with translated(self._client, channel_id), _of_one_message(), uploads(panel.files) as files:
            message = self._channel(channel_id).get_partial_message(message_id)
            await message.edit(
                view=view_of(panel), attachments=files, allowed_mentions=discord.AllowedMentions.none()
            )

    async def delete(self, channel_id: int, message_id: int) -> None:
        """A message that is gone already is as good."""
        try:
            with translated(self._client, channel_id), _of_one_message():
                await self._channel(channel_id).get_partial_message(message_id).delete()
        except MessageGone:
            return

    async def find(self, channel_id: int, since: datetime) -> list[int]:
        """Our cards there that are not older than `since`: what we posted unasked, as Components V2."""
        me = self._client.user
        with translated(self._client, channel_id):
            history = self._channel(channel_id).history(
                limit=HISTORY, after=since - MARGIN, oldest_first=False
            )
            return [
                message.id
                async for message in history
                if me is not None
                and message.author.id == me.id
                and message.flags.components_v2
                and message.interaction_metadata is None
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

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id)


@contextmanager
def _of_one_message() -> Generator[None]:
    """Inside `translated`: only this message is the trouble, not its channel."""
    try:
        yield
    except discord.HTTPException as error:
        if error.code in (UNKNOWN_MESSAGE, OLD_EDITED_TOO_OFTEN):
            raise MessageGone(f"Discord edits that message no more: {error.text}.") from error
        raise
