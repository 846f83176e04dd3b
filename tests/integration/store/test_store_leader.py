"""One bot leads on a database, on SQLite and on PostgreSQL."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from silent_proxy import SilentProxy
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from store_databases import empty_database
from structlog.testing import capture_logs

from bot.errors import AnotherLeads, DatabaseTrouble, DatabaseUnusable, LeadershipLost
from bot.store.database import Database
from bot.store.engines import read_url
from bot.store.key_values import KeyValues
from bot.store.leader import MAX_DOUBT, Leader, Role
from bot.store.session_lock import LEADER_LOCK, MAX_SILENCE, SessionLock

LIMIT = 30
"""Seconds in which everything has to end, whatever happens."""
ROOT = Path(__file__).parents[3]
CHILD = """
import asyncio, sys
from bot.store.leader import Leader

async def main():
    leader = Leader(sys.argv[1])
    await leader.lead()
    print(leader.role, flush=True)
    await leader.run()

asyncio.run(main())
"""


class EndOfTest(Exception):
    """Enough rounds."""


class Bots:
    """Would-be leaders of one database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stack = AsyncExitStack()

    def bot(self) -> Leader:
        leader = Leader(self.url)
        self.stack.push_async_callback(leader.release)
        return leader

    async def leader(self) -> Leader:
        leader = self.bot()
        await leader.lead()
        return leader

    async def standby(self) -> tuple[Leader, asyncio.Task[None]]:
        """One that has found another one leading, and waits."""
        standby = self.bot()
        with capture_logs() as logs:
            waiting = asyncio.create_task(standby.lead())
            self.stack.callback(waiting.cancel)
            while not any(line["event"] == "standing_by" for line in logs):  # noqa: ASYNC110  # a log tells of none
                await asyncio.sleep(0.01)
        return standby, waiting


@pytest.fixture
async def bots(database_url: str) -> AsyncIterator[Bots]:
    bots = Bots(database_url)
    async with bots.stack, asyncio.timeout(LIMIT):
        yield bots


@pytest.fixture
async def postgresql_bots(request: pytest.FixtureRequest) -> AsyncIterator[Bots]:
    bots = Bots(await empty_database(request.getfixturevalue("postgresql")))
    async with bots.stack, asyncio.timeout(LIMIT):
        yield bots


async def test_the_first_bot_leads_and_another_one_can_once_it_lets_go(bots: Bots) -> None:
    first = await bots.leader()
    assert first.role is Role.LEADER
    await first.release()
    assert first.role is Role.STANDBY
    assert (await bots.leader()).role is Role.LEADER


async def test_a_second_start_on_sqlite_is_refused_in_one_sentence(tmp_path: Path) -> None:
    bots = Bots(f"sqlite:///{tmp_path}/bot.db")
    async with bots.stack:
        await bots.leader()
        with pytest.raises(AnotherLeads, match="Another bot already runs on the database ") as refusal:
            await bots.leader()
    assert refusal.value.exit_code == 2
    assert "\n" not in str(refusal.value)


async def test_the_lock_dies_with_a_process_that_is_killed(bots: Bots) -> None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, bots.url),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"leader\n"
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert (await bots.leader()).role is Role.LEADER


async def test_a_standby_leads_as_soon_as_the_leader_lets_go(postgresql_bots: Bots) -> None:
    first = await postgresql_bots.leader()
    standby, waiting = await postgresql_bots.standby()
    assert standby.role is Role.STANDBY
    await first.release()
    await waiting
    assert standby.role is Role.LEADER


async def test_of_two_standbys_one_leads(postgresql_bots: Bots) -> None:
    first = await postgresql_bots.leader()
    tasks = [(await postgresql_bots.standby())[1] for _ in range(2)]
    await first.release()
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert (len(done), len(left)) == (1, 1)


async def test_a_leader_that_is_frozen_is_deposed(postgresql_bots: Bots) -> None:
    """Its session is there, and says nothing: its machine stands still, or its network is cut."""
    frozen = SessionLock(read_url(postgresql_bots.url), 5)
    assert await frozen.acquire()
    other = SessionLock(read_url(postgresql_bots.url), 5, silence=0.5)
    with capture_logs() as logs:
        while not await other.acquire():
            pass
    assert [line["event"] for line in logs] == ["frozen_leader_deposed"]
    with pytest.raises((DBAPIError, OSError)):
        await frozen.held()
    assert await other.held()
    await frozen.release()
    await other.release()


async def test_what_a_frozen_leader_was_writing_is_ended_as_well(postgresql_bots: Bots) -> None:
    frozen, new = Database(postgresql_bots.url), Database(postgresql_bots.url)
    lock = SessionLock(read_url(postgresql_bots.url), 5, silence=0.2)
    async with AsyncExitStack() as stack:
        for opened in (frozen, new):
            await opened.open()
            stack.push_async_callback(opened.close)
        stack.push_async_callback(lock.release)

        async def write() -> None:
            async with frozen.transaction() as conn:
                await KeyValues(frozen).set(conn, "half", "written")
                await asyncio.sleep(0.3)  # by the server's clock
                assert await lock.acquire()
                await KeyValues(new).put("new", "leader")
                await KeyValues(frozen).set(conn, "whole", "written")

        with pytest.raises(DatabaseTrouble):
            await write()
        assert await KeyValues(new).get("half") is None


