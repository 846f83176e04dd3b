"""The queue is empty: told to whoever hears of all finished images, if much was done since it last was, and
if no person emptied it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.events import BatchCounts, EventKind, ServerEvent
from bot.store import busy_periods
from bot.store.album_rows import end_key
from bot.store.busy_periods import BusyPeriod
from bot.store.cancel_requests import emptied_queue
from bot.store.database import Database
from bot.store.outbox_writer import OutboxWriter
from bot.store.submissions import any_unsent
from bot.store.subscriptions import Subscriptions
from bot.store.waits import any_waits
from bot.watching.personal import tell_queue_empty

MIN_JOBS = 2
MANY_JOBS = 5
LONG_BUSY = timedelta(minutes=5)
"""An empty queue is told after many jobs, or after a few that took long; never after one."""


@dataclass(frozen=True, slots=True)
class EndedBatch:
    """The batch whose job ended last, and how its jobs ended."""

    batch_id: str
    counts: BatchCounts


class QueueEmpty:
    """Of one server. DatabaseTrouble: nothing was written."""

    def __init__(
        self,
        server: str,
        database: Database,
        writer: OutboxWriter,
        subscriptions: Subscriptions,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._server = server
        self._database = database
        self._writer = writer
        self._subscriptions = subscriptions
        self._clock = clock

    async def worth_telling(self) -> bool:
        """Whether it would be told if the queue were empty now."""
        async with self._database.reading() as reading:
            return _worth_telling(await busy_periods.current(reading, self._server))

    async def tell(self, ended: EndedBatch | None = None) -> None:
        """The queue is empty now. `ended`: if there was nothing else to do, the line at that batch's end may
        say so as well.
        """
        async with self._database.reading() as reading:
            if await any_unsent(reading, self._server):  # so it is not empty for long
                return
            waited_for = await any_waits(reading, self._server)
            seen = await busy_periods.current(reading, self._server)
            if not waited_for and seen is None:
                return
        async with self._writer.transaction(lasting=waited_for or _worth_telling(seen)) as transaction:
            busy = await busy_periods.current(transaction.conn, self._server)
            if waited_for:
                at = busy.until if busy is not None else self._clock()
                await tell_queue_empty(transaction, self._subscriptions, self._server, at)
            if busy is None:
                return
            await busy_periods.end(transaction.conn, self._server, busy.until)
            by_person = await emptied_queue(transaction.conn, self._server, busy)
            if _worth_telling(busy) and not by_person:
                channels = await self._subscriptions.for_empty_queue(transaction.conn, self._server)
                event = ServerEvent(
                    EventKind.QUEUE_EMPTY, self._server, busy.until, since=busy.since, tally=busy.tally
                )
                alone = ended is not None and ended.counts.total == ended.counts.ended.all == busy.tally.all
                key = end_key(self._server, ended.batch_id) if ended is not None and alone else None
                await transaction.add(event, channels, coalescing_key=key)


def _worth_telling(busy: BusyPeriod | None) -> bool:
    """A lone picture, or what somebody cleared away, needs no second message."""
    if busy is None or busy.tally.all == busy.tally.canceled or busy.tally.all < MIN_JOBS:
        return False
    return busy.tally.all >= MANY_JOBS or busy.until - busy.since >= LONG_BUSY
