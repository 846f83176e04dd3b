"""What waits for no company goes out before anything else is looked at, and the rest right after it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from test_delivery import CHANNEL, OTHER, Place, events, job

from bot.domain.jobs import JobStatus
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream
from bot.store.outbox_writer import OutboxWriter


class SlowLooks(Outbox):
    """After the first look for what is due the others take until `go`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.looked = asyncio.Event()
        self.go = asyncio.Event()

    async def streams_due(self, now: datetime) -> list[Stream]:
        if self.looked.is_set():
            await self.go.wait()
        self.looked.set()
        return await super().streams_due(now)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    await database.open()
    yield Place(SlowLooks(database), database)
    await database.close()


async def test_what_ends_the_queue_is_sent_before_the_other_channels_are_looked_at(place: Place) -> None:
    outbox = place.outbox
    assert isinstance(outbox, SlowLooks)
    writer = OutboxWriter(place.database, outbox, clock=place.clock, wake=place.wake)
    running = asyncio.create_task(place.delivery().run())
    async with asyncio.timeout(10):
        await outbox.looked.wait()
        await place.add(job(1, JobStatus.FAILED), channels=(OTHER,))
        async with writer.transaction() as transaction:
            [event] = events(job(2))
            await transaction.add(event, [CHANNEL])
        await place.sink.reached.wait()
        place.sink.reached.clear()
        outbox.go.set()
        await place.sink.reached.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [channel for channel, _, _ in place.sink.sent] == [CHANNEL, OTHER]
