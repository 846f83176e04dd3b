"""News for the outbox, in one transaction with what else is written; delivery is woken after the commit."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event, JobEvent, may_wait, server_of
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream
from bot.store.told_events import LastWritten


class OutboxWake(asyncio.Event):
    """Set when the outbox owes something new. `urgent`: the streams that got what waits for no company, and
    so may be served without a look at what they have.
    """

    def __init__(self) -> None:
        super().__init__()
        self.urgent: set[Stream] = set()

    def take_urgent(self) -> Collection[Stream]:
        urgent, self.urgent = self.urgent, set()
        return urgent


class OutboxTransaction:
    """`conn` is for what else is written. `added`: how many rows the outbox took; `urgent`: as `OutboxWake`
    has it.
    """

    def __init__(
        self,
        conn: AsyncConnection,
        outbox: Outbox,
        clock: Callable[[], datetime],
        expect: Callable[[str, str], None],
    ) -> None:
        self.conn = conn
        self.added = 0
        self.urgent: set[Stream] = set()
        self._outbox = outbox
        self._clock = clock
        self._expect = expect
        self._last = LastWritten()

    async def add(self, event: Event, channels: Iterable[int], *, coalescing_key: str | None = None) -> None:
        """Adds the event for those channels; once, however often it is added."""
        channels, now = list(channels), self._clock()
        added = await self._outbox.add(
            self.conn, event, channels, now, coalescing_key=coalescing_key, last=self._last
        )
        self.added += added
        if added and not may_wait(event):
            self.urgent.update(Stream(channel_id, server_of(event)) for channel_id in channels)
            if isinstance(event, JobEvent) and event.image is not None:
                self._expect(event.job.server, event.job.images[event.image])


class OutboxWriter:
    """`wake` is set after each commit that added rows. `expect` is told of each server's image that will be
    sent at once, before the commit.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        *,
        clock: Callable[[], datetime],
        wake: OutboxWake,
        expect: Callable[[str, str], None] = lambda _server, _name: None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._wake = wake
        self._expect = expect
        self._debouncing = False
        self._due = False

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[OutboxTransaction]:
        """Committed at its end, or nothing was written: DatabaseTrouble. `lasting`: as `Database` has it."""
        async with self._database.transaction(lasting=lasting) as conn:
            transaction = OutboxTransaction(conn, self._outbox, self._clock, self._expect)
            yield transaction
        if transaction.added and self._debouncing:
            self._due = True
        elif transaction.added:
            self._wake.urgent |= transaction.urgent
            self._wake.set()

    @contextmanager
    def debounced(self) -> Generator[None]:
        """The delivery is woken once, at the end, so that what is added within becomes albums."""
        self._debouncing = True
        try:
            yield
        finally:
            self._debouncing = False
            if self._due:
                self._due = False
                self._wake.set()
