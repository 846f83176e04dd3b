"""What the bot says about itself: log lines, metrics, /healthz."""

import json
import logging
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from io import StringIO
from typing import Any, TextIO

import stamina.instrumentation
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.errors import AddressUnusable, DatabaseTrouble
from bot.own_secrets import hide

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

TICK = 0.01
"""Seconds from one look at the event loop to the next: a stall is seen this exactly."""
MINUTE = 60.0


def configure_logging(level: str, fmt: str) -> None:
    """One line an event on standard error, ours and the libraries' alike; theirs from WARNING on at most."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if fmt == "json"
        else [
            _harmless,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback),
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    stamina.instrumentation.set_on_retry_hooks([])  # its own lines hold the arguments of calls
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, _without_secrets],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for ours in ("bot", "cogs"):
        logging.getLogger(ours).setLevel(level)


def _without_secrets(_logger: object, _level: str, line: Any) -> str:
    """The last of the processors: it sees the line as it is written, with its traceback."""
    return hide(str(line))


def _harmless(_logger: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Foreign words in a line can't steer the terminal, and can't pass for a line of their own."""
    return {name: _visible(value) if isinstance(value, str) else value for name, value in event.items()}


def _traceback(out: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    """A plain one: a rich one shows locals, and secrets."""
    written = StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    out.write("\n" + _visible(written.getvalue().strip("\n")))


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in text.split("\n"))
    return "\n    ".join(lines)


class Metrics:
    """The figures behind /metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.notices = Counter(
            "bot_notices_total", "Messages about jobs", ["outcome"], registry=self.registry
        )
        self.pending = Gauge(
            "bot_notices_pending", "Rows of the outbox that still wait", registry=self.registry
        )
        self.dead_lettered = Gauge(
            "bot_notices_dead_lettered",
            "Rows of the outbox that could not be delivered and are not tried again",
            registry=self.registry,
        )
        self.suspended = Gauge(
            "bot_channels_suspended", "Channels that take no messages for now", registry=self.registry
        )
        self.delay = Histogram(
            "bot_notice_delay_seconds",
            "From the job's end on InvokeAI to the message on Discord",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600),
            registry=self.registry,
        )
        self.stall = Gauge(
            "bot_loop_stall_seconds",
            "The event loop's longest stall within the last minute",
            registry=self.registry,
        )
        self.healthy = Gauge("bot_healthy", "1: as /healthz says 200", registry=self.registry)
        self.leader = Gauge("bot_leader", "1: this bot leads on its database", registry=self.registry)
        self.duty_done = Gauge(
            "bot_duty_done", "1: this part of the bot works", ["duty"], registry=self.registry
        )
        self.duty_age = Gauge(
            "bot_duty_age_seconds",
            "Since Discord acknowledged a heartbeat, the database was written, a service did a round",
            ["duty"],
            registry=self.registry,
        )
        self.server_reachable = Gauge(
            "bot_server_reachable", "1: this InvokeAI answers", ["server"], registry=self.registry
        )
        self.server_socket = Gauge(
            "bot_server_socket", "1: this InvokeAI's socket is open", ["server"], registry=self.registry
        )


class Pulse:
    """How long ago a value that changes while all is well was last seen to change, in `monotonic` seconds."""

    def __init__(self, value: Callable[[], object], monotonic: Callable[[], float]) -> None:
        self._value = value
        self._monotonic = monotonic
        self._seen = value()
        self._at = monotonic()

    def look(self) -> None:
        found = self._value()
        if found != self._seen:
            self._seen, self._at = found, self._monotonic()

    def age(self) -> float:
        return self._monotonic() - self._at


class LoopWatch:
    """How late the event loop's timers fire. `monotonic` and `sleep` count seconds."""

    def __init__(
        self, metrics: Metrics, *, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._late: deque[tuple[float, float]] = deque()
        """When, and how late: each later than all after it."""
        metrics.stall.set_function(self.longest)

    async def run(self) -> None:
        """Endless."""
        while True:
            began = self._monotonic()
            await self._sleep(TICK)
            now = self._monotonic()
            self._note(now, max(now - began - TICK, 0.0))

    def longest(self) -> float:
        """Seconds that the loop's longest stall of the last minute took."""
        self._forget(self._monotonic())
        return self._late[0][1] if self._late else 0.0

    def _note(self, now: float, late: float) -> None:
        while self._late and self._late[-1][1] <= late:
            self._late.pop()
        self._late.append((now, late))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._late and self._late[0][0] <= now - MINUTE:
            self._late.popleft()


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