async def test_a_leader_that_speaks_is_left_alone_by_a_standby(postgresql_bots: Bots) -> None:
    leader = SessionLock(read_url(postgresql_bots.url), 5)
    assert await leader.acquire()
    other = SessionLock(read_url(postgresql_bots.url), 5, silence=60)
    assert not await other.acquire()
    assert await leader.held()
    await other.release()
    await leader.release()


async def test_what_a_deposed_leader_still_writes_is_refused(postgresql_bots: Bots) -> None:
    old, new = Database(postgresql_bots.url), Database(postgresql_bots.url)
    beside = Database(postgresql_bots.url)
    async with AsyncExitStack() as stack:
        for database in (old, new, beside):
            await database.open()
            stack.push_async_callback(database.close)
        await old.begin_term()
        await KeyValues(old).put("word", "old leader's")
        await new.begin_term()
        with pytest.raises(LeadershipLost, match=r"Another bot leads on the database .* now"):
            await KeyValues(old).put("word", "deposed leader's")
        assert await KeyValues(new).get("word") == "old leader's"
        await KeyValues(new).put("word", "new leader's")
        await KeyValues(beside).put("word", "the command line's")


async def test_the_command_line_reads_and_writes_beside_a_leader(bots: Bots) -> None:
    await bots.leader()
    database = Database(bots.url)
    await database.open()
    try:
        async with database.transaction() as conn:
            await KeyValues(database).set(conn, "beside", "a leader")
        assert await database.check()
    finally:
        await database.close()


async def test_a_second_name_of_the_same_file_is_the_same_database(tmp_path: Path) -> None:
    first, second = Bots(f"sqlite:///{tmp_path}/bot.db"), Bots(f"sqlite:///{tmp_path}/again.db")
    async with first.stack, second.stack:
        await first.leader()
        (tmp_path / "bot.db").touch()
        (tmp_path / "again.db").symlink_to(tmp_path / "bot.db")
        with pytest.raises(AnotherLeads):
            await second.leader()


async def test_a_place_that_cannot_be_locked_is_refused_in_one_sentence() -> None:
    with pytest.raises(DatabaseUnusable, match=r"^The database /proc/none/bot\.db can't be used: .*\.$"):
        await Leader("sqlite:////proc/none/bot.db").lead()
    with pytest.raises(DatabaseUnusable, match=r"^The database 127\.0\.0\.1:1/bot can't be used: .*\.$"):
        await Leader("postgresql+asyncpg://bot:secret@127.0.0.1:1/bot").lead()


async def test_a_leader_whose_session_broke_leads_no_more(postgresql_bots: Bots) -> None:
    leader = await postgresql_bots.leader()
    await end_sessions_that_hold_the_lock(postgresql_bots.url)
    with pytest.raises(LeadershipLost, match="It is not certain any more that this bot leads") as lost:
        await leader.run()
    assert leader.role is Role.STANDBY
    assert "\n" not in str(lost.value)


async def test_a_leader_that_gets_no_answer_leads_no_more(postgresql_bots: Bots) -> None:
    async with SilentProxy(make_url(postgresql_bots.url)).served() as proxy:
        leader = Leader(proxy.url, answer_timeout=5)
        await leader.lead()
        proxy.fall_silent()
        with pytest.raises(LeadershipLost, match="does not answer"):
            await leader.run()
        await leader.release()
        proxy.speak()


async def test_nobody_leads_until_a_leader_in_doubt_has_ended_all_that_it_does(postgresql_bots: Bots) -> None:
    other = SessionLock(read_url(postgresql_bots.url), 5, silence=60)
    async with SilentProxy(make_url(postgresql_bots.url)).served() as proxy:
        leader = Leader(proxy.url, answer_timeout=20)
        await leader.lead()
        proxy.fall_silent()
        with pytest.raises(LeadershipLost, match="does not answer"):
            await leader.run()
        proxy.speak()
        assert not await other.acquire()
        await leader.release()
        assert await other.acquire()
    await other.release()


async def test_a_leader_that_stood_still_may_do_nothing_until_it_has_looked(postgresql_bots: Bots) -> None:
    now = 1000.0

    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    leader = Leader(postgresql_bots.url, sleep=sleep, boot_time=lambda: now)
    postgresql_bots.stack.push_async_callback(leader.release)
    await leader.lead()
    now += MAX_DOUBT
    leader.require()
    now += 0.1
    with pytest.raises(LeadershipLost, match="stood still"):
        leader.require()
    assert MAX_DOUBT < MAX_SILENCE


async def test_who_led_before_waits_for_a_database_that_is_away(postgresql_bots: Bots) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise EndOfTest

    leader = Leader("postgresql+asyncpg://bot:secret@127.0.0.1:1/bot", sleep=sleep)
    with capture_logs() as logs, pytest.raises(EndOfTest):
        await leader.lead(again=True)
    assert [line["event"] for line in logs] == ["leadership_check_failed"] * 3
    assert leader.trouble is not None


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
