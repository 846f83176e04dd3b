"""What Discord tells of guilds and their channels: who takes messages again, and where the bot is no more."""

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.controls.subscriptions import ChannelSubscriptions
from bot.discord.errors import missing_in
from bot.errors import DatabaseTrouble

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

NOT_A_MEMBER = frozenset({10004, 50001})
"""Discord's codes, of whatever status, for a guild that is gone or that the bot is not in."""


class GuildEvents(commands.Cog):
    def __init__(self, client: commands.AutoShardedBot, channels: ChannelSubscriptions) -> None:
        self._client = client
        self._channels = channels

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """A guild may have thrown the bot out while it was away: ask for each that is missing now."""
        try:
            known = await self._channels.adoption.known()
        except DatabaseTrouble as error:
            log.warning("guild_check_failed", reason=str(error))
            return
        for guild_id in sorted(known):
            if self._client.get_guild(guild_id) is None and await self._is_gone(guild_id):
                await self._channels.adoption.left(guild_id)

    async def _is_gone(self, guild_id: int) -> bool:
        """By Discord's own word only: a guild of which it says nothing is there."""
        try:
            await self._client.fetch_guild(guild_id, with_counts=False)
        except discord.HTTPException as error:
            if error.code in NOT_A_MEMBER:
                return True
            log.warning("guild_check_failed", guild=guild_id, reason=f"Discord answered {error.status}.")
        except (aiohttp.ClientError, OSError) as error:
            log.warning("guild_check_failed", guild=guild_id, reason=type(error).__name__)
        return False

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Thrown out, or the guild is deleted; one that Discord can't reach just now is neither."""
        channels = [channel.id for channel in (*guild.channels, *guild.threads)]
        await self._channels.adoption.left(guild.id, channels)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self._retry_suspended(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._retry_suspended(guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _before: discord.Role, after: discord.Role) -> None:
        await self._retry_suspended(after.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _before: discord.Member, after: discord.Member) -> None:
        if after == after.guild.me:  # of others we are told nothing, without that intent
            await self._retry_suspended(after.guild)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        await self._retry_suspended(after.guild)

    @commands.Cog.listener()
    async def on_thread_update(self, _before: discord.Thread, after: discord.Thread) -> None:
        await self._retry_suspended(after.guild)

    async def _retry_suspended(self, guild: discord.Guild) -> None:
        """Something changed that may let a suspended channel take messages again."""
        try:
            suspended = [one.channel_id for one in await self._channels.suspended(guild.id)]
            there = (guild.get_channel_or_thread(channel_id) for channel_id in suspended)
            usable = [channel.id for channel in there if channel is not None and not missing_in(channel)]
            if usable:
                await self._channels.resumed(usable)
        except DatabaseTrouble as error:  # the delivery tries the channel later by itself
            log.warning("suspended_channels_check_failed", guild=guild.id, reason=str(error))
