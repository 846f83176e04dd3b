"""`/healthz` and `/metrics`."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.errors import AddressUnusable, DatabaseTrouble
from bot.own_secrets import hide
from bot.telemetry.metrics import Metrics

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class HealthServer:
    """`GET /healthz` (200 or 503, with the state as JSON) and `GET /metrics`.

    `refresh` is awaited before the metrics are told, for what is not counted all the time. DatabaseTrouble or
    TimeoutError leaves them as they were.
    """

    def __init__(
        self,
        address: str,
        metrics: Metrics,
        state: Callable[[], tuple[bool, Mapping[str, object]]],
        refresh: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._address = address
        host, _, port = address.rpartition(":")
        self._host = host.removeprefix("[").removesuffix("]")  # as an IPv6 address stands before a port
        self._port = int(port)
        self._metrics = metrics
        self._state = state
        self._refresh = refresh

    def show(
        self,
        state: Callable[[], tuple[bool, Mapping[str, object]]],
        refresh: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """From now on that state, instead of the one before."""
        self._state, self._refresh = state, refresh

    async def start(self) -> Callable[[], Any]:
        """Serves until the returned coroutine function is called. AddressUnusable: it can't."""
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._metrics_page)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            why = getattr(error, "strerror", None) or "no such port"
            raise AddressUnusable(
                f"BOT_HTTP_ADDRESS {self._address} can't be used: {why.rstrip('.')}. "
                "Name another port, or stop the program that has it."
            ) from error
        return runner.cleanup

    async def _healthz(self, _: web.Request) -> web.Response:
        healthy, state = self._state()
        page = hide(json.dumps({"healthy": healthy, **state}))
        return web.Response(text=page, status=200 if healthy else 503, content_type="application/json")

    async def _metrics_page(self, _: web.Request) -> web.Response:
        if self._refresh is not None:
            try:
                await self._refresh()
            except (DatabaseTrouble, TimeoutError) as error:
                log.warning("pending_count_failed", reason=str(error) or "it took too long")
        return web.Response(
            body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
