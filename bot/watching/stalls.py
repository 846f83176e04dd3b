"""Does InvokeAI still work: jobs that wait while nothing runs and nobody paused are told once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.domain.events import EventKind
from bot.domain.queue import QueueStatus
from bot.watching.lasting import Lasting
from bot.watching.ongoing import Ongoing

MIN_STALL = timedelta(minutes=10)


class Stalls:
    """Of one server. Raises DatabaseTrouble: then again."""

    def __init__(self, news: Ongoing, clock: Callable[[], datetime]) -> None:
        self._news = news
        self._clock = clock
        self._lasting = Lasting(clock)
        self._ended: int | None = None
        self._started = False

    def started(self) -> None:
        """A job was heard to start or to end by itself, perhaps too briefly for the counts to show it."""
        self._started = True

    def unanswered(self) -> None:
        """Of that time nothing is known."""
        self._lasting.over()

    async def look(self, counts: QueueStatus) -> None:
        """The counts, as they are now."""
        now, ended = self._clock(), counts.completed + counts.failed
        works = self._started or counts.in_progress > 0 or (self._ended is not None and ended > self._ended)
        self._ended = ended
        if works:
            self._lasting.over()
            await self._news.end(EventKind.WORKS_AGAIN, now)
            self._started = False
        elif not counts.pending:  # what waited was canceled, and the next stall is another one
            self._lasting.over()
            await self._news.forget()
        elif counts.paused:
            self._lasting.over()
        else:
            since = self._lasting.seen()
            if now - since >= MIN_STALL:
                await self._news.begin(EventKind.STALLED, since, jobs=counts.pending)
