"""The way to the gateway, with our pauses instead of discord.py's, which grow to a quarter of an hour."""

from typing import Any

import aiohttp
import yarl
from discord.ext import commands

from bot.discord.reconnect_throttle import ReconnectThrottle


class _Pauses:
    """In the place of discord.py's own backoff."""

    def __init__(self, throttle: ReconnectThrottle) -> None:
        self._throttle = throttle

    def delay(self) -> float:
        """Seconds until discord.py may connect anew after a connection that could not be made or kept."""
        return self._throttle.pause()


class GatewayClient(commands.AutoShardedBot):
    """A bot that returns to a gateway that was away as soon as that is back."""

    def __init__(self, throttle: ReconnectThrottle, **options: Any) -> None:
        """`options`: those of discord.py's bot."""
        super().__init__(**options)
        self._throttle = throttle
        self._connect_at_once = self.http.ws_connect
        self.http.ws_connect = self._ws_connect  # discord.py returns to its gateway without a pause

    async def _ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        return await self._throttle.connect(lambda: self._connect_at_once(url, compress=compress))

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        await super().launch_shard(gateway, shard_id, initial=initial)
        shard = self.get_shard(shard_id)
        if shard is not None:
            # discord.py has no option for its pauses
            shard._parent._backoff = _Pauses(self._throttle)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
