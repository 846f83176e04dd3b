"""The outbox for who can't go on without it: each call waits until the database takes it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog

from bot.domain.subscriptions import Preferences
from bot.errors import DatabaseTrouble
from bot.store.outbox import Outbox
from bot.store.outbox_writer import OutboxWake

P = ParamSpec("P")
T = TypeVar("T")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_PAUSE = 1.0
MAX_PAUSE = 60.0
"""Seconds between two tries."""


class PatientOutbox:
    """The outbox, and each channel's preferences, as delivery needs them. `wake` is set when rows were added.

    `preferences` is asked for a channel and, if it may be a thread, the one around it.

    What happened to a message is written down, however long the database can't be written: `sleep` (seconds)
    waits between the tries.
    """

    def __init__(
        self,
        outbox: Outbox,
        preferences: Callable[[int, int | None], Awaitable[Preferences]],
        *,
        wake: OutboxWake,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.wake = wake
        self._sleep = sleep
        self.take_over = self._patiently(outbox.take_over)
        self.streams_due = self._patiently(outbox.streams_due)
        self.next_due = self._patiently(outbox.next_due)
        self.unclaimed = self._patiently(outbox.unclaimed)
        self.claim = self._patiently(outbox.claim)
        self.narrow = self._patiently(outbox.narrow)
        self.newest_album = self._patiently(outbox.albums.newest)
        self.last_message = self._patiently(outbox.last_message)
        self.delivered_messages = self._patiently(outbox.delivered_messages)
        self.settle = self._patiently(outbox.settle)
        self.preferences = self._patiently(preferences)

    def _patiently(self, call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """The same call, again and again until the database takes it."""

        @wraps(call)
        async def until_taken(*args: P.args, **kwargs: P.kwargs) -> T:
            pause = MIN_PAUSE
            while True:
                try:
                    return await call(*args, **kwargs)
                except DatabaseTrouble as error:
                    log.warning("outbox_delayed", reason=str(error), pause=pause)
                await self._sleep(pause)
                pause = min(2 * pause, MAX_PAUSE)

        return until_taken
