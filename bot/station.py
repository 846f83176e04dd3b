"""The parts of one InvokeAI, built in a straight line out of what all of them share."""

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import aiohttp

from bot.controls.cancelling import Cancelling
from bot.controls.creating import Creating, CreationRules
from bot.controls.documents import Documents
from bot.controls.feeding import Feeder
from bot.controls.filters import FilterNames
from bot.controls.gallery import GalleryControls
from bot.controls.in_front import InFront
from bot.controls.job_lists import JobLists
from bot.controls.jobs import JobLookup
from bot.controls.known_jobs import KnownJobs
from bot.controls.linking import Linking
from bot.controls.pauses import Pauses
from bot.controls.picture_turns import PictureTurns
from bot.controls.queue import QueueControls
from bot.controls.queue_views import QueueViews
from bot.controls.quotas import Quotas
from bot.controls.requeueing import Requeueing
from bot.controls.server_controls import ServerControls
from bot.controls.styles import StyleControls
from bot.controls.telling import Telling
from bot.controls.workflows import WorkflowControls
from bot.domain.estimates import Estimates
from bot.domain.jobs import Job
from bot.domain.queue_state import QueueState
from bot.domain.refused_words import RefusedWords
from bot.domain.submissions import Quota
from bot.images.loader import ImageLoader
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.known_operations import KnownOperations
from bot.invokeai.socket.client import InvokeAISocket
from bot.live_card.content import LiveCardContent
from bot.settings import Settings
from bot.settings.servers import ServerSettings
from bot.store.cancel_requests import CancelRequests
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.ledger import Ledger
from bot.store.links import Links
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake, OutboxWriter
from bot.store.pauses import HeldPauses
from bot.store.posts import Posts
from bot.store.replacements import Replacements
from bot.store.styles import Styles
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions
from bot.store.suspensions import Suspensions
from bot.store.undelivered import UndeliveredNotices
from bot.store.waits import Waits
from bot.supervisor import Service
from bot.watching.account import AccountWatch
from bot.watching.failure_breaker import FailureBreaker
from bot.watching.ongoing import Ongoing
from bot.watching.outages import Outages
from bot.watching.queue_empty import QueueEmpty
from bot.watching.reconciler import Reconciler
from bot.watching.recorder import Recorder
from bot.watching.server_news import ServerNews
from bot.watching.stalls import Stalls
from bot.watching.watcher import Checks, Watcher


@dataclass(frozen=True, slots=True)
class Shared:
    """What every InvokeAI's parts use. `outbox_wake` is set when the outbox owes something new; `prepared`
    makes a person's picture ready for InvokeAI.
    """

    database: Database
    ledger: Ledger
    outbox: Outbox
    outbox_wake: OutboxWake
    subscriptions: Subscriptions
    suspensions: Suspensions
    key_values: KeyValues
    loader: ImageLoader
    turns: PictureTurns
    prepared: Callable[[bytes], Awaitable[bytes]]
    clock: Callable[[], datetime]
    quotas: Quotas = field(default_factory=Quotas)

    def writer(self) -> OutboxWriter:
        wake, expect = self.outbox_wake, self.loader.expect
        return OutboxWriter(self.database, self.outbox, clock=self.clock, wake=wake, expect=expect)


@dataclass(frozen=True, slots=True)
class Station:
    """One InvokeAI: what is known of it, what people may ask of it, and what runs for it."""

    state: QueueState
    controls: ServerControls
    watcher: Watcher
    card: LiveCardContent
    feeder: Feeder
    shared: Shared

    @property
    def watching(self) -> str:
        """The watcher's name as a service."""
        return f"watcher of {self.state.server}"

    def rounds(self) -> int:
        """How often its watcher went round."""
        return self.watcher.rounds

    def services(self) -> list[Service]:
        server = self.state.server
        return [
            Service(self.watching, self.watcher.run),
            Service(f"pauses of {server}", self.controls.pauses.run),
            Service(f"requests of {server}", self.feeder.run),
            Service(f"jobs in front of {server}", self.controls.in_front.run),
        ]


