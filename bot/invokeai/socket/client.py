"""InvokeAI's socket.io as an endless iterator of events.

python-socketio's own reconnect is off: its task ends for good on an error that it does not know, and a
deaf bot is the worst bot. So each connection here is a new client, and the loop around it is ours.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import aiohttp
import socketio
import structlog
from yarl import URL

from bot.errors import InvokeAIError
from bot.invokeai.socket.buffer import EventBuffer
from bot.invokeai.socket.events import Connected, Disconnected, SocketEvent
from bot.invokeai.socket.parsing import READERS, read_payload

log = structlog.stdlib.get_logger()

MAX_MESSAGE_BYTES = 16 * 1024 * 1024  # a preview is a data URL; aiohttp's own 4 MB would end the connection

REFUSED = "InvokeAI's socket refuses us: it wants an account that it knows."


class InvokeAISocket:
    """Listens to one queue. `token` is asked at each connection.

    Pauses between tries grow from `first_pause` to `longest_pause` seconds, spread by `dice` (0..1);
    `sleep` waits for them. `patience` (seconds) is for everything until a connection stands.
    """

    def __init__(
        self,
        url: str,
        server: str,
        *,
        token: Callable[[], Awaitable[str | None]],
        queue_id: str = "default",
        first_pause: float = 0.5,
        longest_pause: float = 30.0,
        patience: float = 15.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._url = URL(url).with_query(None).with_fragment(None)
        self._server = server
        self._token = token
        self._queue_id = queue_id
        self._first_pause = first_pause
        self._longest_pause = longest_pause
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
            await listening  # it fell: raise what it fell over
        finally:
            while not listening.done():  # python-socketio may swallow one cancellation
                listening.cancel()
                await asyncio.wait({listening}, timeout=5)

    async def _stay_connected(self, buffer: EventBuffer) -> None:
        pause, told = self._first_pause, False
        while True:
            stood, reason = await self._listen(buffer)
            if stood:
                pause, told = self._first_pause, False
            if not told:
                log.warning("socket_disconnected", server=self._server, reason=reason)
                buffer.put(Disconnected(reason))
                told = True
            await self._sleep(pause * (0.75 + self._dice() / 2))
            pause = min(2 * pause, self._longest_pause)

    async def _listen(self, buffer: EventBuffer) -> tuple[bool, str]:
        """One connection from its start to its end: whether it stood, and why it ended."""
        async with aiohttp.ClientSession() as http:
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
                return False, str(error)
            except TimeoutError:
                return False, "InvokeAI's socket took too long to answer."
            except Exception as error:  # noqa: BLE001 - a broken server makes python-socketio raise anything
                log.debug("socket_connect_failed", server=self._server, error=type(error).__name__)
                return False, REFUSED if client.failed_namespaces else "InvokeAI's socket does not answer."
            finally:
                await client.disconnect()
        return True, "InvokeAI's socket was closed."

    async def _connect(self, client: Any) -> None:
        """Returns when InvokeAI has put us into the queue's room: no event is missed from here on."""
        async with asyncio.timeout(self._patience):
            token = await self._token()
            await client.connect(
                str(self._url.with_path("/")),
                socketio_path=f"{self._url.raw_path.rstrip('/')}/ws/socket.io",
                transports=["websocket"],
                auth={"token": token} if token else None,
                wait_timeout=self._patience,
            )
            await client.call("subscribe_queue", {"queue_id": self._queue_id}, timeout=self._patience)

    def _put_into(self, buffer: EventBuffer, client: Any) -> None:
        def reader(name: str) -> Callable[..., None]:
            def read(*payload: Any) -> None:
                event = read_payload(name, payload, self._server, self._queue_id)
                if event is not None:
                    buffer.put(event)

            return read

        for name in READERS:
            client.on(name, reader(name))
