"""*Tell me* for what is over, or is over before it is written down."""

import pytest
from fakes import Clock, FakeQueue
from store_samples import NOW, job

from bot.controls.telling import Telling
from bot.domain.jobs import Job, JobStatus
from bot.domain.waits import Wait
from bot.errors import RequestRefused
from bot.store.database import Database
from bot.store.waits import Waits, any_waits, take_waits

ANN = Wait("attic", 9, 7, 42)


class Queue(FakeQueue):
    """Whose job ends after it was looked at so often."""

    looks = 99

    async def job(self, number: int) -> Job:
        found = await super().job(number)
        self.looks -= 1
        if not self.looks:
            self.items[number] = job(number, JobStatus.COMPLETED)
        return found


def telling(database: Database, queue: FakeQueue) -> Telling:
    return Telling(queue, Waits(database), Clock(NOW))


async def waits(database: Database) -> bool:
    async with database.reading() as conn:
        return await any_waits(conn, "attic")


async def test_who_presses_twice_waits_no_more(database: Database) -> None:
    here = telling(database, FakeQueue(job(5, JobStatus.PENDING)))
    for press in (lambda: here.job(5, ANN), lambda: here.batch(5, ANN), lambda: here.empty(ANN)):
        assert [await press(), await press(), await press()] == [True, False, True]


async def test_nobody_waits_for_what_has_ended(database: Database) -> None:
    here = telling(database, FakeQueue(job(5, JobStatus.COMPLETED)))
    with pytest.raises(RequestRefused, match="#5 has ended already"):
        await here.job(5, ANN)
    with pytest.raises(RequestRefused, match="batch of #5 has ended already"):
        await here.batch(5, ANN)
    with pytest.raises(RequestRefused, match="queue is empty already"):
        await here.empty(ANN)
    assert not await waits(database)


async def test_a_job_that_ends_meanwhile_is_waited_for_in_vain_by_nobody(database: Database) -> None:
    queue = Queue(job(5, JobStatus.IN_PROGRESS))
    queue.looks = 1
    with pytest.raises(RequestRefused, match="#5 has ended already"):
        await telling(database, queue).job(5, ANN)
    assert not await waits(database)


async def test_who_was_told_of_an_end_meanwhile_is_refused_nothing(database: Database) -> None:
    class Hasty(Queue):
        async def job(self, number: int) -> Job:
            if self.looks == 98:  # it was written down, and the end is recorded
                self.items[number] = job(number, JobStatus.COMPLETED)
                async with database.transaction() as conn:
                    assert len(await take_waits(conn, self.items[number], batch_over=True)) == 1
            return await super().job(number)

    assert await telling(database, Hasty(job(5, JobStatus.IN_PROGRESS))).job(5, ANN)
    assert not await waits(database)


async def test_a_batch_is_waited_for_also_below_a_job_of_it_that_has_ended(database: Database) -> None:
    queue = FakeQueue(job(5, JobStatus.COMPLETED), job(6, JobStatus.PENDING))
    assert await telling(database, queue).batch(5, ANN)
    assert await waits(database)
