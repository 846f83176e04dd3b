"""A database that another version of the bot has written."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.ext.asyncio import create_async_engine
from store_databases import Opener
from store_samples import MINUTE, NOW, event

from bot.errors import DatabaseUnusable
from bot.store.columns import UtcDateTime
from bot.store.dead_letters import DeadLetters
from bot.store.engines import read_url
from bot.store.event_json import written
from bot.store.migrate import VERSION_TABLE
from bot.store.outbox import Outbox
from bot.store.schema import WITH_EVENT
from bot.store.schema import outbox as table

CHANNEL = 42
BASELINE = ((1, "delivered", None), (2, "delivered", "key"), (3, "dead", None), (4, "pending", None))


@pytest.mark.parametrize("revision", ["0001", "0007"])
async def test_a_database_of_an_unreleased_version_ends_the_start_with_what_to_do(
    open_database: Opener, revision: str
) -> None:
    old = await open_database()
    async with old.transaction() as conn:
        await conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    await old.close()
    with pytest.raises(DatabaseUnusable) as caught:
        await open_database()
    assert str(caught.value) == (
        f"The database {old.place} was written by an unreleased version of the bot: move it away, or name "
        "another one in BOT_DATABASE_URL, and start anew."
    )


async def test_what_the_rows_of_the_baseline_say_is_kept_where_somebody_may_still_read_it(
    database_url: str, open_database: Opener
) -> None:
    await at_the_baseline(database_url)
    database = await open_database()
    outbox = Outbox(database)
    async with database.reading() as conn:
        rows = (await conn.execute(WITH_EVENT.order_by(table.c.number))).mappings().all()
    said = {row["number"]: row["event"] is not None for row in rows}
    assert said == {1: False, 2: True, 3: True, 4: True}
    async with database.transaction() as conn:
        for number in (5, 6):
            await outbox.add(conn, event(number), [CHANNEL], NOW)
    claimed = await outbox.claim(CHANNEL, NOW, MINUTE, "group", 10)
    assert claimed is not None
    assert [row.event for row in claimed.rows] == [event(4), event(5), event(6)]
    [dead] = await DeadLetters(database).newest(10)
    assert dead.event == event(3)
    last = await outbox.last_message(CHANNEL, "key", NOW - MINUTE)
    assert last is not None
    assert last.first == event(2)


async def at_the_baseline(url: str) -> None:
    """Rows 1 to 4 are delivered, delivered and to be counted on, dead, and pending."""
    address = read_url(url)
    if address.database and address.get_backend_name() == "sqlite":
        await asyncio.to_thread(Path(address.database).parent.mkdir)
    engine = create_async_engine(address)
    async with engine.begin() as conn:
        await conn.run_sync(upgrade_to_the_baseline)
        for number, state, key in BASELINE:
            await conn.execute(
                text(
                    "INSERT INTO outbox (channel_id, server, number, session_id, kind, image, event, state, "
                    "added_at, due_at, attempts, message_id, settled_at, coalescing_key) VALUES (:channel, "
                    "'attic', :number, :session, 'completed', -1, :event, :state, :now, :now, 0, :message, "
                    ":settled, :key)"
                ).bindparams(
                    bindparam("now", type_=UtcDateTime()),
                    bindparam("settled", type_=UtcDateTime()),
                ),
                {
                    "channel": CHANNEL,
                    "number": number,
                    "session": f"session-{number}",
                    "event": written(event(number)),
                    "state": state,
                    "now": NOW,
                    "message": 900 if state == "delivered" else None,
                    "settled": None if state == "pending" else NOW,
                    "key": key,
                },
            )
    await engine.dispose()


def upgrade_to_the_baseline(connection: Connection) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.store:migrations")
    command.upgrade(config, "0008")
