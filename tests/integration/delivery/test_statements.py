"""What a finished picture costs in the database until its message is sent: each statement is a millisecond on
a busy machine. docs/benchmarks.md has where the time goes.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from test_delivery import Place as Delivery
from watcher_place import Place as Watching

from bot.domain.events import Left
from bot.domain.jobs import JobStatus
from bot.invokeai.socket.events import JobChanged
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream

MAX_STATEMENTS = 17
MAX_COMMITS = 2
"""Written down, and claimed: each of them before the message."""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}")
    await database.open()
    yield database
    await database.close()


class Resting(Outbox):
    """Tells when the delivery has looked for everything that is due."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, contact_sheet_after=30)
        self.rested = asyncio.Event()

    async def next_due(self, but: Collection[Stream] = ()) -> datetime | None:
        due = await super().next_due(but)
        self.rested.set()
        return due


class Count:
    """The statements and commits of every engine while it is entered. `beside`: does nothing on the way."""

    def __init__(self, beside: asyncio.Task[None]) -> None:
        self._beside = beside
        self.statements: list[str] = []
        self.commits = 0

    def __enter__(self) -> Self:
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", self._commit)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._statement)
        event.remove(Engine, "commit", self._commit)

    def _statement(self, _conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if asyncio.current_task() is not self._beside:
            self.statements.append(" ".join(statement.split())[:80])

    def _commit(self, _conn: Any) -> None:
        self.commits += 1


async def test_a_finished_picture_costs_few_statements_and_two_commits_until_it_is_sent(
    database: Database,
) -> None:
    watching = Watching(database)
    outbox = Resting(database)
    delivery = Delivery(outbox, database, wake=watching.woken)
    await watching.subscribe()
    watcher = watching.watcher()
    await watcher.catch_up()
    running = asyncio.create_task(delivery.delivery().run())
    await outbox.rested.wait()
    found: list[tuple[int, list[str]]] = []
    sent = asyncio.Event()
    watching.queue.put(1, JobStatus.COMPLETED)
    with Count(beside=running) as count:  # it looks what is due next, before the message or after it

        def note() -> None:
            found.append((count.commits, list(count.statements)))
            sent.set()

        delivery.sink.on_send = note
        await watcher.hear(JobChanged(1, JobStatus.COMPLETED, 0, Left(1, 0)))
        async with asyncio.timeout(10):
            await sent.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    [(commits, statements)] = found
    assert commits == MAX_COMMITS
    assert len(statements) <= MAX_STATEMENTS, statements
