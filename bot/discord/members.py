"""Who is in a guild: asked of Discord each time, since the bot has no list of members."""

import asyncio

import aiohttp
import discord
import structlog

from bot.domain.guilds import Served

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MEMBER_TIMEOUT = 5.0
"""Seconds."""


class Members:
    """Of guilds that are `served`."""

    def __init__(self, client: discord.Client, served: Served) -> None:
        self._client = client
        self._served = served

    async def has(self, guild_id: int, user_id: int) -> bool:
        """Whether that person is there now. What Discord does not tell is a no."""
        guild = self._client.get_guild(guild_id)
        if guild is None or not self._served.serves(guild_id):
            return False
        try:
            async with asyncio.timeout(MEMBER_TIMEOUT):
                await guild.fetch_member(user_id)
        except discord.NotFound:
            return False
        except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("member_read_failed", guild=guild_id, user=user_id, reason=type(error).__name__)
            return False
        return True
