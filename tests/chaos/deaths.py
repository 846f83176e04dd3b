"""The points of a notice's journey at which a bot can be made to die, as subclasses of the parts in hand.

Nothing in the product knows of them: `put_into` gives those who build the parts the subclass in its place.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from deadline import Deadline, Point, Strike
from deaths_creating import OF_CREATING
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import app, station
from bot.delivery import upload_budget
from bot.delivery.message import Message
from bot.discord.client import InvokeAIBot
from bot.discord.sink import DiscordSink
from bot.domain.events import Event
from bot.invokeai.socket.events import JobChanged, SocketEvent
from bot.render.album_text import AlbumContents
from bot.store.database import Database
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Claim
from bot.store.outbox_writer import OutboxWake, OutboxWriter
from bot.store.outcomes import Delivered, Outcome
from bot.store.told_events import LastWritten
from bot.watching.watcher import Watcher

GBIT = 2**27


def heard(strike: Strike) -> dict[str, type]:
    class DyingWatcher(Watcher):
        async def hear(self, event: SocketEvent) -> None:
            if isinstance(event, JobChanged) and event.status.finished:
                strike()
            await super().hear(event)

    return {"Watcher": DyingWatcher}


def inside_the_transaction(strike: Strike) -> dict[str, type]:
    """The rows stand in the outbox, and the transaction is still open."""

    class DyingOutbox(Outbox):
        async def add(
            self,
            conn: AsyncConnection,
            event: Event,
            channels: Iterable[int],
            now: datetime,
            *,
            coalescing_key: str | None = None,
            last: LastWritten | None = None,
        ) -> int:
            added = await super().add(conn, event, channels, now, coalescing_key=coalescing_key, last=last)
            if added:
                strike()
            return added

    return {"Outbox": DyingOutbox}


def committed(strike: Strike) -> dict[str, type]:
    """Ledger and outbox are written; the delivery has not been woken."""

    class DyingWake(OutboxWake):
        def set(self) -> None:
            strike()
            super().set()

    class DyingWriter(OutboxWriter):
        def __init__(self, *parts: Any, **named: Any) -> None:
            super().__init__(*parts, **named | {"wake": DyingWake()})

    return {"OutboxWriter": DyingWriter}


def claimed(strike: Strike) -> dict[str, type]:
    class DyingOutbox(Outbox):
        async def claim(
            self,
            channel_id: int,
            now: datetime,
            lease: timedelta,
            group: str,
            most: int,
            *,
            server: str | None = None,
        ) -> Claim | None:
            claim = await super().claim(channel_id, now, lease, group, most, server=server)
            if claim is not None:
                strike()
            return claim

    return {"Outbox": DyingOutbox}


def answered(strike: Strike) -> dict[str, type]:
    """Discord has said which message it is; nobody has written that down."""

    class DyingSink(DiscordSink):
        async def put(self, message: Message) -> int:
            message_id = await super().put(message)
            strike()
            return message_id

    return {"DiscordSink": DyingSink}


def edited(strike: Strike) -> dict[str, type]:
    """An album has got its next pictures; nobody has written that down."""

    class DyingSink(DiscordSink):
        async def put(self, message: Message) -> int:
            message_id = await super().put(message)
            if message.edits is not None:
                strike()
            return message_id

    return {"DiscordSink": DyingSink}


def asked(strike: Strike) -> dict[str, type]:
    """An album has said what it has; no edit is made yet."""

    class DyingSink(DiscordSink):
        async def posted(self, channel_id: int, message_id: int) -> AlbumContents:
            posted = await super().posted(channel_id, message_id)
            strike()
            return posted

    return {"DiscordSink": DyingSink}


def acknowledged(strike: Strike) -> dict[str, type]:
    class DyingOutbox(Outbox):
        async def settle(self, claim: Claim, outcome: Outcome, now: datetime) -> bool:
            news = await super().settle(claim, outcome, now)
            if isinstance(outcome, Delivered):
                strike()
            return news

    return {"Outbox": DyingOutbox}


def looked_up(strike: Strike) -> dict[str, type]:
    """The history has said whether the message is there; nothing was done about it."""

    class DyingSink(DiscordSink):
        async def find(
            self, channel_id: int, dedup_marker: str, since: datetime, known: Collection[int]
        ) -> int | None:
            found = await super().find(channel_id, dedup_marker, since, known)
            strike()
            return found

    return {"DiscordSink": DyingSink}


def database_opened(strike: Strike) -> dict[str, type]:
    class DyingDatabase(Database):
        async def open(self) -> None:
            await super().open()
            strike()

    return {"Database": DyingDatabase}


def writing(strike: Strike) -> dict[str, type]:
    """Any write transaction, at its end, before it is committed."""

    class DyingDatabase(Database):
        @asynccontextmanager
        async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[AsyncConnection]:
            async with super().transaction(lasting=lasting) as conn:
                yield conn
                strike()

    return {"Database": DyingDatabase}


def logged_in(strike: Strike) -> dict[str, type]:
    """Between login and ready."""

    class DyingBot(InvokeAIBot):
        async def setup_hook(self) -> None:
            await super().setup_hook()
            strike()

    return {"InvokeAIBot": DyingBot}


def taken_over(strike: Strike) -> dict[str, type]:
    """Ready: the leases of the life before have ended, nothing was claimed yet."""

    class DyingOutbox(Outbox):
        async def take_over(self, now: datetime) -> None:
            await super().take_over(now)
            strike()

    return {"Outbox": DyingOutbox}


OF_ALBUMS: dict[str, Point] = {"edited": edited, "asked": asked}
POINTS: dict[str, Point] = {
    point.__name__: point
    for point in (
        heard,
        inside_the_transaction,
        committed,
        claimed,
        answered,
        acknowledged,
        looked_up,
        database_opened,
        writing,
        logged_in,
        taken_over,
    )
}


def put_into(point: str | None, passes: int, nature: dict[str, float | None]) -> None:
    """The bot of this process is built of dying parts, and has that nature (see nursery.py)."""
    parts: dict[str, type] = (
        {} if point is None else (POINTS | OF_ALBUMS | OF_CREATING)[point](Deadline(passes))
    )
    guilds_wait, timeout = nature["guilds_wait"], nature["upload_timeout"]
    if timeout is not None:
        upload_budget.MIN_UPLOAD_TIMEOUT, upload_budget.MIN_UPLOAD_SPEED = timeout, GBIT
    if guilds_wait is not None:
        parts["InvokeAIBot"] = _hasty(parts.get("InvokeAIBot", InvokeAIBot), guilds_wait)
    app.now = _clock(timedelta(seconds=nature["clock_ahead"] or 0))
    for name, part in parts.items():
        builders = [module for module in (app, station) if name in vars(module)]
        if not builders or not all(issubclass(part, vars(module)[name]) for module in builders):
            raise TypeError(f"{part} is no {name}")
        for module in builders:
            setattr(module, name, part)


def _clock(ahead: timedelta) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + ahead


def _hasty(bot: type[InvokeAIBot], guilds_wait: float) -> type:
    """discord.py waits two seconds for more guilds before it is ready; lives here are shorter."""

    def begin(self: InvokeAIBot, *given: Any, **parts: Any) -> None:
        bot.__init__(self, *given, **parts)
        self._connection.guild_ready_timeout = guilds_wait  # pyright: ignore[reportPrivateUsage]  # its option is not passed on

    return type("HastyBot", (bot,), {"__init__": begin})
