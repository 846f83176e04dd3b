"""News of a trouble that goes on: told once, over restarts of the bot; the same message tells of its end."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from bot.domain.events import EventKind, ServerEvent
from bot.store.key_values import KeyValues
from bot.watching.server_news import ServerNews


@dataclass(frozen=True, slots=True)
class Told:
    """What was told and goes on. The news of its end share the message of that key."""

    coalescing_key: str
    since: datetime


TOLD: TypeAdapter[Told | None] = TypeAdapter(Told | None)


class Ongoing:
    """One trouble of one server; `name` says which. Raises DatabaseTrouble: then again."""

    def __init__(self, name: str, server: str, news: ServerNews, marks: KeyValues) -> None:
        self._key = f"{name} {server}"
        self._server = server
        self._news = news
        self._marks = marks
        self._told: Told | None = None
        self._known = False

    async def begin(self, kind: EventKind, since: datetime, *, jobs: int = 0) -> None:
        """It goes on since then: told, unless it was. `jobs`: how many wait."""
        if await self._read() is None:
            event = ServerEvent(kind, self._server, since, jobs=jobs)
            told = Told(f"{self._key} {since.isoformat()}", since)
            await self._tell(event, told.coalescing_key, told)

    async def end(self, kind: EventKind, at: datetime) -> None:
        """It is over: told, if the trouble was."""
        told = await self._read()
        if told is not None:
            event = ServerEvent(kind, self._server, at, since=told.since)
            await self._tell(event, told.coalescing_key, None)

    async def forget(self) -> None:
        """It is over, and nobody needs to hear of that."""
        if await self._read() is not None:
            await self._marks.put(self._key, TOLD.dump_json(None).decode())
            self._told = None

    async def _tell(self, event: ServerEvent, coalescing_key: str, told: Told | None) -> None:
        words = TOLD.dump_json(told).decode()
        await self._news.tell(
            event,
            coalescing_key=coalescing_key,
            also=lambda conn: self._marks.set(conn, self._key, words),
        )
        self._told = told

    async def _read(self) -> Told | None:
        if not self._known:
            words = await self._marks.get(self._key)
            self._told = None if words is None else TOLD.validate_json(words)
            self._known = True
        return self._told
