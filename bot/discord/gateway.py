"""The way to the gateway: our pauses instead of discord.py's, and no more IDENTIFYs than the day allows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import aiohttp
import discord
import structlog
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.utils import MISSING

from bot.discord.identify_budget import IdentifyBudget
from bot.discord.reconnect_throttle import MAX_PAUSE, ReconnectThrottle
from bot.errors import DatabaseTrouble

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


MAX_DROP = 1.0
"""Seconds that the end of all connections may take."""
MAX_SLEEP = 30.0
"""Seconds between two looks at the clock: the machine may sleep meanwhile."""


class IdentifyHeld(OSError):
    """Not now. An OSError, since after one discord.py waits and then connects anew."""


class _Pauses:
    """In the place of discord.py's own backoff, which grows to a quarter of an hour."""

    def __init__(self, throttle: ReconnectThrottle) -> None:
        self._throttle = throttle
        self.hold = 0.0
        """So many seconds the next IDENTIFY has to wait."""

    def delay(self) -> float:
        """Seconds until discord.py may connect anew after a connection that could not be made or kept."""
        hold, self.hold = self.hold, 0.0
        return max(hold, self._throttle.pause())


class GatewayClient(commands.AutoShardedBot):
    """A bot that returns to a gateway that was away as soon as that is back."""

    def __init__(self, throttle: ReconnectThrottle, identifies: IdentifyBudget, **options: Any) -> None:
        """`options`: those of discord.py's bot."""
        super().__init__(**options)
        self._throttle = throttle
        self._identifies = identifies
        self._pauses = _Pauses(throttle)
        self._max_concurrency = 1
        self._newest_socket: aiohttp.ClientWebSocketResponse | None = None
        self._connect_at_once = self.http.ws_connect
        self.http.ws_connect = self._ws_connect  # discord.py returns to its gateway without a pause

    async def _ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        socket = await self._throttle.connect(lambda: self._connect_at_once(url, compress=compress))
        self._newest_socket = socket
        return socket

    async def login(self, token: str) -> None:
        """As discord.py does; and learn where the gateway is and how many IDENTIFYs are left today."""
        try:
            await super().login(token)
            shards, url, limit = await self.http.get_bot_gateway()
        except BaseException:
            await self.http.close()  # each login opens a session of its own
            self.http.connector = MISSING
            raise
        self.shard_count = self._throttle.shards = shards
        self._max_concurrency = limit["max_concurrency"]
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)
        await self._identifies.learn(limit)

    async def drop(self) -> None:
        """Every connection to Discord ends at once, without a farewell: another bot may be about to come."""
        if self.http.connector is not MISSING:
            with suppress(TimeoutError):  # they are aborted before it waits
                async with asyncio.timeout(MAX_DROP):
                    await self.http.connector.close(abort_ssl=True)

    async def may_identify(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Returns when one may be sent. At a start: later, discord.py does not wait for so long."""
        if await self._held():
            while (await self._identifies.read()).delay(self._identifies.clock()):
                await sleep(MAX_SLEEP)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        await super().launch_shard(gateway, shard_id, initial=initial)
        shard = self.get_shard(shard_id)
        if shard is not None:
            # discord.py has no option for its pauses
            shard._parent._backoff = self._pauses  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Count it, and then send it; or give up this connection for now."""
        at_once = initial or self._may_follow_at_once(shard_id)
        await super().before_identify_hook(shard_id, initial=at_once)
        try:
            self._pauses.hold = await self._held()
            if not self._pauses.hold:
                await self._identifies.count()
        except DatabaseTrouble as error:
            log.warning("identify_delayed", reason=str(error))
            self._pauses.hold = MAX_PAUSE
        if self._pauses.hold:
            if self._newest_socket is not None:
                await self._newest_socket.close()
            raise IdentifyHeld

    def _may_follow_at_once(self, shard_id: int | None) -> bool:
        """Whether, at the start, Discord takes this shard right after the one before."""
        if shard_id is None or self.get_shard(shard_id) is not None:
            return False
        return shard_id % self._max_concurrency != 0

    @property
    def whole(self) -> Mapping[int, discord.ShardInfo]:
        """Every shard's connection; none until all of them were made."""
        return self.shards if len(self.shards) == self.shard_count else {}

    async def _held(self) -> float:
        """For so many seconds no IDENTIFY may be sent."""
        found = await self._identifies.read()
        now = self._identifies.clock()
        delay = found.delay(now)
        if delay:
            log.warning(
                "identify_delayed",
                reason="Discord allows only so many logins a day; see the log for what ends the connections",
                left=found.left(now),
                limit=found.limit,
                until=(now + delay).isoformat(timespec="seconds"),
            )
        return delay.total_seconds()
