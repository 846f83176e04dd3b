"""A real SQLite that has no room, or that another program holds."""

import contextlib
import shutil
import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from watcher_place import NOW, Place, begun, subscribed

from bot.domain.jobs import JobStatus
from bot.errors import DatabaseTrouble, DatabaseUnusable
from bot.invokeai.socket.events import JobChanged
from bot.store.database import Database
from bot.store.housekeeping import PRUNING_INTERVAL, Housekeeper
from bot.store.key_values import KeyValues
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.schema import key_values
from bot.store.submissions import Submissions

DONE, RUNNING = JobStatus.COMPLETED, JobStatus.IN_PROGRESS


@pytest.fixture
async def place(file_database: Database) -> Place:
    return await subscribed(file_database)


@contextlib.contextmanager
def held(database: Database) -> Generator[None]:
    """Another program writes, and does not end."""
    other = sqlite3.connect(database.place)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


async def fill(database: Database) -> None:
    """No page more than it has, and what it has is taken."""
    async with database.transaction() as conn:
        await conn.execute(text("CREATE TABLE ballast (content TEXT)"))
        pages = (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


async def empty(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.exec_driver_sql("PRAGMA max_page_count = 1000000")


async def write_much(database: Database) -> None:
    async with database.transaction() as conn:
        await KeyValues(database).set(conn, "much", "x" * 100_000)


async def test_a_full_disk_is_trouble_in_one_sentence_and_leaves_nothing(place: Place) -> None:
    await fill(place.database)
    with pytest.raises(
        DatabaseTrouble, match=r"^The database .*bot\.sqlite3 has no room: the disk is full\.$"
    ):
        await write_much(place.database)
    assert await KeyValues(place.database).get("much") is None
    await empty(place.database)
    await write_much(place.database)


async def test_a_database_that_another_program_holds_is_trouble_and_can_still_be_read(place: Place) -> None:
    with held(place.database):
        with pytest.raises(DatabaseTrouble, match="held by another program"):
            await write_much(place.database)
        assert await KeyValues(place.database).get("much") is None
    await write_much(place.database)


async def test_a_database_that_is_held_at_the_start_is_unusable(place: Place) -> None:
    with held(place.database), pytest.raises(DatabaseUnusable, match="held by another program"):
        await place.database.check()
    other = Database(f"sqlite:///{place.database.place}", busy_ms=1)
    with held(place.database), pytest.raises(DatabaseUnusable, match="held by another program"):
        await other.open()


async def test_a_fault_of_our_own_stays_what_it_is(place: Place) -> None:
    async def write_twice() -> None:
        async with place.database.transaction() as conn:
            for _ in range(2):
                await conn.execute(insert(key_values).values(key="twice", value=""))

    with pytest.raises(IntegrityError):
        await write_twice()


async def test_a_file_that_vanished_is_trouble_for_a_new_connection(place: Place, tmp_path: Path) -> None:
    async with place.database.reading():  # the connection at hand is taken
        shutil.rmtree(tmp_path)
        with pytest.raises(DatabaseTrouble, match="can't be opened"):
            await KeyValues(place.database).get("any")


async def test_an_end_that_could_not_be_written_down_is_found_later(place: Place) -> None:
    watcher = await begun(place)
    place.queue.put(3, DONE)
    with held(place.database):
        await watcher.hear(JobChanged(3, DONE))
        assert not await watcher.catch_up()
        assert place.state.reachable
    assert await place.told() == []
    assert await watcher.catch_up()
    assert await place.told() == [(3, "completed")]


async def test_an_end_that_could_not_be_written_down_is_found_though_the_counts_are_as_before(
    place: Place,
) -> None:
    watcher = await begun(place)
    place.queue.put(2, DONE)
    place.queue.put(3, JobStatus.PENDING)
    del place.queue.items[1]
    with held(place.database):
        await watcher.hear(JobChanged(2, DONE))
    assert await watcher.catch_up()
    assert await place.told() == [(2, "completed")]


async def test_a_start_that_could_not_be_written_down_is_found_later(place: Place) -> None:
    watcher = await begun(place)
    await place.subscribe(frozenset())
    place.queue.put(3, RUNNING)
    with held(place.database):
        await watcher.hear(JobChanged(3, RUNNING))
    assert await watcher.catch_up()
    assert await Ledger(place.database).last_seen_running("box", {3}) == {3: NOW}


async def test_a_reconcile_that_breaks_off_for_want_of_room_is_taken_up_again(place: Place) -> None:
    watcher = await begun(place)
    for number in range(3, 60):
        place.queue.put(number, DONE, images=4)
    await fill(place.database)
    assert not await watcher.catch_up()
    await empty(place.database)
    assert await watcher.catch_up()
    ends = sorted({number for number, _ in await place.told()})
    assert ends == list(range(3, 60))


async def test_a_tidying_that_fails_is_tried_again_in_an_hour(place: Place) -> None:
    rests: list[float] = []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            raise KeyboardInterrupt

    housekeeper = Housekeeper(
        place.database,
        Ledger(place.database),
        Outbox(place.database),
        Submissions(place.database),
        keep=NOW - NOW,
        clock=lambda: NOW,
        sleep=sleep,
    )
    with held(place.database), contextlib.suppress(KeyboardInterrupt):
        await housekeeper.run()
    assert rests == [PRUNING_INTERVAL, PRUNING_INTERVAL]
