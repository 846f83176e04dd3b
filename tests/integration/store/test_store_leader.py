"""One bot leads on a database, on SQLite and on PostgreSQL."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from bot.errors import AnotherLeads, DatabaseTrouble, DatabaseUnusable, LeadershipLost
from bot.store.database import Database
from bot.store.key_values import KeyValues
from bot.store.leader import CHECK_INTERVAL, LEADER_LOCK, LOST_SESSION_TIMEOUT, Leader, Role, SessionLock

ROOT = Path(__file__).parents[3]
CHILD = """
import asyncio, sys
from bot.store.leader import Leader

async def main():
    leader = Leader(sys.argv[1])
    print(await leader.acquire(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Bots:
    """Would-be leaders of one database. `rounds`: how often `run` looks before it is over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stack = AsyncExitStack()
        self.slept: list[float] = []

    def bot(self, rounds: int = 1) -> Leader:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            if len(self.slept) > rounds:
                raise EndOfTest

        leader = Leader(self.url, sleep=sleep)
        self.stack.push_async_callback(leader.release)
        return leader


class EndOfTest(Exception):
    """Enough rounds."""


@pytest.fixture
async def bots(database_url: str) -> AsyncIterator[Bots]:
    bots = Bots(database_url)
    async with bots.stack:
        yield bots


async def test_the_first_bot_leads_and_a_second_one_stands_by_until_the_first_lets_go(bots: Bots) -> None:
    first, second = bots.bot(), bots.bot()
    assert (await first.acquire(), first.role) == (True, Role.LEADER)
    assert (await second.acquire(), second.role) == (False, Role.STANDBY)
    assert await first.acquire()
    await first.release()
    assert first.role is Role.STANDBY
    assert (await second.acquire(), second.role) == (True, Role.LEADER)
    assert not await first.acquire()


async def test_a_second_start_is_refused_in_one_sentence_without_a_password(bots: Bots) -> None:
    """On PostgreSQL after the time in which the session of a bot whose machine is gone comes to its end."""
    await bots.bot().lead()
    with pytest.raises(AnotherLeads, match="Another bot already runs on the database ") as refusal:
        await bots.bot(rounds=10).lead()
    assert sum(bots.slept) == (0 if bots.url.startswith("sqlite") else LOST_SESSION_TIMEOUT)
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)
    assert "password" not in str(refusal.value)


async def test_the_lock_dies_with_a_process_that_is_killed(bots: Bots) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, bots.url),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"True\n"
    assert not await bots.bot().acquire()
    child.send_signal(signal.SIGKILL)
    await child.wait()
    async with asyncio.timeout(10):
        while not await bots.bot().acquire():  # noqa: ASYNC110  # the server notices when it notices
            await asyncio.sleep(0.05)


async def test_a_lead_that_is_let_go_while_a_start_waits_for_it_is_taken(postgresql_bots: Bots) -> None:
    first = postgresql_bots.bot()
    await first.lead()

    async def sleep(_: float) -> None:
        await first.release()

    second = Leader(postgresql_bots.url, sleep=sleep)
    postgresql_bots.stack.push_async_callback(second.release)
    await second.lead()
    assert second.role is Role.LEADER


async def test_a_lock_that_was_asked_for_in_vain_is_not_taken_for_ours_later(
    postgresql_bots: Bots, monkeypatch: pytest.MonkeyPatch
) -> None:
    await postgresql_bots.bot().lead()
    leader = postgresql_bots.bot()

    async def breaks(_lock: SessionLock, _connection: object) -> bool:
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(SessionLock, "_take", breaks)
        with pytest.raises(DatabaseTrouble):
            await leader.acquire()
    assert not await leader.acquire()
    assert leader.role is Role.STANDBY


async def test_the_command_line_reads_and_writes_beside_a_leader(bots: Bots) -> None:
    await bots.bot().lead()
    database = Database(bots.url)
    await database.open()
    try:
        async with database.transaction() as conn:
            await KeyValues(database).set(conn, "beside", "a leader")
        assert await database.check()
    finally:
        await database.close()


async def test_the_leader_looks_every_ten_seconds_and_says_nothing_while_it_leads(bots: Bots) -> None:
    leader = bots.bot(rounds=3)
    await leader.lead()
    with capture_logs() as logs, pytest.raises(EndOfTest):
        await leader.run()
    assert (bots.slept, logs, leader.role) == ([CHECK_INTERVAL] * 4, [], Role.LEADER)


async def test_a_second_name_of_the_same_file_is_the_same_database(tmp_path: Path) -> None:
    first, second = Bots(f"sqlite:///{tmp_path}/bot.db"), Bots(f"sqlite:///{tmp_path}/again.db")
    async with first.stack, second.stack:
        await first.bot().lead()
        (tmp_path / "bot.db").touch()
        (tmp_path / "again.db").symlink_to(tmp_path / "bot.db")
        assert not await second.bot().acquire()


async def test_a_place_that_cannot_be_locked_is_refused_in_one_sentence() -> None:
    with pytest.raises(DatabaseUnusable, match=r"^The database /proc/none/bot\.db can't be used: .*\.$"):
        await Leader("sqlite:////proc/none/bot.db").lead()
    with pytest.raises(DatabaseUnusable, match=r"^The database 127\.0\.0\.1:1/bot can't be used: .*\.$"):
        await Leader("postgresql+asyncpg://bot:secret@127.0.0.1:1/bot").lead()


@pytest.fixture
async def postgresql_bots(request: pytest.FixtureRequest) -> AsyncIterator[Bots]:
    bots = Bots(request.getfixturevalue("postgresql").render_as_string(hide_password=False))
    async with bots.stack:
        yield bots


async def end_sessions_that_hold_the_lock(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        ended = await conn.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
                "WHERE locktype = 'advisory' AND objid::bigint = :key"
            ),
            {"key": LEADER_LOCK & 0xFFFFFFFF},
        )
        assert ended.scalars().all() == [True]
    await engine.dispose()


async def test_a_leader_whose_session_broke_leads_again_without_a_word(postgresql_bots: Bots) -> None:
    leader = postgresql_bots.bot()
    await leader.lead()
    await end_sessions_that_hold_the_lock(postgresql_bots.url)
    with capture_logs() as logs, pytest.raises(EndOfTest):
        await leader.run()
    assert (logs, leader.role) == ([], Role.LEADER)
    assert not await postgresql_bots.bot().acquire()


async def test_a_leader_whose_session_broke_ends_where_another_bot_leads_now(postgresql_bots: Bots) -> None:
    first, second = postgresql_bots.bot(rounds=2), postgresql_bots.bot()
    await first.lead()
    await end_sessions_that_hold_the_lock(postgresql_bots.url)
    await second.lead()
    with capture_logs() as logs, pytest.raises(LeadershipLost, match="another bot leads there now") as lost:
        await first.run()
    assert [line["event"] for line in logs] == ["leadership_delayed"]
    assert lost.value.exit_code == 1
    assert second.role is Role.LEADER
    assert not await postgresql_bots.bot().acquire()


async def test_a_session_that_the_server_has_not_given_up_is_no_other_bot(postgresql_bots: Bots) -> None:
    leader = postgresql_bots.bot(rounds=2)
    await leader.lead()
    lock = leader._lock  # pyright: ignore[reportPrivateUsage]  # its connection breaks unseen
    assert isinstance(lock, SessionLock)
    lost = lock._connection  # pyright: ignore[reportPrivateUsage]
    lock._connection = None  # pyright: ignore[reportPrivateUsage]
    with capture_logs() as logs, pytest.raises(EndOfTest):
        await leader.run()
    assert [line["event"] for line in logs] == ["leadership_delayed", "leadership_recovered"]
    assert lost is not None
    await lost.invalidate()
    await lost.close()
