"""InvokeAI's socket.io as an endless iterator of events.

python-socketio's own reconnect is off: its task ends for good on an error that it does not know, and a
deaf bot is the worst bot. So each connection here is a new client, and the loop around it is ours.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import socketio
import structlog

from bot.backoff import backoff
from bot.errors import InvokeAIError
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http_errors import TemporarilyUnavailable, connection_error
from bot.invokeai.socket.buffer import EventBuffer
from bot.invokeai.socket.events import Connected, Disconnected, SocketEvent
from bot.invokeai.socket.parsing import READERS, read_payload

log = structlog.stdlib.get_logger()

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # a preview is a data URL; aiohttp's own 4 MB would end the connection

MIN_PAUSE = 0.5  # seconds
MAX_PAUSE = 30.0
MAX_AWAY_PAUSE = 1.5
MAX_AWAY_TRIES = 400
INTERNAL_SERVER_ERROR = 500
REFUSED = "InvokeAI's socket refuses us: it wants an account that it knows."


@dataclass(frozen=True, slots=True)
class Ended:
    """How a connection ended. `stood`: it was one. `away`: InvokeAI may be back at any moment."""

    reason: str
    stood: bool = False
    away: bool = False


def pause_after(failures: int, *, away: bool) -> float:
    """Seconds until the next try. For ten minutes, who is only away is found within two of its return."""
    longest = MAX_AWAY_PAUSE if away and failures <= MAX_AWAY_TRIES else MAX_PAUSE
    return backoff(failures, MIN_PAUSE, longest)


class InvokeAISocket:
    """Listens to one queue. `token` is asked at each connection.

    Pauses between tries are spread by `dice` (0..1); `sleep` waits for them. `patience` (seconds) is for
    everything until a connection stands.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        server: str,
        *,
        token: Callable[[], Awaitable[str | None]],
        patience: float = 15.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint = endpoint
        self._tls = endpoint.tls()
        self._server = server
        self._token = token
        self._patience = patience
        self._sleep = sleep
        self._dice = dice

    async def events(self) -> AsyncGenerator[SocketEvent]:
        """Connects, and connects again, until it is closed. Tells Disconnected once for each silence."""
        buffer = EventBuffer()
        listening = asyncio.create_task(self._stay_connected(buffer), name=f"socket of {self._server}")
        listening.add_done_callback(lambda _: buffer.close())
        try:
            while (event := await buffer.take()) is not None:
                yield event
            await listening  # raises what it failed with
        finally:
            while not listening.done():  # python-socketio may swallow one cancellation
                listening.cancel()
                await asyncio.wait({listening}, timeout=5)

    async def _stay_connected(self, buffer: EventBuffer) -> None:
        failures = 0
        while True:
            ended = await self._listen(buffer)
            if ended.stood:
                failures = 0
            if not failures:
                log.warning("socket_disconnected", server=self._server, reason=ended.reason)
                buffer.put(Disconnected(ended.reason))
            failures += 1
            await self._sleep(pause_after(failures, away=ended.away) * (0.75 + self._dice() / 2))

    async def _listen(self, buffer: EventBuffer) -> Ended:
        """One connection from its start to its end."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._tls)) as http:
            client: Any = socketio.AsyncClient(
                reconnection=False,
                handle_sigint=False,
                http_session=http,
                request_timeout=2,  # for the closing handshake
                websocket_extra_options={"max_msg_size": MAX_MESSAGE_BYTES},
            )
            self._put_into(buffer, client)
            try:
                await self._connect(client)
                log.info("socket_connected", server=self._server)
                buffer.put(Connected())
                await asyncio.wait({client.eio.read_loop_task})
            except InvokeAIError as error:  # no token to be had
                return Ended(error.with_details, away=isinstance(error, TemporarilyUnavailable))
            except TimeoutError:
                return Ended("InvokeAI's socket took too long to answer.", away=True)
            except Exception as error:  # noqa: BLE001 - a broken server makes python-socketio raise anything
                log.debug("socket_connect_failed", server=self._server, error=type(error).__name__)
                return Ended(REFUSED) if client.failed_namespaces else self._why(error)
            finally:
                await client.disconnect()
        return Ended("InvokeAI's socket was closed.", stood=True, away=True)

    async def _connect(self, client: Any) -> None:
        """Returns when InvokeAI has put us into the queue's room: no event is missed from here on."""
        async with asyncio.timeout(self._patience):
            token = await self._token()
            base = self._endpoint.base
            await client.connect(
                str(base.with_path("/")),
                headers=self._endpoint.request_headers(),
                socketio_path=f"{base.raw_path.rstrip('/')}/ws/socket.io",
                transports=["websocket"],
                auth={"token": token} if token else None,
                wait_timeout=self._patience,
            )
            await client.call(
                "subscribe_queue", {"queue_id": self._endpoint.queue_id}, timeout=self._patience
            )

    def _why(self, error: BaseException | None) -> Ended:
        """python-socketio hides aiohttp's own error behind two of its own."""
        while error is not None:
            if isinstance(error, aiohttp.WSServerHandshakeError):
                if error.status >= INTERNAL_SERVER_ERROR:
                    return Ended(f"{self._endpoint.address} has trouble (HTTP {error.status}).", away=True)
                return Ended(f"A proxy lets no WebSocket through at /ws/socket.io (HTTP {error.status}).")
            if isinstance(error, aiohttp.ClientError):
                told = connection_error(self._endpoint, error)
                return Ended(told.with_details, away=isinstance(told, TemporarilyUnavailable))
            error = error.__cause__ or error.__context__
        return Ended("InvokeAI's socket does not answer.")

    def _put_into(self, buffer: EventBuffer, client: Any) -> None:
        def reader(name: str) -> Callable[..., None]:
            def read(*payload: Any) -> None:
                event = read_payload(name, payload, self._server, self._endpoint.queue_id)
                if event is not None:
                    buffer.put(event)

            return read

        for name in READERS:
            client.on(name, reader(name))
