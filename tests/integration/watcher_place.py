"""An InvokeAI's queue in memory, and a place with a real database for a watcher of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fakes import START as NOW
from fakes import FakeQueue

from bot.domain.events import Event, EventKind, JobEvent
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import QueueStatus
from bot.domain.queue_state import QueueState
from bot.domain.subscriptions import Preferences, Subscription
from bot.errors import LoginNeeded
from bot.invokeai.socket.events import Connected, Disconnected, SocketEvent
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake, OutboxWriter
from bot.store.outcomes import Delivered
from bot.store.subscriptions import Subscriptions
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

CHANNEL = 42
ALL = frozenset(EventKind)


class WatchedQueue(FakeQueue):
    """The queue of `box`, whose jobs are told apart by database, number and second."""

    def __init__(self) -> None:
        super().__init__(server="box")
        self.database = "first"
        self.refuses_login = False

    def put(
        self,
        number: int,
        status: JobStatus,
        images: int = 1,
        *,
        names: tuple[str, ...] | None = None,
        parent: int | None = None,
        interrupted: bool = False,
        ended_after: int | None = None,
        created_at: datetime = NOW,
    ) -> None:
        """`ended_after`: seconds; by default as many as the job's number."""
        done = NOW + timedelta(seconds=ended_after or number) if status.finished else None
        pictures = names or tuple(f"{number}-{place}.png" for place in range(images))
        self.items[number] = Job(
            server="box",
            number=number,
            status=status,
            batch_id="b",
            session_id=f"{self.database} {number}",
            created_at=created_at,
            parent=parent,
            interrupted=interrupted,
            started_at=None if status is JobStatus.PENDING else NOW,
            completed_at=done,
            images=pictures if status is JobStatus.COMPLETED else (),
        )

    def replace_database(self) -> None:
        self.items.clear()
        self.database = "second"

    def _ask(self, what: str) -> None:
        super()._ask(what)
        if self.refuses_login:
            raise LoginNeeded("The login is refused.")

    async def is_admin(self) -> bool:
        """Is not counted among what it was asked."""
        return self.admin

    async def job(self, number: int) -> Job:
        found = await super().job(number)
        return found if self.admin else replace(found, images=(), session_id=None, hidden=True)


class FakeEvents:
    def __init__(self) -> None:
        self.said: asyncio.Queue[SocketEvent] = asyncio.Queue()

    async def events(self) -> AsyncIterator[SocketEvent]:
        while True:
            yield await self.said.get()


@dataclass
class Place:
    database: Database
    queue: WatchedQueue = field(default_factory=WatchedQueue)
    socket: FakeEvents = field(default_factory=FakeEvents)
    woken: OutboxWake = field(default_factory=OutboxWake)
    state: QueueState = field(default_factory=lambda: QueueState("box"))
    """What the newest watcher knows."""
    batch_ends: list[Event] = field(default_factory=list[Event])
    """What was owed about batches, and was taken out."""
    owed_at_rest: list[int] = field(default_factory=list[int])
    """How many rows the outbox owed when the watcher rested."""

    def watcher(
        self,
        subscriptions: Subscriptions | None = None,
        *,
        admin_channel: int | None = None,
        clock: Callable[[], datetime] = lambda: NOW,
        pause: Callable[[], Awaitable[QueueStatus]] | None = None,
        pause_after: int | None = None,
    ) -> Watcher:
        """A new one, as after a restart. `pause` is for poison, or for that many equal failures in a row."""
        wanted = subscriptions or Subscriptions(self.database)
        ledger = Ledger(self.database)
        writer = OutboxWriter(self.database, Outbox(self.database), clock=clock, wake=self.woken)
        news = ServerNews(writer, wanted, admin_channel=admin_channel)
        breaker = None
        if pause is not None and pause_after is not None:
            breaker = FailureBreaker(pause_after, pause=pause, news=news, clock=clock)
        observers = [breaker.observe] if breaker is not None else []
        recorder = Recorder("box", self.database, ledger, writer, wanted, clock=clock, observers=observers)
        on_poison = pause if breaker is None else None
        self.state = QueueState("box")
        return Watcher(
            self.state,
            self.queue,
            self.socket,
            recorder=recorder,
            reconciler=Reconciler(self.queue, recorder, ledger, writer, news, clock=clock, pause=on_poison),
            checks=Checks(
                QueueEmpty("box", self.database, writer, wanted, clock=clock),
                Outages("box", news, KeyValues(self.database), clock),
                Stalls(self._ongoing("stall", news), clock),
                AccountWatch(
                    self.queue.is_admin,
                    login=self._ongoing("login", news),
                    rights=self._ongoing("rights", news),
                    clock=clock,
                ),
                breaker,
            ),
            sleep=self._rest,
        )

    async def _rest(self, _seconds: float) -> None:
        self.owed_at_rest.append(await Outbox(self.database).pending_count())

    def _ongoing(self, name: str, news: ServerNews) -> Ongoing:
        return Ongoing(name, "box", news, KeyValues(self.database))

    async def subscribe(
        self, kinds: frozenset[EventKind] = ALL, preferences: Preferences | None = None
    ) -> None:
        wanted = Subscription(CHANNEL, 7, None, kinds, preferences or Preferences())
        async with self.database.transaction() as transaction:
            await Subscriptions(self.database).subscribe(transaction, wanted)

    async def everything(self, channel: int = CHANNEL, at: datetime = NOW) -> list[Event]:
        """Everything that is owed, in order, but what tells of batches; takes it all out."""
        events: list[Event] = []
        outbox = Outbox(self.database)
        while claim := await outbox.claim(channel, at, timedelta(minutes=1), f"g{len(events)}", 100):
            told = [row.event for row in claim.rows]
            self.batch_ends += [each for each in told if each.kind is EventKind.BATCH_DONE]
            events += [each for each in told if each.kind is not EventKind.BATCH_DONE]
            await outbox.settle(claim, Delivered(1), NOW)
        return events

    async def owed(self) -> list[JobEvent]:
        """What is owed about jobs, in order; takes everything out."""
        return [event for event in await self.everything() if isinstance(event, JobEvent)]

    async def told(self) -> list[tuple[int, str]]:
        return [(event.job.number, event.kind.value) for event in await self.owed()]

    async def unfinished(self) -> frozenset[int]:
        position = await Ledger(self.database).position("box")
        assert position is not None
        return position.unfinished


async def subscribed(database: Database) -> Place:
    """A place whose channel is subscribed to everything."""
    place = Place(database)
    await place.subscribe()
    return place


async def begun(place: Place) -> Watcher:
    """A watcher that has its baseline: job 1 is old, job 2 waits."""
    place.queue.put(1, JobStatus.COMPLETED)
    place.queue.put(2, JobStatus.PENDING)
    watcher = place.watcher()
    assert await watcher.catch_up()
    place.queue.asked.clear()
    return watcher


async def reconnect(watcher: Watcher) -> None:
    await watcher.hear(Disconnected("gone"))
    await watcher.hear(Connected())
    assert await watcher.catch_up()
