"""The bot's own file is locked, full, old, new or damaged."""

import asyncio
import os
import resource
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cases import Case, Cases, Outcomes, outcome
from crashes import perfect
from lane import SEND, START, Lane, lane, outage
from tally import judge

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

CASES = Cases(at_once=6)


@contextmanager
def locked(folder: Path) -> Generator[None]:
    """Another program has a transaction open that writes."""
    with closing(sqlite3.connect(folder / "bot.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(folder: Path, pid: int) -> Generator[None]:
    """No file of the bot may grow beyond what its write-ahead log has now."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    size = (folder / "bot.sqlite3-wal").stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def locked_for(seconds: float) -> Case:
    async def case(folder: Path) -> None:
        async with outage(folder, nonce_memory=0.0) as here:
            working = asyncio.create_task(here.work.run())
            await asyncio.sleep(0.5)
            with locked(folder):
                await asyncio.sleep(seconds)
            here.work.stop()
            await working
            await here.work.done(within=20)
            await here.told_all(within=60)

    return case


CASES.named("a database that another program locks shortly", locked_for(4))
CASES.named("a database that is locked for longer than SQLite waits", locked_for(13))


@CASES.add
async def a_database_that_is_held_over_several_lives(folder: Path) -> None:
    """Killed as it waits to write down what Discord has taken, and born while nothing can be written."""
    async with lane(folder, 813, nonce_memory=0.0) as here:
        life = await here.first_life()
        for _ in range(2):
            await here.jobs(4)
            here.discord.call_at_next(SEND, lambda: None, delay=1.0)
            sent = len(here.discord.sent(*SEND.split()))
            await here.jobs(1)
            await here.discord.wait_for_request(
                lambda one, sent=sent: one in here.discord.sent(*SEND.split())[sent:], timeout=START
            )
            with locked(folder):
                await asyncio.sleep(2)
                await here.end(life)
                life = await here.nursery.bear()
                await here.jobs(2)
                await asyncio.sleep(3)
                await here.end(life)
            life = await here.nursery.bear()
        await here.end(life)
        await perfect(here)


@CASES.add
async def a_disk_that_is_full_for_a_while(folder: Path) -> None:
    async with outage(folder, nonce_memory=0.0) as here:
        working = asyncio.create_task(here.work.run())
        await asyncio.sleep(0.5)
        with full(folder, here.nursery.lives[-1].pid):
            await asyncio.sleep(5)
        here.work.stop()
        await working
        await here.work.done(within=20)
        await here.told_all(within=60)


@CASES.add
async def a_database_that_is_not_there_yet_is_made_and_one_that_is_empty_is_filled(
    folder: Path,
) -> None:
    async with lane(folder, 813) as here:
        (folder / "bot.sqlite3").touch()
        life = await here.first_life()
        await here.jobs(2)
        await here.told_all(within=START)
        life.terminate()
        assert await life.ended(within=12) == 0


@CASES.add
async def a_database_of_a_newer_bot_is_refused_in_a_sentence(folder: Path) -> None:
    async with lane(folder, 813) as here:
        await here.end(await here.first_life())
        with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
            [table] = database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%revision%'"
            ).fetchone()
            [[revision]] = database.execute(f"SELECT * FROM {table}").fetchall()
            database.execute(f"UPDATE {table} SET version_num = '9999'")
            database.commit()
        await refused(here, "was written by a newer bot (revision 9999)")
        with closing(sqlite3.connect(folder / "bot.sqlite3")) as database:
            database.execute(f"UPDATE {table} SET version_num = ?", [revision])
            database.commit()
        await told_after(here)


@CASES.add
async def a_damaged_database_is_refused_in_a_sentence_and_a_backup_goes_on(folder: Path) -> None:
    async with lane(folder, 813) as here:
        await here.end(await here.first_life())
        file = folder / "bot.sqlite3"
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = file.read_bytes()
        with file.open("r+b") as damaged:
            damaged.seek(4096)
            damaged.write(os.urandom(len(whole) - 8192))
        await refused(here, "is damaged")
        file.write_bytes(whole)
        await told_after(here)


async def refused(here: Lane, words: str) -> None:
    life = await here.nursery.bear()
    assert await life.ended(within=START) == 1
    [sentence] = life.log().strip().splitlines()[-1:]
    assert words in sentence, life.log()
    assert "Traceback" not in life.log()


async def told_after(here: Lane) -> None:
    """The fixed file serves as before."""
    await here.jobs(2)
    life = await here.nursery.bear()
    await here.told_all(within=START)
    life.terminate()
    assert await life.ended(within=12) == 0
    assert judge(here.invokeai, here.channel).perfect


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return CASES.try_all(tmp_path_factory.mktemp("outages"))


@pytest.mark.parametrize("name", CASES.names)
def test_all_is_told_once_and_in_order_after(name: str, outcomes: Outcomes) -> None:
    outcome(name, outcomes)
