from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from store_plans import plans
from store_samples import NOW, job

from bot.domain.jobs import Job, JobStatus
from bot.store.database import Database
from bot.store.ledger import Ledger, Position
from bot.store.schema import jobs

PENDING, RUNNING = JobStatus.PENDING, JobStatus.IN_PROGRESS


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """The server `attic` has jobs up to 10, of which 8 runs and 9 waits."""
    ledger = Ledger(database)
    async with database.transaction() as conn:
        await ledger.begin(conn, "attic", 10, [job(8, RUNNING), job(9, PENDING)])
    return ledger


async def record(database: Database, *seen: Job) -> list[bool]:
    async with database.transaction() as conn:
        return [await Ledger(database).record(conn, one) for one in seen]


async def test_a_server_never_seen_has_no_position(ledger: Ledger) -> None:
    assert await ledger.position("cellar") is None


async def test_a_job_of_a_server_without_a_baseline_is_our_own_mistake(
    ledger: Ledger, database: Database
) -> None:
    with pytest.raises(LookupError, match="cellar"):
        await record(database, job(1, server="cellar"))


async def test_the_baseline_is_the_first_position(ledger: Ledger) -> None:
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}))


async def test_a_baseline_of_an_empty_server_is_a_position_too(ledger: Ledger, database: Database) -> None:
    async with database.transaction() as conn:
        await ledger.begin(conn, "cellar", 0, [])
    assert await ledger.position("cellar") == Position(0, frozenset())
    assert await record(database, job(1, server="cellar")) == [True]


async def test_a_job_that_ended_before_the_baseline_is_no_news(ledger: Ledger, database: Database) -> None:
    assert await record(database, job(3), job(10)) == [False, False]
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}))


async def test_a_job_that_was_unfinished_at_the_baseline_ends_as_news(
    ledger: Ledger, database: Database
) -> None:
    assert await record(database, job(8), job(9, JobStatus.CANCELED)) == [True, True]
    assert await ledger.position("attic") == Position(10, frozenset())


@pytest.mark.parametrize("end", [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED])
async def test_each_end_is_news_once(ledger: Ledger, database: Database, end: JobStatus) -> None:
    assert await record(database, job(11, PENDING), job(11, RUNNING), job(11, end), job(11, end)) == [
        False,
        False,
        True,
        False,
    ]
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}), frozenset({11}))


async def test_a_job_first_seen_finished_is_news(ledger: Ledger, database: Database) -> None:
    assert await record(database, job(12), job(11)) == [True, True]


async def test_a_finish_is_final(ledger: Ledger, database: Database) -> None:
    assert await record(database, job(11), job(11, PENDING), job(11, JobStatus.FAILED)) == [
        True,
        False,
        False,
    ]
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}), frozenset({11}))


async def test_a_vanished_job_is_closed_without_noise(ledger: Ledger, database: Database) -> None:
    async with database.transaction() as conn:
        await ledger.forget(conn, "attic", [8, 9, *range(100, 2500)])
    assert await ledger.position("attic") == Position(10, frozenset())


async def test_a_job_that_was_called_gone_and_ends_after_all_is_news_once(
    ledger: Ledger, database: Database
) -> None:
    async with database.transaction() as conn:
        await ledger.forget(conn, "attic", [8, 9])
        await ledger.running(conn, "attic", 9, NOW)
    assert await ledger.position("attic") == Position(10, frozenset({9}))
    assert await record(database, job(8), job(8), job(9), job(9)) == [True, False, True, False]


async def test_jobs_of_two_servers_do_not_meet(ledger: Ledger, database: Database) -> None:
    async with database.transaction() as conn:
        await ledger.begin(conn, "cellar", 0, [])
    assert await record(database, job(11), job(11, server="cellar")) == [True, True]
    async with database.transaction() as conn:
        await ledger.forget(conn, "cellar", [8, 9])
        await ledger.advance(conn, "cellar", 11)
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}), frozenset({11}))
    assert await ledger.position("cellar") == Position(11, frozenset())


async def test_what_is_pruned_stays_old(ledger: Ledger, database: Database) -> None:
    await record(database, job(11), job(12, PENDING), job(13, completed_at=NOW + timedelta(days=2)))
    async with database.transaction() as conn:
        await ledger.advance(conn, "attic", 13)
        assert await ledger.prune(conn, NOW + timedelta(days=1)) == 1
    assert await ledger.position("attic") == Position(13, frozenset({8, 9, 12}))
    assert await record(database, job(11), job(13), job(12)) == [False, False, True]


