"""The composition root: the one place that builds objects and hands them to each other."""

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
import structlog

from bot.controls import Controls, Pauses
from bot.controls.subscriptions import ChannelSubscriptions
from bot.delivery.deliverer import SHUTDOWN_TIMEOUT, Deliverer
from bot.discord.cards import DiscordCards
from bot.discord.client import InvokeAIBot, point_at
from bot.discord.reconnect_throttle import ReconnectThrottle
from bot.discord.sink import DiscordSink
from bot.domain.access import Policy
from bot.domain.jobs import Job
from bot.domain.time_input import machine_zone
from bot.images.loader import ImageLoader
from bot.images.worker import CompressionWorker
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.http import open_session
from bot.invokeai.socket.client import InvokeAISocket
from bot.live_card import keeper as live_card_keeper
from bot.live_card.content import LiveCardContent
from bot.live_card.estimates import Estimates
from bot.live_card.keeper import LiveCard
from bot.settings import Settings
from bot.store.cards import Cards
from bot.store.database import Database
from bot.store.housekeeping import Housekeeper
from bot.store.key_values import KeyValues
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.pauses import HeldPauses
from bot.store.subscriptions import Guilds, Subscriptions
from bot.store.suspensions import Suspensions
from bot.supervisor import Service, Supervisor
from bot.telemetry import HealthServer, LoopWatch, Metrics
from bot.watching.failure_breaker import FailureBreaker
from bot.watching.outages import Outages
from bot.watching.reconciler import Reconciler
from bot.watching.recorder import Recorder
from bot.watching.watcher import Watcher

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

