"""The database after a million notices: its size, what a job costs in it, and how pruning all of it at once
holds up the jobs that end meanwhile. On SQLite, and on PostgreSQL where one can be started.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from postgresql_servers import NoServer, started
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks.history import CHANNELS, SERVER, fill
from benchmarks.store import CHANNEL, one_job
from bot.domain.subscriptions import ENDS, Subscription
from bot.store.database import Database
from bot.store.housekeeping import Housekeeper
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.submissions import Submissions
from bot.store.subscriptions import Subscriptions

JOBS = 333_333
SAMPLES = 200
PRUNING = "pruning"
FILL_TIMEOUT = 900.0
"""Seconds for one statement that makes the past."""
KEEP = timedelta(days=30)
SIZE = "SELECT pg_database_size(current_database())"


class TimedDatabase(Database):
    """`held`: milliseconds of each transaction of the pruning, its commit included."""

    def __init__(self, url: str) -> None:
        super().__init__(url, answer_timeout=FILL_TIMEOUT)
        self.held: list[float] = []

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[AsyncConnection]:
        began = time.perf_counter()
        async with super().transaction(lasting=lasting) as conn:
            began = time.perf_counter()
            yield conn
        task = asyncio.current_task()
        if task is not None and task.get_name() == PRUNING:
            self.held.append(1000 * (time.perf_counter() - began))


async def main(jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await measured("SQLite", f"sqlite:///{folder}/data/bot.sqlite3", jobs)
    try:
        with started() as server:
            await measured("PostgreSQL", server.url.render_as_string(hide_password=False), jobs)
    except NoServer as error:
        print(f"no PostgreSQL: {error}")


async def measured(name: str, url: str, jobs: int) -> None:
    database = TimedDatabase(url)
    await database.open()
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, SERVER, 0, [])
        await Subscriptions(database).subscribe(conn, Subscription(CHANNEL, 1, None, ENDS))
    numbers, empty = count(2 * jobs), await size(database)
    print(f"{name}, {jobs:,} jobs in {len(CHANNELS)} channels")
    print(f"  a job, without a past: {spread([await sample(database, numbers) for _ in range(SAMPLES)])}")
    await fill(database, jobs, datetime.now(UTC))
    grown = await size(database) - empty
    each = grown * 10_000 / jobs / len(CHANNELS)
    print(f"  size: {mb(grown)}, {mb(each)} for 10,000 jobs and channel")
    print(f"  a job, with that past: {spread([await sample(database, numbers) for _ in range(SAMPLES)])}")
    await pruned(database, numbers)
    print(f"  size afterwards: {mb(await size(database))}")
    await database.close()


async def sample(database: Database, numbers: "count[int]") -> float:
    wall, _ = await one_job(database, next(numbers))
    return wall


async def pruned(database: TimedDatabase, numbers: "count[int]") -> None:
    """All at once, as after a month in which the bot did not run, while a job ends every 50 ms."""
    late = datetime.now(UTC) + KEEP + timedelta(hours=1)
    parts = Ledger(database), Outbox(database), Submissions(database)
    keeper = Housekeeper(database, *parts, keep=KEEP, clock=lambda: late, sleep=asyncio.sleep)
    began, waited = time.perf_counter(), list[float]()
    pruning = asyncio.create_task(keeper.prune(), name=PRUNING)
    while not pruning.done():
        waited.append(await sample(database, numbers))
        await asyncio.sleep(0.05)
    await pruning
    seconds, held = time.perf_counter() - began, database.held
    print(f"  all of it pruned in {seconds:.0f} s, {len(held):,} transactions: {spread(held)}")
    print(f"  a job meanwhile: {spread(waited)}")


async def size(database: Database) -> int:
    """Bytes, without SQLite's write-ahead log."""
    async with database.reading() as conn:
        if not database.is_file:
            return (await conn.execute(text(SIZE))).scalar_one()
        pages = (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
        return pages * (await conn.exec_driver_sql("PRAGMA page_size")).scalar_one()


def spread(figures: list[float]) -> str:
    return (
        f"median {statistics.median(figures):.1f} ms, p95 {statistics.quantiles(figures, n=20)[-1]:.1f} ms, "
        f"longest {max(figures):.0f} ms"
    )


def mb(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=JOBS)
    asyncio.run(main(parser.parse_args().jobs))
