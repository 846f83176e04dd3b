"""One WebSocket of the gateway: HELLO, IDENTIFY or RESUME, heartbeats, and closes with Discord's codes."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from aiohttp import WSMsgType, web

from sandbox.discord import payloads
from sandbox.discord.compression import STREAMS
from sandbox.discord.foreign import Json
from sandbox.discord.gateway_codes import ALL_INTENTS, PRIVILEGED, Close, Intent, Op
from sandbox.discord.sessions import Session, Sessions
from sandbox.discord.world import World

HEARTBEAT_MS = 41_250
MAX_PAYLOAD = 4096
SENT_PER_MINUTE = 120
API_VERSION = "10"


class Closing(Exception):
    """End this connection with `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """`allowed_intents` are the privileged ones that the application may use."""

    def __init__(
        self,
        world: World,
        sessions: Sessions,
        *,
        token: str,
        allowed_intents: int,
        changed: Callable[[], None],
    ) -> None:
        self._world = world
        self._sessions = sessions
        self._token = token
        self._allowed_intents = allowed_intents
        self._changed = changed
        self._outgoing: asyncio.Queue[Json | int] = asyncio.Queue()
        self._received_at: deque[float] = deque(maxlen=SENT_PER_MINUTE)
        self._transport: asyncio.BaseTransport | None = None
        self._ended_here = False
        self.session: Session | None = None

    def send(self, payload: Json) -> None:
        self._outgoing.put_nowait(payload)

    def close(self, code: int) -> None:
        self._outgoing.put_nowait(code)

    def cut(self) -> None:
        """The network goes away: no close frame."""
        if isinstance(self._transport, asyncio.Transport):
            self._transport.abort()

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Serves one client until either side ends it."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._transport = request.transport
        stream = STREAMS.get(request.query.get("compress", ""))
        writer = asyncio.create_task(self._write(socket, stream() if stream else None), name="gateway-writer")
        if request.query.get("v") != API_VERSION:
            self.close(Close.INVALID_API_VERSION)
        else:
            self.send({"op": Op.HELLO, "d": {"heartbeat_interval": HEARTBEAT_MS}, "s": None, "t": None})
        try:
            await self._read(socket)
        finally:
            self._leave(socket.close_code)
            if not writer.done():
                self._outgoing.put_nowait(0)
            await asyncio.gather(writer, return_exceptions=True)
            self._changed()
        return socket

    async def _read(self, socket: web.WebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                self.close(Close.DECODE_ERROR)
                continue
            try:
                self._receive(frame.data)
            except Closing as closing:
                self.close(closing.code)

    async def _write(self, socket: web.WebSocketResponse, stream: Any) -> None:
        """Writes alone, so that the compressed stream stays in order. A number is a close code."""
        while True:
            payload = await self._outgoing.get()
            if isinstance(payload, int):
                if payload:
                    self._ended_here = True
                    await socket.close(code=payload)
                return
            data = json.dumps(payload).encode()
            try:
                if stream:
                    await socket.send_bytes(stream.compress(data))
                else:
                    await socket.send_str(data.decode())
            except ConnectionError:
                return

    def _leave(self, code: int | None) -> None:
        """A client that closes with 1000 or 1001 ends its session; every other end leaves it resumable."""
        session = self.session
        if session is None:
            return
        if session.send == self.send:
            session.send = None
        if code in (1000, 1001) and not self._ended_here:
            self._sessions.drop(session)

    def _receive(self, text: str) -> None:
        now = self._world.clock()
        if len(self._received_at) == SENT_PER_MINUTE and now - self._received_at[0] < 60:  # noqa: PLR2004 - a minute
            raise Closing(Close.RATE_LIMITED)
        self._received_at.append(now)
        try:
            payload = json.loads(text) if len(text.encode()) <= MAX_PAYLOAD else None
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            raise Closing(Close.DECODE_ERROR)
        frame = cast("Json", payload)
        op, data = frame.get("op"), frame.get("d")
        if op == Op.HEARTBEAT:
            self.send({"op": Op.HEARTBEAT_ACK, "d": None, "s": None, "t": None})
        elif op not in (Op.IDENTIFY, Op.RESUME, Op.PRESENCE, Op.VOICE_STATE, Op.REQUEST_MEMBERS):
            raise Closing(Close.UNKNOWN_OPCODE)
        elif not isinstance(data, dict):
            raise Closing(Close.DECODE_ERROR)
        else:
            self._act(Op(op), cast("Json", data))

    def _act(self, op: Op, data: Json) -> None:
        if op in (Op.IDENTIFY, Op.RESUME):
            if self.session:
                raise Closing(Close.ALREADY_AUTHENTICATED)
            if data.get("token") != self._token:
                raise Closing(Close.AUTHENTICATION_FAILED)
            if op == Op.IDENTIFY:
                self._identify(data)
            else:
                self._resume(data)
            self._changed()
        elif self.session is None:
            raise Closing(Close.NOT_AUTHENTICATED)
        elif op == Op.REQUEST_MEMBERS:
            self._members(data, self.session)

    def _identify(self, data: Json) -> None:
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~ALL_INTENTS:
            raise Closing(Close.INVALID_INTENTS)
        if intents & PRIVILEGED & ~self._allowed_intents:
            raise Closing(Close.DISALLOWED_INTENTS)
        shard, shards = data.get("shard") or (0, 1)
        if not 0 <= shard < shards:
            raise Closing(Close.INVALID_SHARD)
        if shards < self._sessions.least_shards:
            raise Closing(Close.SHARDING_REQUIRED)
        if self._sessions.too_early(shard):
            self.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        self.session = session = self._sessions.open(shard=shard, shards=shards, intents=intents)
        session.send = self.send
        mine = [guild for guild in self._world.guilds.values() if (guild.id >> 22) % shards == shard]
        session.dispatch("READY", self._ready(session, [guild.id for guild in mine]))
        if intents & Intent.GUILDS:
            everyone = bool(intents & Intent.GUILD_PRESENCES)
            for guild in mine:
                session.dispatch(
                    "GUILD_CREATE", payloads.guild_create(guild, self._world, with_members=everyone)
                )

    def _ready(self, session: Session, guild_ids: list[int]) -> Json:
        return {
            "v": int(API_VERSION),
            "user": payloads.own_user(self._world.bot),
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": gateway_url(self._world.base),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
            "private_channels": [],
            "shard": [session.shard, session.shards],
            "application": {"id": str(self._world.application_id), "flags": self._world.application_flags},
        }

    def _resume(self, data: Json) -> None:
        session = self._sessions.get(str(data.get("session_id")))
        since = data.get("seq")
        if session is None or not isinstance(since, int):
            self.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        if since > session.sequence:
            raise Closing(Close.INVALID_SEQ)
        missed = session.missed(since)
        if missed is None:
            self.send({"op": Op.INVALID_SESSION, "d": False, "s": None, "t": None})
            return
        self.session = session
        self._sessions.resumed += 1
        for event in missed:
            self.send(event)
        session.send = self.send
        session.dispatch("RESUMED", {"_trace": []})

    def _members(self, data: Json, session: Session) -> None:
        guild = self._world.guilds.get(int(data.get("guild_id") or 0))
        if guild is None:
            return
        wanted: list[Any] | None = data.get("user_ids")
        ids = {int(one) for one in wanted} if isinstance(wanted, list) else None
        query = str(data.get("query") or "").lower()
        if ids is None and not query and not session.intents & Intent.GUILD_MEMBERS:
            raise Closing(Close.DISALLOWED_INTENTS)
        found = [
            payloads.member(member)
            for member in guild.members.values()
            if (member.user.id in ids if ids is not None else member.user.username.lower().startswith(query))
        ]
        chunk: Json = {"guild_id": str(guild.id), "members": found, "chunk_index": 0, "chunk_count": 1}
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)


def gateway_url(base: str) -> str:
    """`base` is the sandbox's http address."""
    return base.replace("http", "ws", 1) + "/gateway"
