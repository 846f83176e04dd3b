"""A pause that keeps its word: it ends when it was said to, and outlives a restart of InvokeAI or the bot."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog

from bot.controls.results import ProcessorChange
from bot.domain.events import EventKind, ServerEvent
from bot.domain.jobs import Job, JobStatus
from bot.domain.queue import HeldPause, QueueStatus
from bot.errors import DatabaseTrouble, InvokeAIError
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.pauses import HeldPauses

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MAX_REST = timedelta(minutes=1)
"""While a pause has an end the clock is read so often: it may be set, or the machine may sleep."""
RETRY = timedelta(seconds=10)


class Processor(Protocol):
    """The controls, as far as a pause needs them."""

    async def pause(self) -> ProcessorChange: ...
    async def resume(self) -> ProcessorChange: ...


class Queue(Protocol):
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
    """Holds one server's pause. `owed` is called when a notice is owed, `changed` after each change."""

    def __init__(
        self,
        server: str,
        processor: Processor,
        queue: Queue,
        *,
        database: Database,
        store: HeldPauses,
        outbox: Outbox,
        owed: Callable[[], None],
        changed: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._server = server
        self._processor = processor
        self._queue = queue
        self._database = database
        self._store = store
        self._outbox = outbox
        self._owed = owed
        self._changed = changed
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._woken = asyncio.Event()
        self._doubt: Doubt | None = None
        self.held: HeldPause | None = None

    async def open(self) -> None:
        """Take up what an earlier run of the bot held."""
        self.held = await self._store.of(self._server)

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
        self._changed()
        return Paused(pause, change)

    async def resume(self) -> ProcessorChange:
        """End any pause, held or not."""
        async with self._one_at_a_time:
            change = await self._processor.resume()
            await self._let_go()
        self._changed()
        return change

    def looked(self, status: QueueStatus, lost: bool) -> None:  # noqa: FBT001 - as the watcher calls it
        """The watcher read the queue. `lost`: the connection had been lost before."""
        if self.held is None or self.held.after_batch is not None or status.paused:
            return
        if self._doubt is not Doubt.RESTARTED:
            self._doubt = Doubt.RESTARTED if lost else Doubt.RESUMED
        self._woken.set()

    def look(self) -> None:
        """The queue changed: perhaps the batch has ended."""
        if self.held is not None and self.held.after_batch is not None:
            self._woken.set()

    async def run(self) -> None:
        """Endless; at rest while no pause is held."""
        while True:
            self._woken.clear()
            try:
                await self.keep()
            except (InvokeAIError, DatabaseTrouble) as error:
                log.warning("pause_not_kept", server=self._server, reason=str(error))
                await self._rest(RETRY)
            else:
                await self._rest(self._till_the_end())

    async def _rest(self, length: timedelta | None) -> None:
        try:
            async with asyncio.timeout(None if length is None else length.total_seconds()):
                await self._woken.wait()
        except TimeoutError:
            return

    def _till_the_end(self) -> timedelta | None:
        if self.held is None or self.held.until is None:
            return None
        return min(max(self.held.until - self._clock(), timedelta(0)), MAX_REST)

    async def keep(self) -> None:
        """Whatever is due now: the end, the begin after the batch, or the pause once more."""
        async with self._one_at_a_time:
            held = self.held
            if held is None:
                self._doubt = None
            elif held.until is not None and held.until <= self._clock():
                await self._end(held)
            elif held.after_batch is not None:
                if await self._is_over(held.after_batch):
                    await self._processor.pause()
                    await self._hold(replace(held, after_batch=None))
                    log.info("paused_after_batch", server=self._server)
                    self._changed()
            elif self._doubt is not None:
                await self._resolve(held, self._doubt)

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
        self._changed()

    async def _end(self, held: HeldPause) -> None:
        if held.after_batch is None:
            await self._processor.resume()
            await self._tell(EventKind.RESUMED, held)
        await self._let_go()
        log.info("pause_over", server=self._server)
        self._changed()

    async def _is_over(self, batch_id: str) -> bool:
        """Whether none of the batch has still to start; what runs of it is let finish by a pause anyway."""
        _, unfinished = await self._queue.baseline()
        return not any(job.batch_id == batch_id and job.status is JobStatus.PENDING for job in unfinished)

    async def _hold(self, pause: HeldPause) -> None:
        async with self._database.transaction() as transaction:
            await self._store.hold(transaction, pause)
        self.held = pause
        self._doubt = None
        self._woken.set()

    async def _let_go(self) -> None:
        if self.held is not None:
            async with self._database.transaction() as transaction:
                await self._store.end(transaction, self._server)
            self.held = None

    async def _tell(self, kind: EventKind, held: HeldPause) -> None:
        """In the channel where the pause was asked for."""
        if held.channel_id is None:
            return
        now = self._clock()
        event = ServerEvent(kind, self._server, now)
        async with self._database.transaction() as transaction:
            await self._outbox.add(transaction, event, [held.channel_id], now)
        self._owed()
