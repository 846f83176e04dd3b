"""One channel that hears of several InvokeAIs: none of them waits for another one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from test_delivery import CHANNEL, FakeFitting, FakeImages, Place, job, noise, png

from bot.errors import InvokeAIUnavailable
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}", busy_ms=1)
    await database.open()
    yield Place(Outbox(database), database)
    await database.close()


class HangingImages(FakeImages):
    """Answers once it is let."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.answers = asyncio.Event()

    async def image(self, name: str, limit: int) -> bytes:
        await self.answers.wait()
        return await super().image(name, limit)


async def until_sent(place: Place, most: int) -> None:
    while len(place.sink.sent) < most:
        place.sink.reached.clear()
        await place.sink.reached.wait()
        await asyncio.sleep(0)


async def test_pictures_that_do_not_come_hold_no_notice_of_another_server(place: Place) -> None:
    attic = HangingImages(png())
    place.others["attic"] = attic
    await place.add(replace(job(812), server="attic"), job(812), job(813))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(place.delivery().deliver_due())
        await until_sent(place, 1)
        assert [len(notice.files) for _, notice, _ in place.sink.sent] == [2]
        assert "#812–#813" in place.sink.contents()[0]
        assert attic.asked == []
        attic.answers.set()
    assert len(place.sink.sent) == 2
    assert await place.pending() == 0


async def test_a_server_that_is_away_delays_only_its_own_notices(place: Place) -> None:
    attic = FakeImages(png())
    attic.trouble = InvokeAIUnavailable("away")
    place.others["attic"] = attic
    await place.add(replace(job(812), server="attic"), job(813))
    await place.delivery().deliver_due()
    [content] = place.sink.contents()
    assert "#813" in content
    assert await place.outbox.streams_due(place.clock.now) == []
    attic.trouble = None
    place.clock.now = await place.outbox.next_due() or place.clock.now
    assert await place.outbox.streams_due(place.clock.now) == [Stream(CHANNEL, "attic")]
    await place.delivery().deliver_due()
    assert "#812" in place.sink.contents()[1]


async def test_a_large_picture_that_does_not_come_holds_no_large_one_of_another_server(place: Place) -> None:
    place.sink.limit = 100_000
    place.fitting = FakeFitting(50_000)
    place.images.data = noise(200)
    attic = place.others["attic"] = HangingImages(noise(200))
    await place.add(replace(job(1), server="attic"), job(2))
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(place.delivery().deliver_due())
        await until_sent(place, 1)
        assert "#2" in place.sink.contents()[0]
        attic.answers.set()
    assert "#1" in place.sink.contents()[1]
