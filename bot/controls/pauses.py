"""A pause that keeps its word: it ends when it was said to, and outlives a restart of InvokeAI or the bot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog

from bot.backoff import wait_at_most
from bot.controls.results import ProcessorChange
from bot.domain.events import EventKind, ServerEvent
from bot.domain.guilds import Served
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import HeldPause, QueueStatus
from bot.domain.queue_state import QueueChange, QueueState, Reading
from bot.errors import DatabaseTrouble, InvokeAIError
from bot.store.outbox_writer import OutboxWriter
from bot.store.pauses import HeldPauses

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_REST = timedelta(minutes=1)
"""While a pause has an end the clock is read so often: it may be set, or the machine may sleep."""
RETRY_DELAY = timedelta(seconds=10)


class Processor(Protocol):
    """The controls, as far as a pause needs them."""

    async def pause(self) -> ProcessorChange: ...
    async def resume(self) -> ProcessorChange: ...


class QueueStatusSource(Protocol):
    async def status(self) -> QueueStatus: ...
    async def running(self) -> list[Job]: ...
    async def baseline(self) -> tuple[int, list[Job]]: ...


class Doubt(StrEnum):
    """Why InvokeAI may run though we hold a pause: it restarted, or a person resumed it elsewhere."""

    RESTARTED = "restarted"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Paused:
    """What came of a pause. `change` None: it begins when the batch has ended."""

    held: HeldPause
    change: ProcessorChange | None


class Pauses:
    """Holds one server's pause: `state.held`."""

    def __init__(
        self,
        state: QueueState,
        processor: Processor,
        queue: QueueStatusSource,
        *,
        store: HeldPauses,
        writer: OutboxWriter,
        served: Served,
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._server = state.server
        self._processor = processor
        self._queue = queue
        self._store = store
        self._writer = writer
        self._served = served
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._woken = state.waker(QueueChange.JOBS, QueueChange.READING)
        self._reading: Reading | None = None
        self._doubt: Doubt | None = None

    @property
    def held(self) -> HeldPause | None:
        """The pause that the bot holds now."""
        return self._state.held

    async def open(self) -> None:
        """Take up what an earlier run of the bot held."""
        self._state.held = await self._store.of(self._server)

    async def pause(self, pause: HeldPause, *, after_batch: bool = False) -> Paused:
        """Hold that pause in the place of another, from now or from the end of the batch that runs."""
        async with self._one_at_a_time:
            running = sorted(await self._queue.running(), key=lambda job: job.number) if after_batch else []
            change = None
            if running:
                pause = replace(pause, after_batch=running[0].batch_id)
                if await self._is_over(running[0].batch_id):
                    pause = replace(pause, after_batch=None)
            if pause.after_batch is None:
                change = await self._processor.pause()
            await self._hold(pause)
        self._state.changed()
        return Paused(pause, change)

    async def resume(self) -> ProcessorChange:
        """End any pause, held or not."""
        async with self._one_at_a_time:
            change = await self._processor.resume()
            await self._let_go()
        self._state.changed()
        return change

    async def run(self) -> None:
        """Endless; at rest while no pause is held."""
        while True:
            self._woken.clear()
            try:
                await self.keep()
            except (InvokeAIError, DatabaseTrouble) as error:
                log.warning("pause_delayed", server=self._server, reason=str(error))
                await self._rest(RETRY_DELAY)
            else:
                await self._rest(self._till_the_end())

    async def _rest(self, length: timedelta | None) -> None:
        await wait_at_most(self._woken, None if length is None else length.total_seconds())

    def _till_the_end(self) -> timedelta | None:
        if self.held is None or self.held.until is None:
            return None
        return min(max(self.held.until - self._clock(), timedelta(0)), MAX_REST)

    async def keep(self) -> None:
        """Whatever is due now: the end, the begin after the batch, or the pause once more."""
        async with self._one_at_a_time:
            held = self.held
            self._heed_reading(held)
            if held is None:
                self._doubt = None
            elif held.until is not None and held.until <= self._clock():
                await self._end(held)
            elif held.after_batch is not None:
                if await self._is_over(held.after_batch):
                    await self._processor.pause()
                    await self._hold(replace(held, after_batch=None))
                    log.info("paused_after_batch", server=self._server)
                    self._state.changed()
            elif self._doubt is not None:
                await self._resolve(held, self._doubt)

    def _heed_reading(self, held: HeldPause | None) -> None:
        """The newest reading may say that InvokeAI runs though it should not."""
        last, newest = self._reading, self._state.reading
        self._reading = newest
        if newest is None or newest is last or held is None or held.after_batch is not None:
            return
        if not newest.status.paused and self._doubt is not Doubt.RESTARTED:
            lost = last is None or last.connection != newest.connection
            self._doubt = Doubt.RESTARTED if lost else Doubt.RESUMED

    async def _resolve(self, held: HeldPause, doubt: Doubt) -> None:
        """After a lost connection the pause is InvokeAI's to know again; else who resumed it knows better."""
        if (await self._queue.status()).paused:
            self._doubt = None
            return
        if doubt is Doubt.RESTARTED:
            await self._processor.pause()
            await self._tell(EventKind.PAUSED_AGAIN, held)
            log.warning("paused_again", server=self._server)
        else:
            await self._let_go()
            log.info("pause_ended_elsewhere", server=self._server)
        self._doubt = None
        self._state.changed()

    async def _end(self, held: HeldPause) -> None:
        if held.after_batch is None:
            await self._processor.resume()
            await self._tell(EventKind.RESUMED, held)
        await self._let_go()
        log.info("pause_ended", server=self._server)
        self._state.changed()

    async def _is_over(self, batch_id: str) -> bool:
        """Whether none of the batch has still to start; what runs of it is let finish by a pause anyway."""
        _, unfinished = await self._queue.baseline()
        return not any(job.batch_id == batch_id and job.status is JobStatus.PENDING for job in unfinished)

    async def _hold(self, pause: HeldPause) -> None:
        async with self._writer.transaction() as transaction:
            await self._store.hold(transaction.conn, pause)
        self._state.held = pause
        self._doubt = None

    async def _let_go(self) -> None:
        if self.held is not None:
            async with self._writer.transaction() as transaction:
                await self._store.end(transaction.conn, self._server)
            self._state.held = None

    async def _tell(self, kind: EventKind, held: HeldPause) -> None:
        """In the channel where the pause was asked for, while the bot works for its guild."""
        if held.channel_id is None or held.guild_id is None or not self._served.serves(held.guild_id):
            return
        event = ServerEvent(kind, self._server, self._clock())
        async with self._writer.transaction() as transaction:
            await transaction.add(event, [held.channel_id])