SERVER = "invokeai"
"""Our name for the one InvokeAI that the plain settings speak of."""
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

    discord: InvokeAIBot
    watcher: Watcher
    delivery: Deliverer
    live: LiveCard
    pausing: Pauses
    housekeeper: Housekeeper
    metrics: Metrics
    settings: Settings
    outbox: Outbox
    suspensions: Suspensions

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; StartRefused or ServiceDied when it can't go on."""
        token = self.settings.token()
        services = [
            Service("discord", lambda: self.discord.serve(token)),
            Service("watcher", self.watcher.run),
            Service("delivery", self.delivery.run, grace=SHUTDOWN_TIMEOUT + 2),
            Service("live", self.live.run, grace=live_card_keeper.SHUTDOWN_TIMEOUT + 1),
            Service("pausing", self.pausing.run),
            Service("housekeeping", self.housekeeper.run),
        ]
        if self.settings.bot_http_address is not None:
            watch = LoopWatch(self.metrics, monotonic=time.monotonic, sleep=asyncio.sleep)
            services.append(Service("loop watch", watch.run))
        supervisor = Supervisor(
            services,
            sleep=asyncio.sleep,
            monotonic=time.monotonic,
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

    async def count_owed(self) -> None:
        self.metrics.owed.set(await self.outbox.owed_count())
        self.metrics.aside.set(await self.outbox.abandoned_count())
        self.metrics.suspended.set(len(await self.suspensions.all()))

    def state(self) -> tuple[bool, Mapping[str, object]]:
        """Healthy while Discord is connected; an InvokeAI that is away is not our illness."""
        connected = self.discord.is_ready() and not self.discord.is_closed()
        return connected, {"discord": connected, "invokeai": self.watcher.reachable}


@asynccontextmanager
async def build(settings: Settings) -> AsyncGenerator[App]:
    """Everything opened, in the order in which it is needed; closed the other way round."""
    async with AsyncExitStack() as stack:
        database = Database(settings.bot_database_url)
        await database.open()
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(open_session())
        app = await _assemble(settings, database, http)
        stack.push_async_callback(app.discord.close)
        if settings.bot_http_address is not None:
            health = HealthServer(settings.bot_http_address, app.metrics, app.state, app.count_owed)
            stack.push_async_callback(await health.start())
        yield app


async def _assemble(settings: Settings, database: Database, http: aiohttp.ClientSession) -> App:
    point_at(settings.discord_api_url)
    ledger, outbox = Ledger(database), Outbox(database, contact_sheet_after=settings.bot_contact_sheet_after)
    subscriptions, marks = Subscriptions(database), KeyValues(database)
    suspensions = Suspensions(database)
    channels = ChannelSubscriptions(
        database,
        subscriptions,
        Guilds(database),
        marks,
        outbox,
        suspensions=suspensions,
        clock=now,
        owed=lambda: delivery.wake(),  # noqa: PLW0108 - it is built below
    )
    await channels.open(settings.discord_guild_ids)
    client = invokeai_client(settings, http)
    socket = invokeai_socket(settings, client)
    metrics = Metrics()
    ladder = ImageLoader({SERVER: client}, CompressionWorker())

    def owed() -> None:
        delivery.wake()

    def steered() -> None:
        live.look()

    def learn(job: Job) -> None:
        estimates.learn(job)
        if streak is not None:
            streak.saw(job)

    def changed() -> None:
        live.look()
        pausing.look()

    controls = Controls(
        SERVER,
        client,
        outbox,
        suspensions,
        lambda: watcher.progress,
        reruns=client.reruns,
        gallery=client.gallery,
        below=secrets.randbelow,
        ladder=ladder,
    )
    pausing = Pauses(
        SERVER,
        controls,
        client,
        database=database,
        store=HeldPauses(database),
        outbox=outbox,
        owed=owed,
        changed=steered,
        clock=now,
    )
    await pausing.open()
    bot = InvokeAIBot(
        controls=controls,
        pausing=pausing,
        channels=channels,
        policy=Policy(settings.bot_operator_roles, settings.bot_admin_roles),
        database=database,
        marks=marks,
        clock=now,
        zone=ZoneInfo(settings.bot_time_zone) if settings.bot_time_zone else machine_zone(os.environ),
        cogs=COGS,
        first_channel=settings.discord_channel_id,
        brake=ReconnectThrottle(sleep=asyncio.sleep, monotonic=time.monotonic),
    )
    sink = DiscordSink(bot)
    delivery = Deliverer(
        outbox,
        suspensions,
        ladder,
        sink,
        metrics,
        clock=now,
        new_group=lambda: secrets.token_hex(12),
        page=settings.invokeai_public_url,
        wishes=subscriptions.preferences,
    )
    estimates = Estimates()
    running = LiveCardContent(
        SERVER,
        client,
        watched=lambda: watcher,
        estimates=estimates,
        held=lambda: pausing.held,
        clock=now,
    )
    live = LiveCard(
        SERVER,
        running,
        subscriptions=subscriptions,
        cards=Cards(database),
        sink=DiscordCards(bot, sink.newest.get),
        clock=now,
        sleep=asyncio.sleep,
    )
    recorder = Recorder(
        server=SERVER,
        database=database,
        ledger=ledger,
        outbox=outbox,
        subscriptions=subscriptions,
        clock=now,
        owed=delivery.wake,
        admin_channel=settings.bot_admin_channel_id,
        learn=learn,
    )
    streak = _streak(settings, client, recorder)
    watcher = Watcher(
        server=SERVER,
        client=client,
        socket=socket,
        recorder=recorder,
        reconciler=Reconciler(client, recorder, pause=client.pause if settings.bot_pause_on_poison else None),
        presence=Outages(recorder, marks, now),
        streak=streak,
        changed=changed,
        progressed=live.wake,
        looked=pausing.looked,
    )
    keep = timedelta(days=settings.bot_keep_days)
    housekeeper = Housekeeper(
        database, ledger, outbox, suspensions, keep=keep, clock=now, sleep=asyncio.sleep
    )
    return App(bot, watcher, delivery, live, pausing, housekeeper, metrics, settings, outbox, suspensions)


def _streak(settings: Settings, client: InvokeAIClient, recorder: Recorder) -> FailureBreaker | None:
    most = settings.bot_pause_after_failures
    return None if most is None else FailureBreaker(most, pause=client.pause, tell=recorder.tell, clock=now)


def invokeai_client(settings: Settings, http: aiohttp.ClientSession) -> InvokeAIClient:
    password = settings.invokeai_password
    return InvokeAIClient(
        http,
        settings.invokeai_url,
        SERVER,
        queue_id=settings.invokeai_queue_id,
        email=settings.invokeai_email,
        password=password.get_secret_value() if password else None,
    )


def invokeai_socket(settings: Settings, client: InvokeAIClient) -> InvokeAISocket:
    return InvokeAISocket(
        settings.invokeai_url, SERVER, token=client.token, queue_id=settings.invokeai_queue_id
    )


def now() -> datetime:
    return datetime.now(UTC)
