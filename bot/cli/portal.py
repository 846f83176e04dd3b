"""What Discord tells about a token, for `check` and `setup`: its application, guilds, channels and roles."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import discord

from bot.discord.client import point_at
from bot.discord.errors import NOTICE_PERMISSIONS, missing_permissions, why_away
from bot.discord.identify_budget import Identifies
from bot.errors import BotError, TokenRefused
from bot.render.text import plain


class DiscordAway(BotError):
    """Discord does not answer: look at the network and try again."""


@dataclass(frozen=True, slots=True)
class Application:
    """`invite` asks for exactly the scopes and permissions that are needed."""

    name: str
    owner: str
    invite: str


@dataclass(frozen=True, slots=True)
class Place:
    """A guild, a role or a channel, by id and name. `lacks`: permissions that the bot misses there.

    `silent`: of a channel that takes no messages whatever is permitted, what it is: `forum`, `category`.
    """

    id: int
    name: str
    lacks: tuple[str, ...] = ()
    silent: str | None = None


class DiscordAccount:
    """The bot's own account at Discord, logged in. DiscordAway, from each question, if it does not answer."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def application(self) -> Application:
        found = await self._client.application_info()
        link = discord.utils.oauth_url(
            found.id, permissions=NOTICE_PERMISSIONS, scopes=("bot", "applications.commands")
        )
        return Application(shown(found.name), shown(found.owner.name), link)

    async def told(self, identifies: Identifies, now: datetime) -> Identifies:
        """With what Discord says of the day's IDENTIFYs."""
        _, _, limit = await self._client.http.get_bot_gateway()
        return identifies.told(now, limit)

    async def guilds(self) -> list[Place]:
        """Those that the bot is in."""
        found = self._client.fetch_guilds(limit=None, with_counts=False)
        return [Place(guild.id, shown(guild.name)) async for guild in found]

    async def text_channels(self, guild_id: int) -> list[Place]:
        """Those that the bot may see, in the order in which Discord shows them."""
        found = await self._channels(guild_id)
        return [
            Place(channel.id, shown(channel.name), tuple(missing_permissions(permissions)))
            for channel, permissions in sorted(found, key=lambda each: each[0].position)
            if isinstance(channel, discord.TextChannel) and permissions.view_channel
        ]

    async def find(self, wanted: Collection[int], guilds: Sequence[Place]) -> list[Place]:
        """Those of the channels and threads `wanted` that are in one of the guilds, named with it."""
        found: list[Place] = []
        known: dict[int, tuple[Place, discord.Permissions]] = {}
        for guild in guilds:
            for channel, permissions in await self._channels(guild.id):
                known[channel.id] = guild, permissions
                if channel.id in wanted:
                    name = f"#{shown(channel.name)} in {guild.name}"
                    lacks = tuple(missing_permissions(permissions))
                    found.append(Place(channel.id, name, lacks, _silent(channel)))
        for channel_id in sorted(set(wanted) - set(known)):  # a guild's list does not name its threads
            thread = await self._fetch(channel_id)
            if isinstance(thread, discord.Thread) and thread.parent_id in known:
                guild, permissions = known[thread.parent_id]
                name = f"the thread {shown(thread.name)} in {guild.name}"
                found.append(Place(thread.id, name, tuple(missing_permissions(permissions, thread=True))))
        return found

    async def guild_of(self, channel_id: int) -> int | None:
        """The guild in which that channel is; None if the bot can't see it."""
        guild = getattr(await self._fetch(channel_id), "guild", None)
        return guild.id if isinstance(guild, discord.Guild | discord.Object) else None

    async def roles(self, guild_id: int) -> list[Place]:
        """The guild's roles that people hold, the highest first."""
        guild = await self._client.fetch_guild(guild_id)
        found = [role for role in guild.roles if not role.is_default() and not role.managed]
        return [Place(role.id, shown(role.name)) for role in sorted(found, reverse=True)]

    async def _channels(self, guild_id: int) -> list[tuple[discord.abc.GuildChannel, discord.Permissions]]:
        """The guild's channels, each with what the bot may do there."""
        me = self._client.user
        if me is None:
            return []
        guild = await self._client.fetch_guild(guild_id)
        member = await guild.fetch_member(me.id)
        return [(each, each.permissions_for(member)) for each in await guild.fetch_channels()]

    async def _fetch(self, channel_id: int) -> object:
        try:
            return await self._client.fetch_channel(channel_id)
        except (discord.NotFound, discord.Forbidden, discord.InvalidData):
            return None


@asynccontextmanager
async def logged_in(api_url: str, token: str) -> AsyncGenerator[DiscordAccount]:
    """TokenRefused if Discord does not take the token; DiscordAway if it does not answer."""
    point_at(api_url)
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            await client.login(token)
            yield DiscordAccount(client)
        except discord.LoginFailure as error:
            raise TokenRefused(f"Discord does not take this token ({error}).") from error
        except (aiohttp.ClientError, OSError, discord.HTTPException, discord.GatewayNotFound) as error:
            raise DiscordAway(f"{why_away(error)} Check this machine's network.") from error


def _silent(channel: discord.abc.GuildChannel) -> str | None:
    if isinstance(channel, discord.ForumChannel):
        return "forum"
    return "category" if isinstance(channel, discord.CategoryChannel) else None


def shown(foreign: str) -> str:
    """On one line, without what could steer a terminal."""
    return " ".join(plain(foreign).split())
