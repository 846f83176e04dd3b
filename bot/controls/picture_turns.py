"""Whose turn it is to get pictures: what people look up costs memory, and delivery goes first."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil

from bot.errors import RequestRefused

MAX_AT_ONCE = 2
MAX_WAITING = 20
"""People; whoever comes later is told to."""
WAIT_TIMEOUT = 60.0
"""Seconds that a person waits for others' pictures."""
ANSWER_TIMEOUT = 300.0
"""Seconds that an answer may take in all."""
MAX_IN_COOLDOWN, COOLDOWN = 20, 60.0
"""So many answers with pictures a person may have in so many seconds."""

STILL_COMING = "One moment: the pictures that you asked for before are still on their way."
SLOW = "The pictures took too long. Try again later, or look at them in InvokeAI."
CROWDED = "One moment: many people are looking at pictures just now. Try again in a minute."


class PictureTurns:
    """At most two answers with pictures at a time for all, one for each person, and from each server so many
    that none waits for another one: two of the only server, one of each of `several`.

    `monotonic` counts seconds. Persons are known by their Discord ids. `patience`: seconds that they wait.
    `limit`: those that an answer may take.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        several: bool = False,
        patience: float = WAIT_TIMEOUT,
        limit: float = ANSWER_TIMEOUT,
    ) -> None:
        self._monotonic = monotonic
        self._patience = patience
        self._limit = limit
        self._slots = asyncio.Semaphore(MAX_AT_ONCE)
        of_each = 1 if several else MAX_AT_ONCE
        self._of_server: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(of_each))
        self._asking: set[int] = set()
        self._began: defaultdict[int, deque[float]] = defaultdict(deque)

    @asynccontextmanager
    async def of(self, person: int) -> AsyncGenerator["Turn"]:
        """The person's turn, from the question to the end of the answer. RequestRefused at once: not now."""
        self._admit(person)
        turn, limit = Turn(self._slots, self._of_server, self._patience), asyncio.timeout(self._limit)
        try:
            async with limit:
                yield turn
        except TimeoutError:
            if limit.expired():
                raise RequestRefused(SLOW) from None
            raise
        finally:
            self._asking.discard(person)
            turn.end()

    def _admit(self, person: int) -> None:
        if person in self._asking:
            raise RequestRefused(STILL_COMING)
        if len(self._asking) >= MAX_AT_ONCE + MAX_WAITING:
            raise RequestRefused(CROWDED)
        now = self._monotonic()
        self._forget(now - COOLDOWN)
        began = self._began[person]
        if len(began) >= MAX_IN_COOLDOWN:
            seconds = max(1, ceil(began[0] + COOLDOWN - now))
            raise RequestRefused(f"One moment: you have had many pictures. Try again in {seconds} s.")
        began.append(now)
        self._asking.add(person)

    def _forget(self, before: float) -> None:
        for person, began in list(self._began.items()):
            while began and began[0] <= before:
                began.popleft()
            if not began:
                del self._began[person]


@dataclass(slots=True)
class Turn:
    """Begun before the pictures are fetched; it ends when the answer has been sent."""

    _slots: asyncio.Semaphore
    _of_server: Mapping[str, asyncio.Semaphore]
    _patience: float
    _held: list[asyncio.Semaphore] = field(default_factory=list[asyncio.Semaphore])

    async def begin(self, server: str) -> None:
        """Waits while others' pictures are on their way; RequestRefused if that takes too long."""
        try:
            async with asyncio.timeout(self._patience):
                for place in (self._of_server[server], self._slots):
                    await place.acquire()
                    self._held.append(place)
        except TimeoutError:
            raise RequestRefused(CROWDED) from None

    def end(self) -> None:
        while self._held:
            self._held.pop().release()
