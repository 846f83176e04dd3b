"""Does InvokeAI still work: jobs that wait while nothing runs and nobody paused are told once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.domain.events import EventKind, ServerEvent
from bot.domain.queue import QueueStatus
from bot.store.key_values import KeyValues
from bot.watching.server_news import ServerNews

MIN_STALL = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stall:
    """One that was told and goes on. The news of its end share the message of that key."""

    coalescing_key: str
    since: datetime


STALL: TypeAdapter[Stall | None] = TypeAdapter(Stall | None)


class Stalls:
    """Of one server. What was told is remembered over restarts. Raises DatabaseTrouble: then again."""

    def __init__(
        self, server: str, news: ServerNews, marks: KeyValues, clock: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._news = news
        self._marks = marks
        self._clock = clock
        self._key = f"stall {server}"
        self._since: datetime | None = None
        self._ended: int | None = None
        self._started = False
        self._told: Stall | None = None
        self._known = False

    def started(self) -> None:
        """A job was heard to start or to end by itself, perhaps too briefly for the counts to show it."""
        self._started = True

    def unanswered(self) -> None:
        """Of that time nothing is known."""
        self._since = None

    async def look(self, counts: QueueStatus) -> None:
        """The counts, as they are now."""
        now, ended = self._clock(), counts.completed + counts.failed
        works = self._started or counts.in_progress > 0 or (self._ended is not None and ended > self._ended)
        self._ended = ended
        if works:
            self._since = None
            await self._over(now)
            self._started = False
        elif counts.paused or not counts.pending:
            self._since = None
        else:
            self._since = self._since or now
            await self._goes_on(self._since, now, counts.pending)

    async def _goes_on(self, since: datetime, now: datetime, waiting: int) -> None:
        if now - since < MIN_STALL or await self._read() is not None:
            return
        event = ServerEvent(EventKind.STALLED, self._server, since, jobs=waiting)
        stall = Stall(f"stall of {self._server} {since.isoformat()}", since)
        await self._tell(event, stall.coalescing_key, stall)

    async def _over(self, now: datetime) -> None:
        told = await self._read()
        if told is not None:
            event = ServerEvent(EventKind.WORKS_AGAIN, self._server, now, since=told.since)
            await self._tell(event, told.coalescing_key, None)

    async def _tell(self, event: ServerEvent, coalescing_key: str, stall: Stall | None) -> None:
        words = STALL.dump_json(stall).decode()
        await self._news.tell(
            event,
            coalescing_key=coalescing_key,
            also=lambda conn: self._marks.set(conn, self._key, words),
        )
        self._told = stall

    async def _read(self) -> Stall | None:
        if not self._known:
            words = await self._marks.get(self._key)
            self._told = None if words is None else STALL.validate_json(words)
            self._known = True
        return self._told
