"""The composition root: builds what is shared, one station for each InvokeAI, and what speaks to Discord."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import aiohttp

from bot.controls.subscriptions import ChannelSubscriptions
from bot.delivery.composer import Composer
from bot.delivery.deliverer import SHUTDOWN_TIMEOUT, Deliverer
from bot.delivery.patient_outbox import PatientOutbox
from bot.discord.client import CogParts, InvokeAIBot, point_at
from bot.discord.reconnect_throttle import ReconnectThrottle
from bot.discord.sink import DiscordCards, DiscordSink
from bot.domain.access import Policy
from bot.domain.time_input import machine_zone
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.invokeai.http import open_session
from bot.settings import Settings
from bot.station import Shared, Station, invokeai_client, open_station
from bot.store.database import Database
from bot.store.housekeeping import Housekeeper
from bot.store.key_values import KeyValues, OperationsByVersion
from bot.store.leader import Leader
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.subscriptions import Guilds, Subscriptions
from bot.store.suspensions import Suspensions
from bot.supervisor import Service, Supervisor
from bot.telemetry import HealthServer, LoopWatch, Metrics

COGS = (
    "cogs.errors",
    "cogs.components",
    "cogs.queue",
    "cogs.requeue",
    "cogs.jobs",
    "cogs.notify",
)


@dataclass(frozen=True, slots=True)
class App:
    """The parts that run."""

    settings: Settings
    leader: Leader
    shared: Shared
    station: Station
    discord: InvokeAIBot
    cards: DiscordCards
    deliverer: Deliverer
    housekeeper: Housekeeper
    metrics: Metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; StartRefused or ServiceDied when it can't go on."""
        supervisor = Supervisor(
            self._services(self.settings.token()), sleep=asyncio.sleep, monotonic=time.monotonic
        )
        running = asyncio.create_task(supervisor.run(), name="supervisor")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            stopping.cancel()
            running.cancel()
            await asyncio.gather(running, stopping, return_exceptions=True)

    def _services(self, token: str) -> list[Service]:
        """In the order of their start; they end the other way round."""
        services = [
            Service("leadership", self.leader.run),
            Service("discord", lambda: self.discord.serve(token)),
            Service("delivery", self.deliverer.run, grace=SHUTDOWN_TIMEOUT + 2),
            *self.station.services(self.cards),
            Service("owners", self.discord.owners.run),
            Service("housekeeping", self.housekeeper.run),
        ]
        if self.settings.bot_http_address is not None:
            watch = LoopWatch(self.metrics, monotonic=time.monotonic, sleep=asyncio.sleep)
            services.append(Service("loop watch", watch.run))
        return services

    async def count_notices(self) -> None:
        self.metrics.pending.set(await self.shared.outbox.pending_count())
        self.metrics.dead_lettered.set(await self.shared.outbox.dead_letter_count())
        self.metrics.suspended.set(len(await self.shared.suspensions.all()))

    def state(self) -> tuple[bool, Mapping[str, object]]:
        """Healthy while Discord is connected; an InvokeAI that is away is not our illness."""
        connected = self.discord.is_ready() and not self.discord.is_closed()
        return connected, {"discord": connected, "invokeai": self.station.state.reachable}


@asynccontextmanager
async def build(settings: Settings) -> AsyncGenerator[App]:
    """Everything opened, in the order in which it is needed; closed the other way round."""
    async with AsyncExitStack() as stack:
        leader = Leader(settings.bot_database_url)
        stack.push_async_callback(leader.release)
        await leader.lead()
        database = Database(settings.bot_database_url)
        await database.open()
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(open_session())
        app = await _assemble(settings, leader, database, http)
        stack.push_async_callback(app.discord.close)
        if settings.bot_http_address is not None:
            health = HealthServer(settings.bot_http_address, app.metrics, app.state, app.count_notices)
            stack.push_async_callback(await health.start())
        yield app


async def _assemble(
    settings: Settings, leader: Leader, database: Database, http: aiohttp.ClientSession
) -> App:
    known = OperationsByVersion(database)
    client, metrics = invokeai_client(settings.server, settings, http, known), Metrics()
    shared = Shared(
        database,
        Ledger(database),
        Outbox(database, contact_sheet_after=settings.bot_contact_sheet_after),
        asyncio.Event(),
        Subscriptions(database),
        Suspensions(database),
        KeyValues(database),
        ImageLoader({settings.server: client}, CompressionWorker()),
        now,
    )
    station = await open_station(settings.server, settings, client, shared)
    discord = await _discord(settings, shared, station)
    sink = DiscordSink(discord)
    outbox = PatientOutbox(shared.outbox, shared.subscriptions.preferences, wake=shared.outbox_wake)
    composer = Composer(
        outbox, shared.loader, file_limit=sink.file_limit, clock=now, page=settings.invokeai_public_url
    )
    deliverer = Deliverer(outbox, composer, sink, metrics, clock=now, new_group=lambda: secrets.token_hex(12))
    housekeeper = Housekeeper(
        database,
        shared.ledger,
        shared.outbox,
        keep=timedelta(days=settings.bot_keep_days),
        clock=now,
        sleep=asyncio.sleep,
    )
    cards = DiscordCards(discord, sink.newest.get)
    return App(settings, leader, shared, station, discord, cards, deliverer, housekeeper, metrics)


async def _discord(settings: Settings, shared: Shared, station: Station) -> InvokeAIBot:
    point_at(settings.discord_api_url)
    channels = ChannelSubscriptions(
        shared.database,
        shared.subscriptions,
        Guilds(shared.database),
        shared.key_values,
        shared.outbox,
        suspensions=shared.suspensions,
        clock=now,
        owed=shared.outbox_wake.set,
    )
    await channels.open(settings.discord_guild_ids)
    policy = Policy(settings.bot_operator_roles, settings.bot_admin_roles)
    zone = ZoneInfo(settings.bot_time_zone) if settings.bot_time_zone else machine_zone(os.environ)
    return InvokeAIBot(
        CogParts(station.controls, channels, policy, now, zone),
        database=shared.database,
        key_values=shared.key_values,
        cogs=COGS,
        first_channel=settings.discord_channel_id,
        throttle=ReconnectThrottle(sleep=asyncio.sleep, monotonic=time.monotonic),
    )


def now() -> datetime:
    return datetime.now(UTC)
