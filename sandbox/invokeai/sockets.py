"""The socket.io side: one outbox that keeps the events in their order."""

import asyncio
from typing import Any

import socketio
from aiohttp import web

Json = dict[str, Any]
EVERYONE = "admin"


class Sockets:
    """Every connection hears every queue, as on a single-user 6.14.2, whether it subscribes or not.
    With `subscription_needed` it hears only the queue that it subscribed to, as up to 6.11.
    """

    def __init__(self, *, subscription_needed: bool) -> None:
        self._subscription_needed = subscription_needed
        self._outbox: asyncio.Queue[tuple[str, Json]] = asyncio.Queue()
        self.mute = False
        """Connections stand, and nothing is said to them."""
        self._server: Any = None  # socketio ships no types

    def attach(self, app: web.Application) -> None:
        """A fresh socket.io server on a fresh application: nobody is connected, nobody has subscribed."""
        server: Any = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
        server.on("connect", self._connected)
        server.on("subscribe_queue", self._subscribed)
        server.on("unsubscribe_queue", self._unsubscribed)
        server.attach(app, socketio_path="/ws/socket.io")
        self._server = server
        self._outbox = asyncio.Queue()

    def emit(self, event: str, payload: Json) -> None:
        self._outbox.put_nowait((event, payload))

    async def run(self) -> None:
        """Sends what comes into the outbox, until it is cancelled."""
        while True:
            event, payload = await self._outbox.get()
            if self.mute:
                continue
            room = payload["queue_id"] if self._subscription_needed else EVERYONE
            await self._server.emit(event, payload, room=room)

    async def close(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    async def _connected(self, sid: str, _environ: Json, _auth: Any = None) -> None:
        await self._server.enter_room(sid, EVERYONE)

    async def _subscribed(self, sid: str, data: Json) -> None:
        await self._server.enter_room(sid, data["queue_id"])

    async def _unsubscribed(self, sid: str, data: Json) -> None:
        await self._server.leave_room(sid, data["queue_id"])
