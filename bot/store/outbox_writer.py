"""News for the outbox, in one transaction with what else is written; delivery is woken after the commit."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.told_events import LastWritten


class OutboxTransaction:
    """`conn` is for what else is written. `added`: how many rows the outbox took."""

    def __init__(self, conn: AsyncConnection, outbox: Outbox, clock: Callable[[], datetime]) -> None:
        self.conn = conn
        self.added = 0
        self._outbox = outbox
        self._clock = clock
        self._last = LastWritten()

    async def add(self, event: Event, channels: Iterable[int], *, coalescing_key: str | None = None) -> None:
        """Adds the event for those channels; once, however often it is added."""
        now = self._clock()
        self.added += await self._outbox.add(
            self.conn, event, channels, now, coalescing_key=coalescing_key, last=self._last
        )


class OutboxWriter:
    """`wake` is set after each commit that added rows."""

    def __init__(
        self, database: Database, outbox: Outbox, *, clock: Callable[[], datetime], wake: asyncio.Event
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self._wake = wake
        self._debouncing = False
        self._due = False

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[OutboxTransaction]:
        """Committed at its end, or nothing was written: DatabaseTrouble."""
        added = 0
        async with self._database.transaction() as conn:
            transaction = OutboxTransaction(conn, self._outbox, self._clock)
            yield transaction
            added = transaction.added
        if added and self._debouncing:
            self._due = True
        elif added:
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
