"""What one job costs in the store, recorded, claimed and settled: our SQLite driver beside aiosqlite's.

Both write to files beside each other, a job in turn, so that noise hits both alike.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite

from bot.domain.events import EventKind, JobEvent
from bot.domain.jobs import Job, JobStatus
from bot.domain.subscriptions import ENDS, Subscription
from bot.store import engines
from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered
from bot.store.subscriptions import Subscriptions

JOBS = 400
WARM_UP = 20
SERVER, CHANNEL = "studio", 1


async def main() -> None:
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        databases = {"our driver": await opened(Path(ours))}
        engines.WholeConnection = aiosqlite.connect  # pyright: ignore[reportAttributeAccessIssue]  # what is compared
        databases["aiosqlite's"] = await opened(Path(theirs))
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in databases}
        for number in range(1, JOBS + WARM_UP + 1):
            for name, database in databases.items():
                spent[name].append(await one_job(database, number))
        for database in databases.values():
            await database.close()
    print(f"Milliseconds a job, of {JOBS}")
    for name, figures in spent.items():
        wall, processor = zip(*figures[WARM_UP:], strict=True)
        low, middle = statistics.quantiles(wall, n=5)[0], statistics.median(wall)
        print(f"  {name:12} wall: 20th percentile {low:.1f}, median {middle:.1f}; ", end="")
        print(f"processor: median {statistics.median(processor):.1f}")


async def opened(folder: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}")
    await database.open()
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, SERVER, 0, [])
        await Subscriptions(database).subscribe(conn, Subscription(CHANNEL, 1, None, ENDS))
    return database


async def one_job(database: Database, number: int) -> tuple[float, float]:
    """Milliseconds by the clock and of the processor."""
    now = datetime.now(UTC)
    job = Job(SERVER, number, JobStatus.COMPLETED, "batch", f"session-{number}", now, completed_at=now)
    ledger, outbox, subscriptions = Ledger(database), Outbox(database), Subscriptions(database)
    began, used = time.perf_counter(), time.process_time()
    async with database.transaction() as conn:
        await ledger.record(conn, job)
        channels = await subscriptions.for_event(conn, EventKind.COMPLETED, SERVER, job)
        await outbox.add(conn, JobEvent(EventKind.COMPLETED, job), channels, now)
    await outbox.streams_due(now)
    claim = await outbox.claim(CHANNEL, now, timedelta(minutes=5), f"group-{number}", 10)
    await subscriptions.preferences(CHANNEL)
    if claim is None:
        raise RuntimeError("the outbox has nothing to claim")
    await outbox.settle(claim, Delivered(number), now)
    await outbox.next_due()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)


if __name__ == "__main__":
    asyncio.run(main())
