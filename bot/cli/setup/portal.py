"""What Discord tells about a token: the application, its guilds, their channels and roles."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import discord

from bot.discord.client import point_at
from bot.discord.sink import NOTICE_PERMISSIONS, missing_permissions
from bot.errors import BotError, TokenRefused

LOOK_EVERY = 2.0


class DiscordAway(BotError):
    """Discord does not answer: look at the network and try again."""


@dataclass(frozen=True, slots=True)
class Application:
    """`invite` asks for exactly the scopes and permissions that are needed."""

    name: str
    invite: str


@dataclass(frozen=True, slots=True)
class Place:
    """A guild, a role or a channel, by id and name. `lacks`: permissions that the bot misses there."""

    id: int
    name: str
    lacks: tuple[str, ...] = ()


class Portal:
    """One token at one Discord. Every question logs in anew, so that nothing stays open between them."""

    def __init__(self, api_url: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._api_url = api_url
        self._sleep = sleep

    async def application(self, token: str) -> Application:
        """TokenRefused if Discord does not take the token; DiscordAway if it does not answer."""
        async with self._client(token) as client:
            found = await client.application_info()
            link = discord.utils.oauth_url(
                found.id, permissions=NOTICE_PERMISSIONS, scopes=("bot", "applications.commands")
            )
            return Application(found.name, link)

    async def guilds(self, token: str, *, wait: bool) -> list[Place]:
        """The guilds that the bot is in; with `wait`, not before there is one."""
        async with self._client(token) as client:
            while True:
                found = [guild async for guild in client.fetch_guilds(limit=None, with_counts=False)]
                if found or not wait:
                    return [Place(guild.id, guild.name) for guild in found]
                await self._sleep(LOOK_EVERY)

    async def channels(self, token: str, guild_id: int) -> list[Place]:
        """The guild's text channels that the bot may see, in the order in which Discord shows them."""
        async with self._client(token) as client:
            guild = await client.fetch_guild(guild_id)
            member = await guild.fetch_member(client.user.id) if client.user else None
            found = [each for each in await guild.fetch_channels() if isinstance(each, discord.TextChannel)]
            return [
                Place(each.id, each.name, tuple(missing_permissions(each.permissions_for(member))))
                for each in sorted(found, key=lambda channel: channel.position)
                if member is not None and each.permissions_for(member).view_channel
            ]

    async def guild_of(self, token: str, channel_id: int) -> int | None:
        """The guild in which that channel is; None if the bot can't see it."""
        async with self._client(token) as client:
            try:
                channel = await client.fetch_channel(channel_id)
            except (discord.NotFound, discord.Forbidden, discord.InvalidData):
                return None
            guild = getattr(channel, "guild", None)
            return guild.id if isinstance(guild, discord.Guild | discord.Object) else None

    async def roles(self, token: str, guild_id: int) -> list[Place]:
        """The guild's roles that people hold, the highest first."""
        async with self._client(token) as client:
            guild = await client.fetch_guild(guild_id)
            found = [role for role in guild.roles if not role.is_default() and not role.managed]
            return [Place(role.id, role.name) for role in sorted(found, reverse=True)]

    @asynccontextmanager
    async def _client(self, token: str) -> AsyncGenerator[discord.Client]:
        point_at(self._api_url)
        async with discord.Client(intents=discord.Intents(guilds=True)) as client:
            try:
                await client.login(token)
                yield client
            except discord.LoginFailure as error:
                raise TokenRefused(f"Discord does not take this token ({error}).") from error
            except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
                raise DiscordAway(f"Discord can't be reached ({type(error).__name__}).") from error
