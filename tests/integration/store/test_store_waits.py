from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import NOW, job

from bot.domain.waits import MAX_WAITS, Wait
from bot.errors import RequestRefused
from bot.store.database import Database
from bot.store.waits import Waits, any_waits, drop_waits, prune_waits, take_all_waits, take_waits

HERE = Wait("attic", 2**62, 7, 42, parent_id=41)
JOB = job(5)
THAT_JOB = replace(HERE, number=5, created_at=JOB.created_at)
ITS_BATCH = replace(HERE, user_id=2, batch_id=JOB.batch_id)


@pytest.fixture
def waits(database: Database) -> Waits:
    return Waits(database)


async def test_a_second_press_takes_it_back_wherever_it_comes_from(waits: Waits) -> None:
    assert await waits.toggle(THAT_JOB, NOW)
    assert await waits.toggle(replace(THAT_JOB, user_id=3), NOW)
    assert await waits.toggle(HERE, NOW)
    assert not await waits.toggle(replace(THAT_JOB, channel_id=43, parent_id=None), NOW)
    assert await waits.toggle(THAT_JOB, NOW)
    assert await waits.forget(THAT_JOB)
    assert not await waits.forget(THAT_JOB)


async def test_one_person_waits_for_so_many_things_at_most(waits: Waits) -> None:
    for number in range(1, MAX_WAITS + 1):
        assert await waits.toggle(replace(THAT_JOB, number=number), NOW)
    with pytest.raises(RequestRefused, match="20 things already"):
        await waits.toggle(HERE, NOW)
    assert await waits.toggle(replace(HERE, user_id=3), NOW)
    assert not await waits.toggle(replace(THAT_JOB, number=1), NOW)
    assert await waits.toggle(HERE, NOW)


async def test_a_job_s_end_takes_who_waits_for_it_once_and_its_batch_s_those_as_well(
    waits: Waits, database: Database
) -> None:
    for wait in (THAT_JOB, ITS_BATCH, HERE, replace(THAT_JOB, server="cellar")):
        await waits.toggle(wait, NOW)
    async with database.transaction() as conn:
        assert await take_waits(conn, replace(JOB, number=6), batch_over=False) == []
        other = replace(JOB, created_at=JOB.created_at + timedelta(seconds=1))
        assert await take_waits(conn, other, batch_over=False) == []
        assert await take_waits(conn, JOB, batch_over=False) == [THAT_JOB]
        assert await take_waits(conn, JOB, batch_over=True) == [ITS_BATCH]
        assert await take_waits(conn, JOB, batch_over=True) == []
        assert await any_waits(conn, "attic")
        assert await take_all_waits(conn, "attic") == [HERE]
        assert not await any_waits(conn, "attic")
        assert await any_waits(conn, "cellar")


async def test_what_is_old_or_of_a_guild_that_was_dropped_is_forgotten(
    waits: Waits, database: Database
) -> None:
    await waits.toggle(HERE, NOW)
    await waits.toggle(replace(HERE, user_id=2), NOW - timedelta(days=9))
    await waits.toggle(replace(HERE, user_id=3, guild_id=8), NOW)
    async with database.transaction() as conn:
        assert await prune_waits(conn, NOW - timedelta(days=8)) == 1
        await drop_waits(conn, 8)
        assert await take_all_waits(conn, "attic") == [HERE]
