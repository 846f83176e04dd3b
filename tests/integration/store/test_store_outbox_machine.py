"""The outbox as a state machine, beside a model of a few lines, over crashes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete
from store_samples import MINUTE, NOW, channels_due, event, held, job_of

from bot.domain.events import EventKind
from bot.store.database import Database
from bot.store.dead_letters import DeadLetters
from bot.store.outbox import Outbox
from bot.store.outbox_rows import OutboxEntry
from bot.store.outcomes import Delayed, Delivered, Rejected, Suspended
from bot.store.schema import outbox as table
from bot.store.schema import suspensions
from bot.store.suspensions import MAX_RETRY_DELAY, MIN_RETRY_DELAY, Suspensions

Result = TypeVar("Result")

CHANNELS = (1, 2)
KINDS = st.sampled_from([EventKind.COMPLETED] * 4 + [EventKind.CANCELED, EventKind.FAILED])


@dataclass(eq=False)
class Row:
    """What the model knows of one row."""

    number: int
    channel: int
    kind: EventKind
    due: datetime
    added: datetime
    state: str = "pending"
    group: str | None = None
    lease: datetime | None = None
    attempts: int = 0
    id: int | None = None


@dataclass(eq=False)
class Pause:
    """What the model knows of one suspension."""

    look: datetime
    looks: int = 1


@dataclass
class Process:
    """The bot's process: what is left of it after a crash is the database."""

    url: str
    runner: asyncio.Runner
    database: Database = field(init=False)

    def start(self) -> None:
        self.database = Database(self.url)
        self.run(self.database.open())

    def end(self) -> None:
        self.run(self.database.close())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self, process: Process) -> None:
        super().__init__()
        self.process = process
        self.now = NOW
        self.rows: list[Row] = []
        self.groups = 0
        self.sent: set[tuple[int, int]] = set()
        self.suspended: dict[int, Pause] = {}
        process.run(self._empty())

    async def _empty(self) -> None:
        async with self.process.database.transaction() as conn:
            await conn.execute(delete(table))
            await conn.execute(delete(suspensions))

    def ready(self, row: Row) -> datetime:
        pause = self.suspended.get(row.channel)
        return max(row.due, row.lease or row.due, pause.look if pause else row.due)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.process.database)

    def pending(self, channel: int) -> list[Row]:
        return [row for row in self.rows if row.channel == channel and row.state == "pending"]

    def in_hand(self, channel: int) -> list[Row]:
        return [row for row in self.pending(channel) if row.group]

    def head(self, channel: int) -> Row | None:
        return next(iter(self.in_hand(channel) or self.pending(channel)), None)

    @rule(kind=KINDS, channels=st.sets(st.sampled_from(CHANNELS)))
    def add(self, kind: EventKind, channels: set[int]) -> None:
        number = len(self.rows) + 1
        for _ in range(2):
            self.process.run(self._add(number, kind, channels))
        self.rows += [Row(number, channel, kind, self.now, self.now) for channel in sorted(channels)]

    async def _add(self, number: int, kind: EventKind, channels: set[int]) -> None:
        async with self.process.database.transaction() as conn:
            await self.outbox.add(conn, event(number, kind), sorted(channels), self.now)

    @rule(channel=st.sampled_from(CHANNELS), most=st.integers(1, 3))
    def claim(self, channel: int, most: int) -> None:
        self.groups += 1
        got = self.process.run(self.outbox.claim(channel, self.now, MINUTE, f"g{self.groups}", most))
        head = self.head(channel)
        if head is None or self.ready(head) > self.now:
            assert got is None
            return
        assert got is not None
        assert got.found_in_flight == (head.group is not None)
        expected = self.in_hand(channel) or self._run(channel, head, most)
        assert got.group == (head.group or f"g{self.groups}")
        assert [job_of(row.event).number for row in got.rows] == [row.number for row in expected]
        for row, mine in zip(got.rows, expected, strict=True):
            mine.id, mine.group, mine.lease = row.id, got.group, self.now + MINUTE
            mine.attempts += 1
            assert row.attempts == mine.attempts

    def _run(self, channel: int, head: Row, most: int) -> list[Row]:
        limit = {EventKind.COMPLETED: most, EventKind.CANCELED: 500}.get(head.kind, 1)
        rows = self.pending(channel)[:limit]
        return list(takewhile(lambda row: row.kind == head.kind and row.due <= self.now, rows))

    @rule(channel=st.sampled_from(CHANNELS))
    def delivered(self, channel: int) -> None:
        rows = self._settle(channel, "delivered")
        if rows:
            self.suspended.pop(channel, None)
        for row in rows:
            assert (row.channel, row.number) not in self.sent
            self.sent.add((row.channel, row.number))

    @rule(channel=st.sampled_from(CHANNELS))
    def reject(self, channel: int) -> None:
        self._settle(channel, "dead")

    def _settle(self, channel: int, state: str) -> list[Row]:
        rows = self.in_hand(channel)
        if rows:
            group = rows[0].group or ""
            if state == "dead":
                self.process.run(self.outbox.settle(held(group, channel), Rejected("refused"), self.now))
            else:
                ended = self.process.run(self.outbox.settle(held(group, channel), Delivered(9), self.now))
                assert ended == (channel in self.suspended)
        for row in rows:
            row.state, row.group, row.lease = state, None, None
        return rows

    @rule(channel=st.sampled_from(CHANNELS), seconds=st.integers(0, 90), sent=st.booleans())
    def delay(self, channel: int, seconds: int, sent: bool) -> None:
        rows = self.in_hand(channel)
        if not rows:
            return
        until = self.now + timedelta(seconds=seconds)
        group = rows[0].group or ""
        later = Delayed(until, "later", may_have_been_sent=sent)
        self.process.run(self.outbox.settle(held(group, channel), later, self.now))
        for row in rows:
            row.due, row.lease, row.group = until, None, row.group if sent else None

    @rule(channel=st.sampled_from(CHANNELS), kept=st.integers(1, 3))
    def narrow(self, channel: int, kept: int) -> None:
        rows = self.in_hand(channel)
        if not rows:
            return
        keep = [OutboxEntry(row.id, event(row.number), 1) for row in rows[:kept] if row.id is not None]
        self.process.run(self.outbox.narrow(held(rows[0].group or "", channel), keep))
        for row in rows[kept:]:
            row.group, row.lease = None, None
            row.attempts -= 1

    @rule(channel=st.sampled_from(CHANNELS))
    def suspend(self, channel: int) -> None:
        rows = self.in_hand(channel)
        if not rows:
            return
        work = self.outbox.settle(held(rows[0].group or "", channel), Suspended("closed"), self.now)
        assert self.process.run(work) == (channel not in self.suspended)
        for row in rows:
            row.lease = None
            row.attempts -= 1
        looks = self.suspended[channel].looks if channel in self.suspended else 0
        look = self.now + min(MIN_RETRY_DELAY * 2**looks, MAX_RETRY_DELAY)
        self.suspended[channel] = Pause(look, looks + 1)

    @rule(channel=st.sampled_from(CHANNELS))
    def resumed(self, channel: int) -> None:
        found = self.process.run(Suspensions(self.process.database).retry_now(self.now, [channel]))
        assert found == ([channel] if channel in self.suspended else [])
        if not self.pending(channel):
            self.suspended.pop(channel, None)
        elif found:
            self.suspended[channel] = Pause(self.now, 0)

    @rule()
    def redeliver(self) -> None:
        rows = [row for row in self.rows if row.state == "dead"]
        ids = [row.id for row in rows if row.id is not None]
        assert self.process.run(DeadLetters(self.process.database).redeliver(ids)) == len(rows)
        for row in rows:
            row.state, row.due, row.attempts = "pending", row.added, 0

    @rule()
    def crash(self) -> None:
        self.process.end()
        self.process.start()

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def what_is_pending_and_when_is_known(self) -> None:
        heads = [head for channel in CHANNELS if (head := self.head(channel))]
        due = {row.channel for row in heads if self.ready(row) <= self.now}
        assert set(self.process.run(channels_due(self.outbox, self.now))) == due
        assert self.process.run(self.outbox.next_due()) == min(map(self.ready, heads), default=None)
        for channel in CHANNELS:
            assert self.process.run(self.outbox.pending_count(channel)) == len(self.pending(channel))
        told = self.process.run(Suspensions(self.process.database).all())
        assert {one.channel_id: (one.next_attempt_at, one.pending) for one in told} == {
            channel: (pause.look, len(self.pending(channel))) for channel, pause in self.suspended.items()
        }


@pytest.mark.no_cover  # as every other property
def test_the_outbox_keeps_its_word_whatever_happens(database_url: str) -> None:
    with asyncio.Runner() as runner:
        process = Process(database_url, runner)
        process.start()
        try:
            run_state_machine_as_test(
                lambda: OutboxMachine(process),  # pyright: ignore[reportArgumentType] (a factory, says its doc)
                settings=settings(
                    max_examples=15,
                    stateful_step_count=25,
                    deadline=None,
                    database=None,
                ),
            )
        finally:
            process.end()
