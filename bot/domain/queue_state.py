"""What is known of one server's queue now: the watcher writes it, whoever shows or steers reads it."""

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from bot.domain.jobs import JobStatus, Progress
from bot.domain.queue import HeldPause, QueueStatus

MAX_ENDED = 100
"""So many ended jobs are remembered, whose late events are ignored: a node goes on to its next step."""


class QueueChange(Enum):
    """What a waiter may be woken by."""

    JOBS = auto()
    """The queue may look different: its jobs, its processor, whether it answers."""
    PROGRESS = auto()
    """A running job came further."""
    READING = auto()
    """The counts were read, changed or not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Counts as InvokeAI told them. Between readings of different connections it may have restarted."""

    status: QueueStatus
    connection: int


class QueueState:
    """One server's; every change wakes those who wait for its kind.

    `version` rises with each QueueChange.JOBS. `running` and `progress` (the newest, by job number) are what
    the socket told, while `socket` says that it is open. `held`: the pause that the bot holds.
    """

    def __init__(self, server: str) -> None:
        self.server = server
        self.version = 0
        self.reading: Reading | None = None
        self.reachable = True
        self.socket = False
        self.held: HeldPause | None = None
        self.running: set[int] = set()
        self.progress: dict[int, Progress] = {}
        self._connection = 0
        self._ended: deque[int] = deque(maxlen=MAX_ENDED)
        self._wakers: list[tuple[frozenset[QueueChange], asyncio.Event]] = []

    @property
    def status(self) -> QueueStatus | None:
        """The counts as they were last read."""
        return self.reading.status if self.reading is not None else None

    def waker(self, *changes: QueueChange, event: asyncio.Event | None = None) -> asyncio.Event:
        """An event (or the given one) that each such change sets; whoever waits for it clears it."""
        event = event or asyncio.Event()
        self._wakers.append((frozenset(changes), event))
        return event

    def changed(self) -> None:
        """The queue may look different."""
        self.version += 1
        self._wake(QueueChange.JOBS)

    def read(self, status: QueueStatus) -> None:
        """The counts were read."""
        self.reading = Reading(status, self._connection)
        self._wake(QueueChange.READING)

    def interrupted(self) -> None:
        """The connection was lost or made anew: InvokeAI may have restarted."""
        self._connection += 1

    def connected(self) -> None:
        """The socket is open."""
        self.socket = True
        self.interrupted()

    def disconnected(self) -> None:
        """The socket is gone, and so is what only it tells."""
        self.socket = False
        self.interrupted()
        self.progress.clear()
        self.running.clear()
        self._ended.clear()
        self.changed()

    def job_changed(self, number: int, status: JobStatus) -> None:
        """The socket told of a job. One that has ended never runs again: that event came late."""
        self.progress.pop(number, None)
        if status is JobStatus.IN_PROGRESS and number not in self._ended:
            self.running.add(number)
        else:
            self.running.discard(number)
        if status.finished:
            self._ended.append(number)
        self.changed()

    def ended(self, numbers: Collection[int]) -> None:
        """A reconcile found that these have ended."""
        self._ended.extend(numbers)
        for number in numbers:
            self.progress.pop(number, None)
            self.running.discard(number)

    def progressed(self, progress: Progress) -> None:
        """A step of a running job; that of a job that has ended says nothing any more."""
        if progress.number not in self._ended:
            self.progress[progress.number] = progress
            self._wake(QueueChange.PROGRESS)

    def _wake(self, change: QueueChange) -> None:
        for changes, event in self._wakers:
            if change in changes:
                event.set()
