"""A bot's process to be killed: it claims what is owed, then is in the middle of a transaction."""

import asyncio
import sys

from store_samples import MINUTE, NOW, event, job

from bot.store.database import Database
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox


async def main(url: str) -> None:
    database = Database(url)
    await database.open()
    outbox, ledger = Outbox(database), Ledger(database)
    claimed = await outbox.claim(42, NOW, MINUTE, "child", 10)
    async with database.transaction() as conn:
        await ledger.record(conn, job(3))
        await outbox.add(conn, event(3), [42], NOW)
        sys.stdout.write(f"{claimed.group if claimed else None}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
