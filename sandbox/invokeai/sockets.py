"""The socket.io side: one outbox that keeps the events in their order."""

import asyncio
from typing import Any, cast

import socketio
from aiohttp import web

from sandbox.invokeai.accounts import Accounts, TokenRefused
from sandbox.invokeai.auth_routes import bearer
from sandbox.invokeai.routing import ADMINS, Message, room_of
from sandbox.invokeai.users import SYSTEM, User

Json = dict[str, Any]


class Sockets:
    """Each connection stands in its user's room, an admin's in the admins' too (`joins_at_once`: before it
    subscribes to anything), and in the room of each queue that it subscribed to. With `accounts` nobody
    connects without a good token.
    """

    def __init__(self, *, accounts: Accounts | None, joins_at_once: bool) -> None:
        self._accounts = accounts
        self._joins_at_once = joins_at_once
        self._outbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._users: dict[str, User] = {}
        self.mute = False
        """Connections stand, and nothing is said to them."""
        self._server: Any = None  # socketio ships no types

    def attach(self, app: web.Application) -> None:
        """A fresh socket.io server on a fresh application: nobody is connected, nobody has subscribed."""
        server: Any = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
        server.on("connect", self._connected)
        server.on("disconnect", self._disconnected)
        server.on("subscribe_queue", self._subscribed)
        server.on("unsubscribe_queue", self._unsubscribed)
        server.attach(app, socketio_path="/ws/socket.io")
        self._server = server
        self._outbox = asyncio.Queue()
        self._users.clear()

    def post(self, message: Message) -> None:
        self._outbox.put_nowait(message)

    async def rights_changed(self, user: User) -> None:
        for sid in [sid for sid, each in self._users.items() if each.user_id == user.user_id]:
            self._users[sid] = user
            move = self._server.enter_room if user.is_admin else self._server.leave_room
            await move(sid, ADMINS)

    def drop_everyone(self) -> None:
        """After what is in the outbox already."""
        self._outbox.put_nowait(None)

    async def run(self) -> None:
        """Sends what comes into the outbox, until it is cancelled."""
        while True:
            message = await self._outbox.get()
            if message is None:
                for sid in list(self._users):
                    await self._server.disconnect(sid)
                continue
            if self.mute:
                continue
            await self._server.emit(
                message.event, message.payload, room=list(message.rooms), skip_sid=self._spared(message)
            )

    def _spared(self, message: Message) -> list[str] | None:
        spared = message.spared
        if spared is None:
            return None
        return [sid for sid, user in self._users.items() if user.is_admin or user.user_id in spared]

    async def close(self) -> None:
        if self._server is not None:
            await self._server.shutdown()
            self._server = None

    async def _connected(self, sid: str, environ: Json, auth: Any = None) -> bool:
        user = self._user(environ, auth)
        if user is None:
            return False
        self._users[sid] = user
        if self._joins_at_once:
            await self._join(sid, user)
        return True

    async def _join(self, sid: str, user: User) -> None:
        await self._server.enter_room(sid, room_of(user.user_id))
        if user.is_admin:
            await self._server.enter_room(sid, ADMINS)

    def _user(self, environ: Json, auth: Any) -> User | None:
        if self._accounts is None:
            return SYSTEM
        given = cast("Json", auth) if isinstance(auth, dict) else {}
        token = given.get("token") or bearer(environ.get("HTTP_AUTHORIZATION", ""))
        try:
            return self._accounts.check(token) if token else None
        except TokenRefused:
            return None

    async def _disconnected(self, sid: str, _reason: Any = None) -> None:
        self._users.pop(sid, None)

    async def _subscribed(self, sid: str, data: Json) -> None:
        await self._join(sid, self._users[sid])
        await self._server.enter_room(sid, data["queue_id"])

    async def _unsubscribed(self, sid: str, data: Json) -> None:
        await self._server.leave_room(sid, data["queue_id"])
