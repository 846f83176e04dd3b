"""What ended in each hour, added up, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from store_samples import NOW

from bot.domain.jobs import JobStatus
from bot.domain.statistics import HOUR, Requester, Total
from bot.store.database import Database
from bot.store.hourly_totals import HourlyTotals, count, prune_totals

ONE = Total(NOW, "attic", "SDXL", Requester(9), JobStatus.COMPLETED, 1, 2, timedelta(milliseconds=1500))


async def counted(database: Database, *totals: Total) -> None:
    async with database.transaction() as conn:
        for total in totals:
            await count(conn, total)


async def test_what_has_all_in_common_is_one_row_with_the_sum(database: Database) -> None:
    await counted(database, ONE, ONE)
    assert await HourlyTotals(database).since(NOW) == [
        replace(ONE, jobs=2, images=4, ran=timedelta(seconds=3))
    ]


async def test_what_differs_in_anything_is_kept_apart(database: Database) -> None:
    others = [
        replace(ONE, hour=NOW + HOUR),
        replace(ONE, server="studio"),
        replace(ONE, model=""),
        replace(ONE, person=Requester(name="ann")),
        replace(ONE, status=JobStatus.FAILED),
    ]
    await counted(database, ONE, *others)
    assert len(await HourlyTotals(database).since(NOW)) == 6
    assert len(await HourlyTotals(database).since(NOW + HOUR)) == 1


async def test_old_hours_are_dropped_a_few_at_a_time(database: Database) -> None:
    await counted(database, *(replace(ONE, hour=NOW + HOUR * hour) for hour in range(5)))
    async with database.transaction() as conn:
        assert await prune_totals(conn, NOW + HOUR * 4, 3) == 3
        assert await prune_totals(conn, NOW + HOUR * 4, 3) == 1
        assert await prune_totals(conn, NOW + HOUR * 4, 3) == 0
    assert [total.hour for total in await HourlyTotals(database).since(NOW)] == [NOW + HOUR * 4]
