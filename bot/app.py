"""The composition root: builds what is shared, one station for each InvokeAI, and what speaks to Discord."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
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
from bot.domain.queue_state import QueueChange
from bot.domain.time_input import machine_zone
from bot.errors import LeadershipLost
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.http import open_session
from bot.live_card.keeper import SHUTDOWN_TIMEOUT as CARDS_TIMEOUT
from bot.live_card.keeper import CardSink, LiveCard
from bot.live_card.several import SeveralContents
from bot.settings import Settings
from bot.station import Shared, Station, invokeai_client, open_station
from bot.store.cards import Cards
from bot.store.database import Database
from bot.store.guilds import FirstChannels, Guilds
from bot.store.hourly_totals import HourlyTotals
from bot.store.housekeeping import Housekeeper
from bot.store.key_values import KeyValues, OperationsByVersion
from bot.store.known_servers import KnownServer, KnownServers
from bot.store.leader import Leader
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake
from bot.store.styles import Styles
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions
from bot.store.suspensions import Suspensions
from bot.store.undelivered import pending_by_server
from bot.supervisor import Service, Supervisor
from bot.telemetry.health import LEADERSHIP, Duties, Health
from bot.telemetry.logs import about_server
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
    servers: Sequence[str]

    async def measure(self) -> None:
        """The figures that nobody counts all the time."""
        self.health.measure(self.metrics)
        self.metrics.tasks.set(len(asyncio.all_tasks()))
        async with asyncio.timeout(COUNT_TIMEOUT):
            pending = dict.fromkeys(self.servers, 0) | await pending_by_server(self.shared.database)
            self.metrics.pending.clear()  # of those that are not in the settings any more
            for server, rows in pending.items():
                self.metrics.pending.labels(server).set(rows)
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
        await KnownServers(database).compare(
            {each.name: KnownServer(each.address, each.queue_id) for each in settings.servers}
        )
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
    adopted = AdoptedGuilds()
    shared = _shared(settings, database, clients, adopted)
    stations = [await open_station(each, settings, clients[each.name], shared) for each in settings.servers]
    discord = await _discord(settings, leader, shared, adopted, stations)
    sink = DiscordSink(discord, known=discord.known_contents)
    deliverer = _deliverer(settings, shared, sink, Members(discord, adopted), metrics)
    of_servers = {each.state.server: list(_of_station(each, stations)) for each in stations}
    running: dict[str, bool] = {}
    duties = Duties(
        leader,
        database,
        lambda: discord.whole,
        running,
        {DELIVERY: lambda: deliverer.rounds} | {each.watching: each.rounds for each in stations},
        [each.state for each in stations],
        {server: {service.name for service in services} for server, services in of_servers.items()},
    )
    health = Health(duties, monotonic=time.monotonic, sleep=asyncio.sleep)
    services = [
        Service(LEADERSHIP, lambda: _lead(leader, discord)),
        Service("discord", lambda: discord.serve(settings.token())),
        Service(DELIVERY, deliverer.run, grace=SHUTDOWN_TIMEOUT + 2),
        *(service for services in of_servers.values() for service in services),
        _live_cards(stations, shared, DiscordCards(discord, sink.newest.get)),
        Service("owners", discord.owners.run),
        Service("guilds", lambda: discord.channels.adoption.run(asyncio.sleep)),
        Service("housekeeping", _housekeeper(settings, shared).run),
    ]
    if settings.bot_http_address is not None:
        watch = LoopWatch(metrics, monotonic=time.monotonic, sleep=asyncio.sleep)
        services += [Service("loop watch", watch.run), Service("health", health.run)]
    supervisor = Supervisor(services, sleep=asyncio.sleep, monotonic=time.monotonic, running=running)
    return App(supervisor, discord, shared, metrics, health, [each.state.server for each in stations])


async def _lead(leader: Leader, discord: InvokeAIBot) -> None:
    """While that is certain. To end all services may take longer than another bot takes to come."""
    try:
        await leader.run()
    except LeadershipLost:
        await discord.drop()
        raise


def _shared(
    settings: Settings, database: Database, clients: Mapping[str, InvokeAIClient], adopted: AdoptedGuilds
) -> Shared:
    worker = CompressionWorker()
    return Shared(
        database,
        Ledger(database),
        Outbox(database, contact_sheet_after=settings.bot_contact_sheet_after),
        OutboxWake(),
        Subscriptions(database, adopted),
        Suspensions(database),
        KeyValues(database),
        ImageLoader(clients, worker),
        PictureTurns(time.monotonic, several=len(clients) > 1),
        worker.prepared,
        now,
    )


def _of_station(station: Station, stations: Sequence[Station]) -> Iterator[Service]:
    """Where there are several, what fails for one again and again does not end the others."""
    for service in station.services():
        run = about_server(station.state.server, service.run)
        yield replace(service, run=run, vital=len(stations) == 1)


def _live_cards(stations: Sequence[Station], shared: Shared, sink: CardSink) -> Service:
    """One card in each channel, of all that it hears of."""
    woken = asyncio.Event()
    for each in stations:
        each.state.waker(QueueChange.JOBS, QueueChange.PROGRESS, event=woken)
    first, *others = stations
    contents = {each.state.server: each.card for each in stations}
    live_card = LiveCard(
        woken,
        SeveralContents(contents, woken.set) if others else first.card,
        subscriptions=shared.subscriptions.served,
        cards=Cards(shared.database),
        sink=sink,
        clock=shared.clock,
        sleep=asyncio.sleep,
    )
    name = "live cards" if others else f"live card of {first.state.server}"
    return Service(name, live_card.run, grace=CARDS_TIMEOUT + 1)


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
