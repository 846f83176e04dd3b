"""Bots forked from a server that has imported the program once: a start costs milliseconds, not seconds."""

import asyncio
import os
import signal
import socket
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


async def command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, typed: str
) -> tuple[int, str]:
    """The exit code and all that was said. `typed` is its standard input, which is no terminal."""
    ours, theirs = socket.socketpair()
    process = forks.Process(
        target=_command, args=(tuple(arguments), dict(environment), str(folder), theirs), daemon=True
    )
    await asyncio.to_thread(process.start)
    theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours)
    writer.write(typed.encode())
    writer.write_eof()
    said = await reader.read()
    writer.close()
    await asyncio.to_thread(process.join)
    assert process.exitcode is not None
    return process.exitcode, said.decode()


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
    _begin(arguments, environment, folder, (nothing, nothing, errors.fileno()))


def _command(
    arguments: tuple[str, ...], environment: dict[str, str], folder: str, terminal: socket.socket
) -> None:
    """In the child."""
    end = terminal.fileno()
    _begin(arguments, environment, folder, (end, end, end))


def _begin(
    arguments: tuple[str, ...], environment: dict[str, str], folder: str, streams: tuple[int, int, int]
) -> None:
    for number, place in enumerate(streams):
        os.dup2(place, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - they live as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
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
