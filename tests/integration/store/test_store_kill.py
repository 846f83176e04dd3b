import asyncio
import os
import sys
from pathlib import Path

from store_databases import Opener
from store_samples import MINUTE, NOW, event, job, job_of

from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox

HERE = Path(__file__).parents[1]


async def test_a_process_killed_in_a_transaction_leaves_its_claim_and_nothing_half(
    database: Database, database_url: str, open_database: Opener
) -> None:
    async with database.transaction() as conn:
        await Ledger(database).begin(conn, "attic", 0, [])
        for number in (1, 2):
            assert await Ledger(database).record(conn, job(number))
            assert await Outbox(database).add(conn, event(number), [42], NOW)
    await database.close()

    environment = os.environ | {"PYTHONPATH": str(HERE.parent.parent)}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "store_child.py"),
        database_url,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"child\n"
    child.kill()
    await child.wait()

    reopened = await open_database()
    ledger, outbox = Ledger(reopened), Outbox(reopened)
    assert await outbox.claim(42, NOW, MINUTE, "again", 10) is None
    again = await outbox.claim(42, NOW + MINUTE, MINUTE, "again", 10)
    assert again is not None
    assert (again.group, again.found_in_flight) == ("child", True)
    assert [job_of(row.event).number for row in again.rows] == [1, 2]
    async with reopened.transaction() as conn:
        assert await ledger.record(conn, job(3))
        assert await outbox.add(conn, event(3), [42], NOW) == 1
