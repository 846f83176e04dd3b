"""Forgets what is long settled, so that the database does not grow for ever."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.limits import MAX_EDIT_AGE
from bot.errors import DatabaseTrouble
from bot.store.database import Database
from bot.store.hourly_totals import prune_totals
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.posts import prune_answers
from bot.store.retries import prune_retries
from bot.store.schema import BATCH_SIZE
from bot.store.submissions import Submissions
from bot.store.suspensions import lift_idle
from bot.store.told_events import drop_unsaid, prune_ends, prune_events, unsaid_after
from bot.store.waits import prune_waits

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

COALESCED_FOR = timedelta(days=8)
"""A message takes up more of its kind for seven days at most; a second try must find what the first did."""
PRUNING_INTERVAL = 3600.0
SLICE_PAUSE = 0.05
"""Seconds. A slice is one transaction; in the pause after it the others have disk and processor."""


class Housekeeper:
    """Drops jobs that ended, and notices that were delivered or given up, more than `keep` ago; and notices
    that have waited longer for suspended channels. What a sent notice said goes earlier, as soon as no later
    one can be told in its message. What people asked for goes as jobs do, once all of it was sent,
    and what they wait for.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        outbox: Outbox,
        submissions: Submissions,
        *,
        keep: timedelta,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._outbox = outbox
        self._submissions = submissions
        self._keep = keep
        self._clock = clock
        self._sleep = sleep

    async def run(self) -> None:
        """Endless."""
        while True:
            try:
                await self.prune()
            except DatabaseTrouble as error:
                log.warning("pruning_failed", reason=str(error))
            await self._sleep(PRUNING_INTERVAL)

    async def prune(self) -> None:
        """Once; DatabaseTrouble leaves the rest to the next time."""
        before = self._clock() - self._keep
        jobs = await self._all_of(self._ledger.prune, before)
        notices = await self._all_of(self._outbox.prune, before)
        dropped = await self._all_of(self._outbox.prune_suspended, before)
        await self._all_of(lift_idle, before)
        await self._all_of(self._submissions.prune, before)
        await self._all_of(prune_retries, before)
        await self._all_of(prune_answers, before)
        await self._all_of(prune_totals, before)
        await self._all_of(prune_waits, before)
        await self._all_of(prune_events, self._clock() - COALESCED_FOR)
        await self._all_of(prune_ends, self._clock() - MAX_EDIT_AGE)
        await self._drop_unsaid()
        while await self._database.give_room_back():
            await self._sleep(SLICE_PAUSE)
        if dropped:
            log.warning("suspended_notices_dropped", dropped=dropped, keep_days=self._keep.days)
        if jobs or notices:
            log.info("pruned", jobs=jobs, notices=notices)

    async def _drop_unsaid(self) -> None:
        unsaid = await unsaid_after(self._database, 0)
        while unsaid:
            async with self._database.transaction() as transaction:
                await drop_unsaid(transaction, unsaid)
            if len(unsaid) < BATCH_SIZE:
                return
            await self._sleep(SLICE_PAUSE)
            unsaid = await unsaid_after(self._database, unsaid[-1])

    async def _all_of(
        self, prune: Callable[[AsyncConnection, datetime, int], Awaitable[int]], before: datetime
    ) -> int:
        dropped = 0
        while True:
            async with self._database.transaction() as transaction:
                count = await prune(transaction, before, BATCH_SIZE)
            dropped += count
            if count < BATCH_SIZE:
                return dropped
            await self._sleep(SLICE_PAUSE)
