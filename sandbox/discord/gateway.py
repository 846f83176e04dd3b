"""The gateway as a whole: its connections, and the faults that a test asks for."""

from collections import Counter

from aiohttp import web

from sandbox.discord.connection import Connection
from sandbox.discord.foreign import Json
from sandbox.discord.gateway_codes import Op
from sandbox.discord.sessions import Sessions
from sandbox.discord.watch import Watch
from sandbox.discord.world import World

DAY_MS = 86_400_000


class Gateway:
    """`allowed_intents` are the privileged intents that are switched on for the application. It takes no
    fewer than `shards` shards.
    """

    def __init__(self, world: World, *, token: str, allowed_intents: int, shards: int = 1) -> None:
        self._world = world
        self.token = token
        self.allowed_intents = allowed_intents
        self.sessions = Sessions(world, shards)
        self.connections: list[Connection] = []
        self.opened = 0
        self.most_at_once = 0
        """So many sessions of one shard had a connection at the same time, at the most."""
        self.most_sessions = 1000
        """So many sessions may be opened a day."""
        self.closes_at_once: int | None = None
        """The code with which each connection is closed as soon as it has identified or resumed."""
        self.lost_shards: set[int] = set()
        """Their connections end, without a word, as soon as they have identified or resumed."""
        self.watch = Watch()
        world.publish = self.sessions.publish

    def session_start_limit(self) -> Json:
        """As Discord tells it to whoever asks for the gateway's address."""
        opened = self.sessions.opened
        return {
            "total": self.most_sessions,
            "remaining": max(self.most_sessions - opened, 0),
            "reset_after": DAY_MS if opened else 0,
            "max_concurrency": self.sessions.max_concurrency,
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        connection = Connection(
            self._world,
            self.sessions,
            token=self.token,
            allowed_intents=self.allowed_intents,
            changed=lambda: self._changed(connection),
        )
        self.connections.append(connection)
        self.opened += 1
        try:
            return await connection.run(request)
        finally:
            self.connections.remove(connection)
            self.watch.changed()

    def _changed(self, connection: Connection) -> None:
        if connection in self.connections and connection.session and self.closes_at_once is not None:
            connection.close(self.closes_at_once)
        elif connection.session and connection.session.shard in self.lost_shards:
            connection.cut()
        served = Counter(session.shard for session in self.sessions.online())
        self.most_at_once = max(self.most_at_once, *served.values(), 0)
        self.watch.changed()

    @property
    def online(self) -> bool:
        """Is at least one session being served?"""
        return any(connection.session for connection in self.connections)

    async def wait_online(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - see Watch
        """Raises TimeoutError."""
        await self.watch.until(lambda: self.online, timeout=timeout, what="a bot that identifies or resumes")

    async def wait_offline(self, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - see Watch
        await self.watch.until(lambda: not self.connections, timeout=timeout, what="the bot to go")

    def close(self, code: int) -> None:
        """Every connection ends with `code`; sessions stay resumable."""
        for connection in self.connections:
            connection.close(code)

    def cut(self) -> None:
        """Every connection breaks without a close frame; sessions stay resumable."""
        for connection in self.connections:
            connection.cut()

    def lose(self, shard: int) -> None:
        """That shard's connection breaks, and every later one, until it is out of `lost_shards`."""
        self.lost_shards.add(shard)
        for connection in self.connections:
            if connection.session and connection.session.shard == shard:
                connection.cut()

    def ask_to_reconnect(self) -> None:
        """Op 7."""
        self._everyone({"op": Op.RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool) -> None:
        """Op 9. A session that is not resumable is gone."""
        for session in [] if resumable else self.sessions.online():
            self.sessions.drop(session)
        self._everyone({"op": Op.INVALID_SESSION, "d": resumable, "s": None, "t": None})

    def _everyone(self, payload: Json) -> None:
        for connection in self.connections:
            connection.send(payload)
