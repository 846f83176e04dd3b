from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from store_samples import MINUTE, NOW, job

from bot.domain.cancel_requests import CancelRequest
from bot.domain.events import Tally
from bot.domain.jobs import Job, JobStatus
from bot.store.busy_periods import BusyPeriod
from bot.store.cancel_requests import KEPT, CancelRequests, canceled_by, emptied_queue
from bot.store.database import Database
from bot.store.schema import cancel_requests

CANCELED = job(7, JobStatus.CANCELED)
ASKED = CancelRequest("attic", 99, NOW - MINUTE, up_to=8)
BUSY = BusyPeriod(Tally(4, 0, 2), NOW - 10 * MINUTE, NOW)


async def who(database: Database, ended: Job) -> int | None:
    async with database.transaction() as conn:
        return await canceled_by(conn, ended, NOW)


async def emptied(database: Database, busy: BusyPeriod = BUSY) -> bool:
    async with database.reading() as conn:
        return await emptied_queue(conn, "attic", busy)


@pytest.mark.parametrize(
    ("asked", "ended", "known"),
    [
        ({}, {}, True),
        ({"number": 7}, {}, True),
        ({"number": 6}, {}, False),
        ({"batch_id": "batch"}, {}, True),
        ({"batch_id": "other"}, {}, False),
        ({"destination": "canvas"}, {"destination": "canvas"}, True),
        ({"destination": "canvas"}, {"destination": None}, False),
        ({"up_to": 6}, {}, False),
        ({"not_started": True}, {}, True),
        ({"not_started": True}, {"started_at": NOW}, False),
        ({"server": "cellar"}, {}, False),
        ({}, {"status": JobStatus.FAILED}, False),
        ({"asked_at": NOW - KEPT}, {}, False),
    ],
)
async def test_a_job_was_canceled_by_whom_asked_for_it(
    database: Database, asked: dict[str, Any], ended: dict[str, Any], known: bool
) -> None:
    await CancelRequests(database).remember(replace(ASKED, **asked))
    assert await who(database, replace(CANCELED, **ended)) == (99 if known else None)


async def test_of_two_requests_the_later_one_counts_and_old_ones_are_forgotten(database: Database) -> None:
    requests = CancelRequests(database)
    for user_id, age in ((1, 2 * KEPT), (2, 5 * MINUTE), (3, MINUTE)):
        await requests.remember(replace(ASKED, user_id=user_id, asked_at=NOW - age))
    assert await who(database, CANCELED) == 3
    async with database.reading() as conn:
        assert await conn.scalar(select(func.count()).select_from(cancel_requests)) == 2


async def test_the_queue_was_emptied_by_a_person_if_the_last_end_was_their_cancel(database: Database) -> None:
    await CancelRequests(database).remember(ASKED)
    assert not await emptied(database)
    await who(database, replace(CANCELED, completed_at=NOW))
    await who(database, replace(CANCELED, number=6, completed_at=NOW - MINUTE))
    assert await emptied(database)
    assert not await emptied(database, replace(BUSY, until=NOW + timedelta(seconds=1)))


async def test_a_clear_emptied_the_queue_of_what_was_queued_before_it(database: Database) -> None:
    await CancelRequests(database).remember(replace(ASKED, clear=True))
    assert await emptied(database)
    assert not await emptied(database, replace(BUSY, since=NOW))
