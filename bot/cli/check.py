"""`check`: for each need whether it is met, and the fix where it is not. Makes nothing."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import humanize
from sqlalchemy.engine import make_url

from bot.cli.audience import Audience, read_audience
from bot.cli.finding import Finding
from bot.cli.portal import DiscordAccount, DiscordAway, logged_in, shown
from bot.discord.identify_budget import Identifies, IdentifyBudget
from bot.errors import BotError, DatabaseMissing, InvokeAIError, SettingWrong, TokenRefused
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.compatibility import is_tried
from bot.invokeai.http import open_session
from bot.invokeai.http_errors import TemporarilyUnavailable
from bot.invokeai.socket.events import Connected, Disconnected
from bot.settings import Settings
from bot.settings.servers import ServerSettings
from bot.station import invokeai_client, invokeai_socket
from bot.store.database import Database
from bot.store.key_values import KeyValues

SOCKET_TIMEOUT = 10.0
LITTLE_DISK = 200 * 1024 * 1024


async def report(
    settings: Settings, say: Callable[[str], None], *, socket_timeout: float = SOCKET_TIMEOUT
) -> bool:
    """Say each finding as soon as it is there; True when every need is met."""
    met = True
    async with open_session() as http:
        async for finding in _findings(settings, http, socket_timeout):
            met = met and finding.met
            say(f"{finding.sign} {finding.need}: {shown(finding.said)}")
            if finding.fix is not None:
                say(f"    → {shown(finding.fix)}")
    say("Everything is in place." if met else "Fix what is marked ✗, then run check again.")
    return met


async def _findings(
    settings: Settings, http: aiohttp.ClientSession, socket_timeout: float
) -> AsyncIterator[Finding]:
    named = settings.discord_channel_id, settings.bot_admin_channel_id
    channels = {channel_id for channel_id in named if channel_id is not None}
    database, identifies = Database(settings.bot_database_url), Identifies()
    audience = Audience()
    try:
        await database.open_existing()
        audience = await read_audience(database, settings)
        channels |= set(audience.subscriptions)
        identifies = await IdentifyBudget(database, KeyValues(database), now).read()
        yield Finding("Database", await database.check())
    except DatabaseMissing as error:
        yield _place_for(settings, database, error)
    except BotError as error:
        yield Finding("Database", str(error), "Correct BOT_DATABASE_URL or the place that it names.")
    finally:
        await database.close()
    yield _disk(settings)
    async for finding in _discord(settings, channels, audience, identifies):
        yield finding
    for server in settings.servers:
        client = invokeai_client(server, http)
        async for finding in _invokeai(server, client, socket_timeout):
            several = len(settings.servers) > 1
            yield replace(finding, need=f"{finding.need} ({server.name})") if several else finding


def now() -> datetime:
    return datetime.now(UTC)


def _place_for(settings: Settings, database: Database, error: DatabaseMissing) -> Finding:
    """Whether the first start can make it."""
    folder = _folder(settings)
    if database.is_file:
        try:
            with tempfile.NamedTemporaryFile(dir=folder):
                pass
        except OSError:
            return Finding("Database", str(error), f"Give this user the right to write in {folder}.")
    return Finding("Database", f"none yet at {database.place}; the first start makes it")


def _folder(settings: Settings) -> Path:
    """The one that the database is in, or will be made in; for PostgreSQL the one where the bot runs."""
    url = make_url(settings.bot_database_url)
    place = Path(url.database or ".").parent if url.drivername.startswith("sqlite") else Path()
    while not place.exists():
        place = place.parent
    return place


def _disk(settings: Settings) -> Finding:
    place = _folder(settings)
    free = shutil.disk_usage(place).free
    said = f"{humanize.naturalsize(free, binary=True)} free"
    return Finding("Disk", said, f"Make room in {place}." if free < LITTLE_DISK else None)


async def _discord(
    settings: Settings, channels: set[int], audience: Audience, identifies: Identifies
) -> AsyncIterator[Finding]:
    try:
        token = settings.token()
    except SettingWrong as error:
        yield Finding("Token", "missing", str(error))
        return
    try:
        async with logged_in(settings.discord_api_url, token) as account:
            yield Finding("Token", "taken")
            yield _gateway(await account.told(identifies, now()), now())
            async for finding in _account(account, channels, audience):
                yield finding
    except TokenRefused:
        yield Finding("Token", "refused", "Copy the token again from the developer portal: Bot, Reset Token.")
    except DiscordAway as error:
        said, _, fix = str(error).partition(". ")
        yield Finding("Discord", said, fix)


def _gateway(identifies: Identifies, at: datetime) -> Finding:
    said = f"{identifies.left(at):,} of {identifies.limit:,} logins left today"
    delay = identifies.delay(at)
    if not delay:
        return Finding("Gateway", said)
    fix = "Something ends the bot's connections, or starts it, again and again: look in its log."
    until = (at + delay).astimezone().strftime("%H:%M %Z")
    return Finding("Gateway", f"{said}; the next one waits until {until}", fix, doubt=True)


async def _account(account: DiscordAccount, channels: set[int], audience: Audience) -> AsyncIterator[Finding]:
    application = await account.application()
    yield Finding("Application", f"{application.name}, owned by {application.owner}")
    yield Finding("Intents", "guilds only; no privileged intent is needed")
    guilds = await account.guilds()
    if not guilds:
        yield Finding("Guild", "the bot is in none", f"Invite it: {application.invite}")
        return
    yield Finding("Guild", ", ".join(guild.name for guild in guilds))
    for finding in audience.guilds(guilds):
        yield finding
    if not channels:
        yield Finding(
            "Channel", "none gets notices", "Run /notify here in a channel, or set DISCORD_CHANNEL_ID."
        )
        return
    found = await account.find(channels, guilds)
    for channel in found:
        yield audience.channel(channel)
    for channel_id in sorted(channels - {channel.id for channel in found}):
        fix = "Invite the bot to its server, or correct the number."
        yield Finding("Channel", f"{channel_id} is not to be seen", fix)


async def _invokeai(
    server: ServerSettings, client: InvokeAIClient, socket_timeout: float
) -> AsyncIterator[Finding]:
    away = f"Start InvokeAI, or correct {server.names.url}."
    try:
        info = await client.connect()
        tried = is_tried(info.version)
        doubt = "" if tried else "; known from its source, not yet run"
        yield Finding("InvokeAI", f"{info.version} at {info.url}{doubt}", doubt=not tried)
        status = await client.status()
        unknown = await client.unknown_queue()
        yield Finding(
            "Queue",
            f"{server.queue_id}: {status.pending} waiting, "
            f"{'paused' if status.paused else 'not paused'}"
            f"{'; no job was found in it' if unknown else ''}",
            f"Is {server.names.queue_id} spelt right? InvokeAI's own page uses default." if unknown else None,
            doubt=unknown,
        )
        admin = await client.is_admin()
        yield Finding(
            "InvokeAI rights",
            "admin" if admin else "no admin: others' jobs stay hidden",
            None if admin else f"Give {server.names.account} of an admin account.",
        )
        yield await _socket(server, client, socket_timeout)
    except TemporarilyUnavailable as error:
        yield Finding("InvokeAI", error.with_details, away)
    except InvokeAIError as error:  # it says what is wrong, and then what to do
        said, _, fix = str(error).partition(". ")
        where = f" ({error.details})" if error.details else ""
        yield Finding("InvokeAI", f"{said.rstrip('.')}{where}", fix or away)


async def _socket(server: ServerSettings, client: InvokeAIClient, limit: float) -> Finding:
    socket = invokeai_socket(server, client)
    reason = ""
    try:
        async with asyncio.timeout(limit), aclosing(socket.events()) as events:
            async for event in events:
                if isinstance(event, Connected):
                    return Finding("InvokeAI socket", "connected")
                if isinstance(event, Disconnected):
                    reason = f": {event.reason}"
    except TimeoutError:
        pass
    return Finding(
        "InvokeAI socket",
        f"no connection within {limit:.0f} s{reason}",
        "If a proxy stands before InvokeAI, let it pass WebSockets at /ws/socket.io.",
    )
