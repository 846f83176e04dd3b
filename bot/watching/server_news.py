"""News of an InvokeAI itself, for whom they concern."""

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import EventKind, ServerEvent
from bot.store.outbox_writer import OutboxWriter
from bot.store.subscriptions import Subscriptions

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class ServerNews:
    """`admin_channel` hears them; without one, every channel subscribed to that server."""

    def __init__(
        self, writer: OutboxWriter, subscriptions: Subscriptions, *, admin_channel: int | None = None
    ) -> None:
        self._writer = writer
        self._subscriptions = subscriptions
        self._admin_channel = admin_channel

    async def tell(
        self,
        event: ServerEvent,
        *,
        coalescing_key: str | None = None,
        also: Callable[[AsyncConnection], Awaitable[None]] | None = None,
    ) -> None:
        """`also` writes first, in the same transaction. DatabaseTrouble: nothing was written."""
        async with self._writer.transaction() as transaction:
            if also is not None:
                await also(transaction.conn)
            channels = await self._audience(transaction.conn, event)
            await transaction.add(event, channels, coalescing_key=coalescing_key)
        log.info("server_changed", server=event.server, kind=event.kind, notices=transaction.added)

    async def _audience(self, conn: AsyncConnection, event: ServerEvent) -> list[int]:
        """Failures in a row concern whoever hears of failures."""
        if event.kind is EventKind.FAILING:
            return await self._subscriptions.for_event(conn, EventKind.FAILED, event.server)
        if self._admin_channel is not None:
            return [self._admin_channel]
        return await self._subscriptions.for_server(conn, event.server)
