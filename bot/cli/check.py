"""`check`: for each need whether it is met, and the mend where it is not. Makes the database if need be."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import discord
import humanize
from sqlalchemy.engine import make_url

from bot.app import invokeai_client, invokeai_socket
from bot.discord.client import point_at
from bot.discord.sink import NOTICE_PERMISSIONS, missing_permissions
from bot.errors import BotError, InvokeAIError, SettingWrong
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.http import open_session
from bot.invokeai.socket.events import Connected
from bot.settings import Settings
from bot.store.database import Database
from bot.store.subscriptions import Subscriptions

SOCKET_TIMEOUT = 10.0
LITTLE_DISK = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` is what was found; `mend` is None where the need is met. A doubt is told, and fails nothing."""

    need: str
    said: str
    mend: str | None = None
    doubt: bool = False

    @property
    def met(self) -> bool:
        return self.mend is None or self.doubt

    @property
    def sign(self) -> str:
        return "?" if self.doubt else "✓" if self.met else "✗"


async def report(settings: Settings, say: Callable[[str], None]) -> bool:
    """Say each finding as soon as it is there; True when every need is met."""
    met = True
    async with open_session() as http:
        async for finding in _findings(settings, http):
            met = met and finding.met
            say(f"{finding.sign} {finding.need}: {finding.said}")
            if finding.mend is not None:
                say(f"    → {finding.mend}")
    say("Everything is in place." if met else "Mend what is marked ✗, then run check again.")
    return met


async def _findings(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    wanted = {one for one in (settings.discord_channel_id, settings.bot_admin_channel_id) if one is not None}
    database = Database(settings.bot_database_url)
    try:
        await database.open()
        wanted |= {one.channel_id for one in await Subscriptions(database).all()}
        yield Finding("Database", await database.check())
    except BotError as error:
        yield Finding("Database", str(error), "Mend BOT_DATABASE_URL or the place that it names.")
    finally:
        await database.close()
    yield _disk(settings)
    async for finding in _discord(settings, wanted):
        yield finding
    client = invokeai_client(settings, http)
    async for finding in _invokeai(settings, client):
        yield finding


def _disk(settings: Settings) -> Finding:
    url = make_url(settings.bot_database_url)
    place = Path(url.database or ".").parent if url.drivername.startswith("sqlite") else Path()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    said = f"{humanize.naturalsize(free, binary=True)} free"
    return Finding("Disk", said, f"Make room in {place}." if free < LITTLE_DISK else None)


async def _discord(settings: Settings, wanted: set[int]) -> AsyncIterator[Finding]:
    try:
        token = settings.token()
    except SettingWrong as error:
        yield Finding("Token", "missing", str(error))
        return
    point_at(settings.discord_api_url)
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            await client.login(token)
        except discord.LoginFailure:
            yield Finding(
                "Token", "refused", "Copy the token again from the developer portal: Bot, Reset Token."
            )
            return
        except (aiohttp.ClientError, OSError, discord.HTTPException) as error:
            yield Finding(
                "Discord", f"not reached ({type(error).__name__})", "Look at this machine's network."
            )
            return
        application = await client.application_info()
        yield Finding("Token", "taken")
        yield Finding("Application", f"{application.name}, owned by {application.owner.name}")
        yield Finding("Intents", "guilds only; no privileged intent is needed")
        guilds = [guild async for guild in client.fetch_guilds(limit=None, with_counts=False)]
        if not guilds:
            link = discord.utils.oauth_url(
                application.id,
                permissions=NOTICE_PERMISSIONS,
                scopes=("bot", "applications.commands"),
            )
            yield Finding("Guild", "the bot is in none", f"Invite it: {link}")
            return
        yield Finding("Guild", ", ".join(guild.name for guild in guilds))
        async for finding in _channels(client, [guild.id for guild in guilds], wanted):
            yield finding


async def _channels(client: discord.Client, guilds: list[int], wanted: set[int]) -> AsyncIterator[Finding]:
    if not wanted:
        yield Finding(
            "Channel", "none gets notices", "Run /notify here in a channel, or set DISCORD_CHANNEL_ID."
        )
    missing = set(wanted)
    parents: dict[int, tuple[str, discord.Permissions]] = {}
    me = client.user
    for guild_id in guilds if wanted and me else []:
        guild = await client.fetch_guild(guild_id)
        member = await guild.fetch_member(me.id) if me else None
        for channel in await guild.fetch_channels():
            if member is None:
                continue
            permissions = channel.permissions_for(member)
            parents[channel.id] = (guild.name, permissions)
            if channel.id in missing:
                missing.discard(channel.id)
                said = f"#{channel.name} in {guild.name}"
                yield _channel(said, missing_permissions(permissions))
    for channel_id in sorted(missing):
        thread = await _thread(client, channel_id)
        if thread is not None and thread.parent_id in parents:
            guild_name, permissions = parents[thread.parent_id]
            said = f"the thread {thread.name} in {guild_name}"
            yield _channel(said, missing_permissions(permissions, thread=True))
        else:
            yield Finding(
                "Channel",
                f"{channel_id} is not to be seen",
                "Invite the bot to its server, or mend the number.",
            )


def _channel(said: str, lacks: list[str]) -> Finding:
    return Finding("Channel", said, f"Give the bot {', '.join(lacks)} there." if lacks else None)


async def _thread(client: discord.Client, channel_id: int) -> discord.Thread | None:
    """A guild's list of channels does not name its threads."""
    try:
        found = await client.fetch_channel(channel_id)
    except (discord.NotFound, discord.Forbidden, discord.InvalidData):
        return None
    return found if isinstance(found, discord.Thread) else None


async def _invokeai(settings: Settings, client: InvokeAIClient) -> AsyncIterator[Finding]:
    try:
        info = await client.connect()
        yield Finding("InvokeAI", f"{info.version} at {info.url}")
        status = await client.status()
        unknown = await client.unknown_queue()
        yield Finding(
            "Queue",
            f"{settings.invokeai_queue_id}: {status.pending} waiting, "
            f"{'paused' if status.paused else 'not paused'}"
            f"{'; no job was found in it' if unknown else ''}",
            "Is INVOKEAI_QUEUE_ID spelt right? InvokeAI's own page uses default." if unknown else None,
            doubt=unknown,
        )
        admin = await client.is_admin()
        yield Finding(
            "InvokeAI rights",
            "admin" if admin else "no admin: others' jobs stay hidden",
            None if admin else "Give INVOKEAI_EMAIL and INVOKEAI_PASSWORD of an admin account.",
        )
        yield await _socket(settings, client)
    except InvokeAIError as error:
        yield Finding("InvokeAI", str(error), "Start InvokeAI, or mend INVOKEAI_URL.")


async def _socket(settings: Settings, client: InvokeAIClient) -> Finding:
    socket = invokeai_socket(settings, client)
    try:
        async with asyncio.timeout(SOCKET_TIMEOUT), aclosing(socket.events()) as events:
            async for event in events:
                if isinstance(event, Connected):
                    return Finding("InvokeAI socket", "connected")
    except TimeoutError:
        pass
    return Finding(
        "InvokeAI socket",
        f"no connection within {SOCKET_TIMEOUT:.0f} s",
        "If a proxy stands before InvokeAI, let it pass WebSockets at /ws/socket.io.",
    )
