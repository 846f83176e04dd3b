from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from store_samples import MINUTE, NOW, event, held, job
from structlog.testing import capture_logs

from bot.domain.events import EventKind, ServerEvent
from bot.domain.jobs import JobStatus
from bot.domain.limits import MAX_EDIT_AGE
from bot.store.database import VACUUM_PAGES, Database
from bot.store.dead_letters import DeadLetters
from bot.store.engines import MAX_IDLE_LOG
from bot.store.housekeeping import COALESCED_FOR, SLICE_PAUSE, Housekeeper
from bot.store.key_values import KeyValues
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outcomes import Delivered, Rejected, Suspended
from bot.store.schema import BATCH_SIZE, WITH_EVENT, jobs
from bot.store.schema import outbox as table
from bot.store.submissions import Submissions

KEEP = timedelta(days=30)
CHANNEL = 42


def housekeeper(database: Database, now: datetime, slept: list[float] | None = None) -> Housekeeper:
    async def sleep(seconds: float) -> None:
        if slept is not None:
            slept.append(seconds)

    parts = Ledger(database), Outbox(database), Submissions(database)
    return Housekeeper(database, *parts, keep=KEEP, clock=lambda: now, sleep=sleep)


async def rows(database: Database) -> tuple[int, int]:
    async with database.reading() as conn:
        known = await conn.scalar(select(func.count()).select_from(jobs))
        owed = await conn.scalar(select(func.count()).select_from(table))
    assert known is not None
    assert owed is not None
    return known, owed


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """Jobs 1 to 4 were told: 1 is delivered, 2 set aside, 3 delivered a day later, 4 still owed. 5 waits."""
    ledger, outbox = Ledger(database), Outbox(database)
    async with database.transaction() as conn:
        await ledger.begin(conn, "attic", 0, [])
        for number in range(1, 5):
            ended = NOW + timedelta(days=number // 3)
            assert await ledger.record(conn, job(number, completed_at=ended))
            await outbox.add(conn, event(number), [CHANNEL], NOW)
        await ledger.record(conn, job(5, JobStatus.PENDING))
        await ledger.advance(conn, "attic", 5)
    for number in (1, 2, 3):
        await outbox.claim(CHANNEL, NOW, MINUTE, str(number), 1)
        if number == 2:
            await outbox.settle(held("2"), Rejected("refused"), NOW)
        else:
            await outbox.settle(held(str(number)), Delivered(900), NOW + timedelta(days=number // 3))
    return ledger


async def test_what_is_over_for_as_long_as_the_setting_says_is_dropped_and_nothing_else(
    database: Database, ledger: Ledger
) -> None:
    await housekeeper(database, NOW + KEEP).prune()
    assert await rows(database) == (5, 4)
    await housekeeper(database, NOW + KEEP + MINUTE).prune()
    assert await rows(database) == (3, 2)
    assert await DeadLetters(database).newest(10) == []
    assert await Outbox(database).pending_count() == 1
    position = await ledger.position("attic")
    assert position is not None
    assert position.unfinished == {5}


async def test_what_was_dropped_is_never_news_again(database: Database, ledger: Ledger) -> None:
    await housekeeper(database, NOW + 2 * KEEP).prune()
    assert await rows(database) == (1, 1)
    async with database.transaction() as conn:
        assert [await ledger.record(conn, job(number)) for number in range(1, 7)] == [
            False,
            False,
            False,
            False,
            True,
            True,
        ]


async def test_a_long_past_is_dropped_in_slices_with_a_pause_after_each(database: Database) -> None:
    ledger, count, slept = Ledger(database), 2 * BATCH_SIZE + 1, list[float]()
    async with database.transaction() as conn:
        await ledger.begin(conn, "attic", 0, [])
        ended = [
            {"server": "attic", "number": n, "session_id": "", "status": "completed"}
            | {"created_at": NOW, "closed_at": NOW}
            for n in range(1, count + 1)
        ]
        await conn.execute(jobs.insert(), ended)
        await ledger.advance(conn, "attic", count)
        assert await ledger.prune(conn, NOW + MINUTE, 10) == 10
    await housekeeper(database, NOW + 2 * KEEP, slept).prune()
    assert slept == [SLICE_PAUSE]
    assert await rows(database) == (0, 0)
    async with database.transaction() as conn:
        assert not await ledger.record(conn, job(count))
        assert await ledger.record(conn, job(count + 1))


async def test_what_a_suspended_channel_is_owed_is_dropped_after_the_same_time_and_that_is_said(
    database: Database,
) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        for number in (1, 2, 3):
            await outbox.add(conn, event(number), [CHANNEL, CHANNEL + 1], NOW)
    assert await outbox.claim(CHANNEL, NOW, MINUTE, "g", 1)
    await outbox.settle(held("g", CHANNEL), Suspended("Attach Files is missing"), NOW)
    await housekeeper(database, NOW + KEEP).prune()
    assert await outbox.pending_count(CHANNEL) == 3
    with capture_logs() as logs:
        await housekeeper(database, NOW + KEEP + MINUTE).prune()
    assert (await outbox.pending_count(CHANNEL), await outbox.pending_count()) == (0, 3)
    assert [line["dropped"] for line in logs if line["event"] == "suspended_notices_dropped"] == [3]


async def words(database: Database) -> list[bool]:
    """Of each row of the outbox, in order, whether it still says what happened."""
    async with database.reading() as conn:
        rows = (await conn.execute(WITH_EVENT.order_by(table.c.id))).mappings().all()
    return [row["event"] is not None for row in rows]


async def test_a_row_that_was_told_says_no_more_what_it_told_unless_more_may_join_its_message(
    database: Database,
) -> None:
    outbox = Outbox(database)
    away = ServerEvent(EventKind.AWAY, "attic", NOW)
    async with database.transaction() as conn:
        await outbox.add(conn, event(1), [CHANNEL], NOW)
        await outbox.add(conn, event(2, EventKind.FAILED), [CHANNEL], NOW, coalescing_key="batch and fault")
        await outbox.add(conn, event(3, EventKind.FAILED), [CHANNEL], NOW)
        await outbox.add(conn, away, [CHANNEL], NOW, coalescing_key="absence")
        await outbox.add(conn, event(4), [CHANNEL], NOW)
    outcomes = (Delivered(900), Delivered(901), Rejected("refused"), Delivered(902))
    for number, outcome in enumerate(outcomes, 1):
        await outbox.claim(CHANNEL, NOW, MINUTE, str(number), 1)
        await outbox.settle(held(str(number)), outcome, NOW)
    assert await words(database) == [False, True, True, True, True]
    assert [one.event is not None for one in await DeadLetters(database).newest(9)] == [True]

    await housekeeper(database, NOW + MAX_EDIT_AGE).prune()
    assert await words(database) == [False, True, True, True, True]
    last = await outbox.last_message(CHANNEL, "batch and fault", NOW - MINUTE)
    assert last is not None
    assert last.message_id == 901
    await housekeeper(database, NOW + MAX_EDIT_AGE + MINUTE).prune()
    assert await words(database) == [False, False, True, True, True]
    assert await outbox.last_message(CHANNEL, "batch and fault", NOW - MINUTE) is None
    await housekeeper(database, NOW + COALESCED_FOR + MINUTE).prune()
    assert await words(database) == [False, False, True, False, True]
    assert await outbox.delivered_messages(CHANNEL) == {900, 901, 902}


async def test_what_a_failure_says_is_kept_while_the_same_one_waits_to_join_it(database: Database) -> None:
    outbox = Outbox(database)
    async with database.transaction() as conn:
        for number in (1, 2):
            await outbox.add(conn, event(number, EventKind.FAILED), [CHANNEL], NOW, coalescing_key="fault")
    claim = await outbox.claim(CHANNEL, NOW, MINUTE, "a", 1)
    assert claim is not None
    await outbox.settle(await outbox.narrow(claim, claim.rows[:1]), Delivered(900), NOW)
    await housekeeper(database, NOW + MAX_EDIT_AGE + MINUTE).prune()
    assert await words(database) == [True, True]


async def test_a_file_gives_the_room_of_dropped_rows_back_a_hundred_pages_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot.db"
    database = Database(f"sqlite:///{file}")
    await database.open()
    try:
        async with database.transaction() as conn:
            for number in range(1000):
                await KeyValues(database).set(conn, str(number), "x" * 8000)
        async with database.transaction() as conn:
            await conn.exec_driver_sql("DELETE FROM key_values")
        before, begun = await pages(database), list[None]()
        transaction = database.transaction

        def counted() -> AbstractAsyncContextManager[AsyncConnection]:
            begun.append(None)
            return transaction()

        monkeypatch.setattr(database, "transaction", counted)
        await housekeeper(database, NOW).prune()
        assert before > 2000
        assert len(begun) < before / VACUUM_PAGES + 10
        assert await pages(database) < 400
    finally:
        await database.close()
    assert size(file) < 2_000_000


async def test_the_log_of_a_large_transaction_shrinks_again(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    database = Database(f"sqlite:///{file}")
    await database.open()
    try:
        async with database.transaction() as conn:
            for number in range(3000):
                await KeyValues(database).set(conn, str(number), "x" * 8000)
        assert size(file.with_name("bot.db-wal")) > MAX_IDLE_LOG
        for _ in range(2):
            await database.write_trial()
            await KeyValues(database).put("after", "it")
        assert size(file.with_name("bot.db-wal")) <= MAX_IDLE_LOG
    finally:
        await database.close()


def size(file: Path) -> int:
    return file.stat().st_size


async def pages(database: Database) -> int:
    async with database.reading() as conn:
        return (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