async def test_pruning_everything_keeps_the_highest_number(ledger: Ledger, database: Database) -> None:
    await record(database, job(20))
    async with database.transaction() as conn:
        await ledger.advance(conn, "attic", 20)
        assert await ledger.prune(conn, NOW + timedelta(days=1)) == 1
    assert await ledger.position("attic") == Position(20, frozenset({8, 9}))
    assert await record(database, job(20), job(21)) == [False, True]


async def test_a_job_above_the_highest_number_is_never_pruned(ledger: Ledger, database: Database) -> None:
    await record(database, job(12))
    async with database.transaction() as conn:
        assert await ledger.prune(conn, NOW + timedelta(days=1)) == 0
    assert await ledger.position("attic") == Position(10, frozenset({8, 9}), frozenset({12}))
    assert await record(database, job(12), job(11)) == [False, True]


async def test_only_an_advance_raises_the_highest_number_and_nothing_lowers_it(
    ledger: Ledger, database: Database
) -> None:
    await record(database, job(11), job(12, PENDING), job(14))
    async with database.transaction() as conn:
        await ledger.advance(conn, "attic", 12)
    assert await ledger.position("attic") == Position(12, frozenset({8, 9, 12}), frozenset({14}))
    async with database.transaction() as conn:
        await ledger.advance(conn, "attic", 11)
    assert await ledger.position("attic") == Position(12, frozenset({8, 9, 12}), frozenset({14}))


async def test_a_known_number_with_another_session_is_a_stranger(ledger: Ledger, database: Database) -> None:
    await record(database, job(11))
    assert not await ledger.stranger(job(11))
    assert not await ledger.stranger(job(11, session_id=None))
    assert await ledger.stranger(job(11, session_id="other"))
    assert not await ledger.stranger(job(12, session_id="other"))
    assert not await ledger.stranger(job(11, session_id="other", server="cellar"))


async def test_a_session_learnt_later_is_kept(ledger: Ledger, database: Database) -> None:
    await record(database, job(11, PENDING, session_id=None), job(11, PENDING, session_id="one"))
    await record(database, job(11, PENDING, session_id=None))
    assert await ledger.stranger(job(11, session_id="two"))
    assert not await ledger.stranger(job(11, session_id="one"))


async def test_a_low_number_created_after_all_we_saw_is_a_stranger(ledger: Ledger) -> None:
    assert await ledger.stranger(job(1, created_at=NOW + timedelta(hours=1)))
    assert not await ledger.stranger(job(1, created_at=NOW - timedelta(hours=1)))
    assert not await ledger.stranger(job(1, created_at=NOW + timedelta(seconds=5)))
    assert not await ledger.stranger(job(11, created_at=NOW + timedelta(hours=1)))


async def test_a_new_baseline_forgets_the_old_database(ledger: Ledger, database: Database) -> None:
    await record(database, job(11), job(12, PENDING))
    async with database.transaction() as conn:
        await ledger.begin(conn, "attic", 1, [job(1, PENDING, session_id="other")])
    assert await ledger.position("attic") == Position(1, frozenset({1}))
    assert not await ledger.stranger(job(1, session_id="other"))
    assert await record(database, job(1, session_id="other"), job(11, session_id="another")) == [True, True]


async def test_hostile_words_are_kept_as_far_as_a_database_can(ledger: Ledger, database: Database) -> None:
    server = "at\0tic \ud800 ' \" ; DROP TABLE jobs"
    async with database.transaction() as conn:
        await ledger.begin(conn, server, 0, [])
    assert await record(database, job(1, server=server, session_id="\0\ud800")) == [True]
    assert await ledger.position(server) == Position(0, frozenset(), frozenset({1}))


async def test_the_position_is_found_by_an_index_among_ten_thousand_finished_jobs(
    ledger: Ledger, database: Database
) -> None:
    finished = [
        {"server": "attic", "number": n, "session_id": "", "status": "completed"}
        | {"created_at": NOW, "closed_at": NOW}
        for n in range(100, 10_100)
    ]
    async with database.transaction() as conn:
        await conn.execute(insert(jobs), finished)
        await ledger.advance(conn, "attic", 10_099)
        await conn.execute(text("ANALYZE"))
    assert await ledger.position("attic") == Position(10_099, frozenset({8, 9}))
    lookup, unfinished, ended = await plans(database, lambda: ledger.position("attic"))
    assert "servers" in lookup
    assert "jobs_unfinished" in unfinished
    assert "pk_jobs" in ended or "sqlite_autoindex_jobs_1" in ended
