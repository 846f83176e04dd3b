"""Is InvokeAI there: an absence of some minutes is told once, and that message says when it is back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from bot.domain.events import EventKind, ServerEvent
from bot.store.key_values import KeyValues
from bot.watching.lasting import Lasting
from bot.watching.server_news import ServerNews

MIN_ABSENCE = timedelta(minutes=2)
"""A shorter absence is told to nobody."""
SAME = timedelta(minutes=10)
"""One that begins so soon after the last one's end is told in the same message."""


@dataclass(frozen=True, slots=True)
class Absence:
    """The last one that was told. `back_at` None: it goes on. Those of one key share a message."""

    coalescing_key: str
    since: datetime
    back_at: datetime | None = None


ABSENCE: TypeAdapter[Absence] = TypeAdapter(Absence)


class Outages:
    """Of one server. What was told is remembered over restarts. Raises DatabaseTrouble: then again."""

    def __init__(
        self, server: str, news: ServerNews, marks: KeyValues, clock: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._news = news
        self._marks = marks
        self._clock = clock
        self._key = f"absence {server}"
        self._lasting = Lasting(clock)
        self._last: Absence | None = None
        self._known = False

    async def away(self, waiting: int) -> None:
        """It gave no answer just now; so many jobs waited when it last did."""
        now = self._clock()
        last = await self._read()
        if last is not None and last.back_at is None:
            return
        since = self._lasting.seen()
        if now - since < MIN_ABSENCE:
            return
        same = last is not None and last.back_at is not None and since - last.back_at < SAME
        new = f"away {self._server} {since.isoformat()}"
        coalescing_key = last.coalescing_key if last is not None and same else new
        event = ServerEvent(EventKind.AWAY, self._server, since, jobs=waiting)
        await self._tell(event, Absence(coalescing_key, since))

    async def back(self) -> None:
        """It answered just now."""
        self._lasting.over()
        last = await self._read()
        if last is None or last.back_at is not None:
            return
        now = self._clock()
        event = ServerEvent(EventKind.BACK, self._server, now, since=last.since)
        await self._tell(event, Absence(last.coalescing_key, last.since, now))

    async def _tell(self, event: ServerEvent, absence: Absence) -> None:
        words = ABSENCE.dump_json(absence).decode()
        await self._news.tell(
            event,
            coalescing_key=absence.coalescing_key,
            also=lambda conn: self._marks.set(conn, self._key, words),
        )
        self._last = absence

    async def _read(self) -> Absence | None:
        if not self._known:
            words = await self._marks.get(self._key)
            self._last = None if words is None else ABSENCE.validate_json(words)
            self._known = True
        return self._last
