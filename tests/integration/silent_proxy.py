"""A TCP proxy before a PostgreSQL server that can fall silent: connections stand, and nothing comes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import URL

PORT = 5432


class SilentProxy:
    """`url` leads through it to the server at `url` of old."""

    def __init__(self, server: URL) -> None:
        self._socket = f"{server.query['host']}/.s.PGSQL.{PORT}"
        self._server = server
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.url = ""

    @asynccontextmanager
    async def served(self) -> AsyncGenerator["SilentProxy"]:
        listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        through = self._server.set(host="127.0.0.1", port=port, query={})
        self.url = through.render_as_string(hide_password=False)
        try:
            yield self
        finally:
            listener.close()
            for pump in self._pumps:
                pump.cancel()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    def fall_silent(self) -> None:
        self._speaking.clear()

    def speak(self) -> None:
        """Whatever was said meanwhile arrives now."""
        self._speaking.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_unix_connection(self._socket)
        except OSError:  # the server is away: the proxy hangs up
            writer.close()
            return
        for source, target in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, target))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._speaking.wait()
                target.write(data)
                await target.drain()
            await self._speaking.wait()
        except ConnectionError:
            pass  # one of the two has hung up
        finally:
            target.close()
