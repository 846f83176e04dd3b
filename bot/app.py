"""The composition root: builds what is shared, one station for each InvokeAI, and what speaks to Discord."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.controls.adoption import Adoption
from bot.controls.picture_turns import PictureTurns
from bot.controls.servers import Servers
from bot.controls.statistics import StatisticsControls
from bot.controls.subscriptions import ChannelSubscriptions
from bot.delivery.askers import Askers
from bot.delivery.composer import Composer
from bot.delivery.deliverer import SHUTDOWN_TIMEOUT, Deliverer
from bot.delivery.patient_outbox import PatientOutbox
from bot.discord.client import CogParts, InvokeAIBot, point_at
from bot.discord.members import Members
from bot.discord.reconnect_throttle import ReconnectThrottle
from bot.discord.sink import DiscordCards, DiscordSink
from bot.domain.access import Policy
from bot.domain.guilds import AdoptedGuilds
from bot.domain.time_input import machine_zone
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.http import open_session
from bot.settings import Settings
from bot.station import Shared, Station, invokeai_client, open_station
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.hourly_totals import HourlyTotals
from bot.store.housekeeping import Housekeeper
from bot.store.key_values import KeyValues, OperationsByVersion
from bot.store.leader import Leader
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.styles import Styles
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions
from bot.store.suspensions import Suspensions
from bot.supervisor import Service, Supervisor
from bot.telemetry.health import LEADERSHIP, Duties, Health
from bot.telemetry.loop_watch import LoopWatch
from bot.telemetry.metrics import Metrics

COGS = (
    "cogs.errors",
    "cogs.components",
    "cogs.queue",
    "cogs.requeue",
    "cogs.create",
    "cogs.use_as_input",
    "cogs.styles",
    "cogs.workflows",
    "cogs.jobs",
    "cogs.notify",
    "cogs.statistics",
    "cogs.link",
)
DELIVERY = "delivery"
COUNT_TIMEOUT = 5.0
"""Seconds that /metrics waits for the database."""


@dataclass(frozen=True, slots=True)
class App:
    """The parts that run."""

    supervisor: Supervisor
    discord: InvokeAIBot
    shared: Shared
    metrics: Metrics
    health: Health

    async def measure(self) -> None:
        """The figures that nobody counts all the time."""
        self.health.measure(self.metrics)
        async with asyncio.timeout(COUNT_TIMEOUT):
            self.metrics.pending.set(await self.shared.outbox.pending_count())
            self.metrics.dead_lettered.set(await self.shared.outbox.dead_letter_count())
            self.metrics.suspended.set(len(await self.shared.suspensions.all()))


@asynccontextmanager
async def build(settings: Settings, leader: Leader, metrics: Metrics) -> AsyncGenerator[App]:
    """Everything of the bot that leads, opened in the order in which it is needed."""
    async with AsyncExitStack() as stack:
        database = Database(settings.bot_database_url)
        await database.open()
        stack.push_async_callback(database.close)
        await database.begin_term()
        known = OperationsByVersion(database)
        clients = {
            server.name: invokeai_client(server, await stack.enter_async_context(open_session()), known)
            for server in settings.servers
        }
        app = await _assemble(settings, leader, database, clients, metrics)
        stack.push_async_callback(app.discord.close)
        yield app


async def _assemble(
    settings: Settings,
    leader: Leader,
    database: Database,
    clients: Mapping[str, InvokeAIClient],
    metrics: Metrics,
) -> App:
    adopted, worker = AdoptedGuilds(), CompressionWorker()
    shared = Shared(
        database,
        Ledger(database),
        Outbox(database, contact_sheet_after=settings.bot_contact_sheet_after),
        asyncio.Event(),
        Subscriptions(database, adopted),
        Suspensions(database),
        KeyValues(database),
        ImageLoader(clients, worker),
        PictureTurns(time.monotonic),
        worker.prepared,
        now,
    )
    stations = [await open_station(each, settings, clients[each.name], shared) for each in settings.servers]
    discord = await _discord(settings, leader, shared, adopted, stations)
    sink = DiscordSink(discord, known=discord.known_contents)
    deliverer = _deliverer(settings, shared, sink, Members(discord, adopted), metrics)
    running: dict[str, bool] = {}
    duties = Duties(
        leader,
        database,
        lambda: discord.shards,
        running,
        {DELIVERY: lambda: deliverer.rounds} | {each.watching: each.rounds for each in stations},
        [each.state for each in stations],
    )
    health = Health(duties, monotonic=time.monotonic, sleep=asyncio.sleep)
    services = [
        Service(LEADERSHIP, leader.run),
        Service("discord", lambda: discord.serve(settings.token())),
        Service(DELIVERY, deliverer.run, grace=SHUTDOWN_TIMEOUT + 2),
        *(service for each in stations for service in each.services(DiscordCards(discord, sink.newest.get))),
        Service("owners", discord.owners.run),
        Service("guilds", lambda: discord.channels.adoption.run(asyncio.sleep)),
        Service("housekeeping", _housekeeper(settings, shared).run),
    ]
    if settings.bot_http_address is not None:
        watch = LoopWatch(metrics, monotonic=time.monotonic, sleep=asyncio.sleep)
        services += [Service("loop watch", watch.run), Service("health", health.run)]
    supervisor = Supervisor(services, sleep=asyncio.sleep, monotonic=time.monotonic, running=running)
    return App(supervisor, discord, shared, metrics, health)


def _deliverer(
    settings: Settings, shared: Shared, sink: DiscordSink, members: Members, metrics: Metrics
) -> Deliverer:
    outbox = PatientOutbox(shared.outbox, shared.subscriptions.preferences, wake=shared.outbox_wake)
    composer = Composer(
        outbox,
        shared.loader,
        posted=sink.posted,
        file_limit=sink.file_limit,
        askers=Askers(members.has),
        clock=now,
        pages={server.name: server.public_url for server in settings.servers},
    )
    return Deliverer(outbox, composer, sink, metrics, clock=now, new_group=lambda: secrets.token_hex(12))


def _housekeeper(settings: Settings, shared: Shared) -> Housekeeper:
    return Housekeeper(
        shared.database,
        shared.ledger,
        shared.outbox,
        Submissions(shared.database),
        keep=timedelta(days=settings.bot_keep_days),
        clock=now,
        sleep=asyncio.sleep,
    )


async def _discord(
    settings: Settings, leader: Leader, shared: Shared, adopted: AdoptedGuilds, stations: Sequence[Station]
) -> InvokeAIBot:
    point_at(settings.discord_api_url)
    adoption = Adoption(
        shared.database,
        adopted,
        Guilds(shared.database),
        first_channels=FirstChannels(shared.database),
        subscriptions=shared.subscriptions,
        outbox=shared.outbox,
        styles=Styles(shared.database),
    )
    await adoption.read(settings.discord_guild_ids, settings.discord_channel_id)
    await adoption.refresh()
    await adoption.tell_earlier(settings.discord_channel_id)
    channels = ChannelSubscriptions(
        shared.database,
        shared.subscriptions,
        adoption,
        shared.outbox,
        suspensions=shared.suspensions,
        clock=now,
        wake=shared.outbox_wake.set,
    )
    policy = Policy(
        settings.bot_operator_roles,
        settings.bot_admin_roles,
        settings.bot_viewer_roles,
        settings.bot_creator_roles,
    )
    zone = ZoneInfo(settings.bot_time_zone) if settings.bot_time_zone else machine_zone(os.environ)
    statistics = StatisticsControls(HourlyTotals(shared.database), now, zone)
    return InvokeAIBot(
        CogParts(Servers([each.controls for each in stations]), channels, statistics, policy, now, zone),
        database=shared.database,
        cogs=COGS,
        first_channel=settings.discord_channel_id,
        throttle=ReconnectThrottle(sleep=asyncio.sleep, monotonic=time.monotonic),
        permit=leader.require,
        sleep=asyncio.sleep,
    )


def now() -> datetime:
    return datetime.now(UTC)