async def open_station(
    of: ServerSettings, settings: Settings, client: InvokeAIClient, shared: Shared
) -> Station:
    """The parts of the InvokeAI that these settings are `of`."""
    server = of.name
    state, estimates = QueueState(server), Estimates()
    undelivered = UndeliveredNotices(shared.database, shared.clock)
    queue = QueueControls(client)
    views = QueueViews(
        client, client.whole, state, estimates=estimates, undelivered=undelivered.count, clock=shared.clock
    )
    pauses = Pauses(
        state,
        queue,
        client,
        store=HeldPauses(shared.database),
        writer=shared.writer(),
        served=shared.subscriptions,
        clock=shared.clock,
    )
    await pauses.open()
    known, feeder = KnownJobs(client.whole), _feeder(server, settings, client, shared)
    styles = StyleControls(server, client, client.creation, Styles(shared.database), clock=shared.clock)
    creating = _creating(settings, client, styles, feeder, views=views, shared=shared)
    socket = invokeai_socket(of, client)
    watcher = _watcher(state, settings, client, socket, [estimates.learn, feeder.observe], shared=shared)
    card = LiveCardContent(state, client, client.whole, estimates, clock=shared.clock)
    controls = ServerControls(
        server,
        queue,
        views,
        JobLookup(client, known, time.monotonic),
        JobLists(server, client, known, views.running, Submissions(shared.database)),
        Cancelling(client, CancelRequests(shared.database), feeder, shared.clock),
        Requeueing(client, client.reruns, creating, secrets.randbelow),
        _gallery(server, client, shared),
        Documents(client.whole),
        pauses,
        FilterNames(client, client.people, client.gallery, time.monotonic),
        styles,
        creating,
        Telling(client, Waits(shared.database), shared.clock),
        Linking(server, client.people, Links(shared.database), shared.clock),
        WorkflowControls(client.creation.workflows, creating, shared.clock),
        InFront(client, client.reruns, feeder, Replacements(shared.database)),
    )
    return Station(state, controls, watcher, card, feeder, shared)


def _feeder(server: str, settings: Settings, client: InvokeAIClient, shared: Shared) -> Feeder:
    return Feeder(
        server,
        client.batches,
        Submissions(shared.database),
        clock=shared.clock,
        new_id=lambda: str(uuid4()),
        shared=bool(settings.bot_creator_roles),
    )


def _creating(
    settings: Settings,
    client: InvokeAIClient,
    styles: StyleControls,
    feeder: Feeder,
    *,
    views: QueueViews,
    shared: Shared,
) -> Creating:
    quota = Quota(settings.bot_creator_waiting, settings.bot_creator_daily)
    return Creating(
        client.creation,
        styles,
        feeder,
        rules=CreationRules(quota, RefusedWords(settings.bot_refused_words), shared.quotas),
        outlook=views,
        below=secrets.randbelow,
        prepared=shared.prepared,
    )


def _gallery(server: str, client: InvokeAIClient, shared: Shared) -> GalleryControls:
    posts = Posts(shared.database)
    return GalleryControls(server, client, client.gallery, shared.loader, shared.turns, posts=posts)


def _watcher(
    state: QueueState,
    settings: Settings,
    client: InvokeAIClient,
    socket: InvokeAISocket,
    observers: list[Callable[[Job], None]],
    *,
    shared: Shared,
) -> Watcher:
    server, writer = state.server, shared.writer()
    news = ServerNews(writer, shared.subscriptions, admin_channel=settings.bot_admin_channel_id)
    breaker = None
    if settings.bot_pause_after_failures is not None:
        breaker = FailureBreaker(
            settings.bot_pause_after_failures, pause=client.pause, news=news, clock=shared.clock
        )
        observers.append(breaker.observe)
    recorder = Recorder(
        server,
        shared.database,
        shared.ledger,
        writer,
        shared.subscriptions,
        clock=shared.clock,
        observers=observers,
    )
    reconciler = Reconciler(
        client,
        recorder,
        shared.ledger,
        writer,
        news,
        clock=shared.clock,
        pause=client.pause if settings.bot_pause_on_poison else None,
    )
    checks = Checks(
        QueueEmpty(server, shared.database, writer, shared.subscriptions, clock=shared.clock),
        Outages(server, news, shared.key_values, shared.clock),
        Stalls(Ongoing("stall", server, news, shared.key_values), shared.clock),
        AccountWatch(
            client.is_admin,
            login=Ongoing("login", server, news, shared.key_values),
            rights=Ongoing("rights", server, news, shared.key_values),
            clock=shared.clock,
        ),
        breaker,
    )
    return Watcher(state, client, socket, recorder=recorder, reconciler=reconciler, checks=checks)


def _endpoint(server: ServerSettings) -> Endpoint:
    return Endpoint(
        server.url,
        queue_id=server.queue_id,
        email=server.email,
        password=server.password.get_secret_value() if server.password else None,
        headers={name: value.get_secret_value() for name, value in server.headers.items()},
        ca_file=server.ca_file,
        names=server.names,
    )


def invokeai_client(
    server: ServerSettings, http: aiohttp.ClientSession, known: KnownOperations | None = None
) -> InvokeAIClient:
    """`known` remembers what versions of no released family can do."""
    return InvokeAIClient(http, _endpoint(server), server.name, known_operations=known)


def invokeai_socket(server: ServerSettings, client: InvokeAIClient) -> InvokeAISocket:
    return InvokeAISocket(_endpoint(server), server.name, token=client.token)
