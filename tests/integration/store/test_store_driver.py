import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.sqlite_driver import WholeConnection


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[WholeConnection]:
    made = WholeConnection(tmp_path / "bot.sqlite3", isolation_level=None)
    await made
    await made.cursor().execute("CREATE TABLE things (name TEXT)")
    yield made
    await made.close()


async def names(connection: WholeConnection) -> list[str]:
    cursor = await connection.cursor().execute("SELECT name FROM things ORDER BY name")
    return [name for (name,) in await cursor.fetchall()]


async def test_a_transaction_begins_with_its_first_statement(connection: WholeConnection) -> None:
    await connection.cursor().execute("BEGIN IMMEDIATE")
    assert not connection.in_transaction
    await connection.cursor().execute("INSERT INTO things VALUES (?)", ("fox",))
    assert connection.in_transaction
    await connection.rollback()
    assert await names(connection) == []


async def test_a_transaction_without_statements_leaves_nothing_behind(connection: WholeConnection) -> None:
    for end in (connection.commit, connection.rollback):
        await connection.cursor().execute("BEGIN IMMEDIATE")
        await end()
        assert await names(connection) == []
        assert not connection.in_transaction


async def test_what_is_committed_stays(connection: WholeConnection) -> None:
    await connection.cursor().execute("BEGIN IMMEDIATE")
    cursor = await connection.cursor().executemany("INSERT INTO things VALUES (?)", [("fox",), ("owl",)])
    assert cursor.rowcount == 2
    await connection.commit()
    await connection.rollback()
    assert await names(connection) == ["fox", "owl"]


async def test_a_statement_cancelled_before_it_began_is_rolled_back_all_the_same(
    connection: WholeConnection,
) -> None:
    go_on = threading.Event()
    busy = asyncio.create_task(connection.visit(lambda _: go_on.wait(10)))
    await asyncio.sleep(0)
    await connection.cursor().execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(connection.cursor().execute("INSERT INTO things VALUES ('fox')"))
    await asyncio.sleep(0)
    writing.cancel()
    ending = asyncio.create_task(connection.rollback())
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(busy, ending)
    assert not connection.in_transaction
    assert await names(connection) == []


async def test_a_lock_that_is_held_is_told_by_the_first_statement(
    connection: WholeConnection, tmp_path: Path
) -> None:
    await connection.cursor().execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "bot.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await connection.cursor().execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await connection.cursor().execute("INSERT INTO things VALUES ('fox')")
    await connection.rollback()
    other.close()
    assert await names(connection) == []
