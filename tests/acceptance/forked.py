"""Bots forked from a server that has imported the program once: a start costs milliseconds, not seconds."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from forks import forks

from sandbox.bot_process import Process

GUILDS_WAIT = 0.5
"""Seconds. discord.py waits two for more guilds before it is ready."""


async def fork(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
    """The whole program from its command line on, in a process of its own."""
    reading, writing = forks.Pipe(duplex=False)
    process = forks.Process(
        target=_live, args=(tuple(arguments), dict(environment), str(folder), writing), daemon=True
    )
    await asyncio.to_thread(process.start)
    writing.close()
    return await _ForkedProcess.of(process, reading)


class _ForkedProcess:
    """As `asyncio.subprocess` would give it."""

    def __init__(self, process: ForkServerProcess, stderr: asyncio.StreamReader) -> None:
        self._process = process
        self._ended = asyncio.get_running_loop().create_future()
        self.pid = process.pid or 0
        self.stderr = stderr
        asyncio.get_running_loop().add_reader(process.sentinel, self._reap)

    @classmethod
    async def of(cls, process: ForkServerProcess, reading: Connection) -> "_ForkedProcess":
        stderr = asyncio.StreamReader()
        pipe = os.fdopen(os.dup(reading.fileno()), "rb", buffering=0)
        reading.close()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), pipe)
        return cls(process, stderr)

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set_result(self._process.exitcode)
        self._process.close()

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _live(arguments: tuple[str, ...], environment: dict[str, str], folder: str, errors: Connection) -> None:
    """In the child."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, place in ((0, nothing), (1, nothing), (2, errors.fileno())):
        os.dup2(place, number)
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - it lives as long as the process
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["invokeai-discord", *arguments]
    _hurry()
    from bot.__main__ import main  # noqa: PLC0415 - imported by the server, not by the tests

    main()


def _hurry() -> None:
    from bot.discord.client import InvokeAIBot  # noqa: PLC0415 - imported by the server, not by the tests

    begin: Any = InvokeAIBot.__init__

    def hasty(self: InvokeAIBot, *parts: Any, **more: Any) -> None:
        begin(self, *parts, **more)
        self._connection.guild_ready_timeout = GUILDS_WAIT  # pyright: ignore[reportPrivateUsage] - its option is not passed on

    InvokeAIBot.__init__ = hasty
