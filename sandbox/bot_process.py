"""The unmodified bot as a process of its own, pointed at the sandboxes."""

import asyncio
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

SOURCES = Path(__file__).parents[1]
OURS = ("DISCORD_", "INVOKEAI_", "BOT_")
LAST_LINES = 40


class BotEnded(RuntimeError):
    """The bot's process ended by itself; the text holds what it said last."""


class Process(Protocol):
    """The slice of `asyncio.subprocess.Process` that is used here."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    async def wait(self) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


Launch = Callable[[Sequence[str], Mapping[str, str], Path], Awaitable[Process]]
"""Starts the bot with these arguments in that environment and folder."""


async def new_interpreter(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        cwd=folder,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


class BotProcess:
    """`settings` are the bot's settings by name; `folder` is where it runs, with no `.env` of anyone's."""

    def __init__(
        self, settings: Mapping[str, str], folder: Path, *, launch: Launch = new_interpreter
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._launch = launch
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._heard = asyncio.Condition()
        self.log: deque[str] = deque(maxlen=5000)
        """What the bot wrote to standard error, a line each."""

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def returncode(self) -> int | None:
        return self._running.returncode

    @property
    def _running(self) -> Process:
        if self._process is None:
            raise BotEnded("the bot was not started")
        return self._process

    async def start(self, *arguments: str) -> None:
        """Start `run`, or another command. Its log begins anew."""
        self.log.clear()
        foreign = {name: value for name, value in os.environ.items() if not name.upper().startswith(OURS)}
        path = os.pathsep.join(part for part in (str(SOURCES), os.environ.get("PYTHONPATH")) if part)
        environment = foreign | {"PYTHONPATH": path} | dict(self._settings)
        self._process = await self._launch(arguments or ("run",), environment, self._folder)
        self._reading = asyncio.create_task(self._read(self._process), name="bot's log")

    async def _read(self, process: Process) -> None:
        if process.stderr is not None:
            async for line in process.stderr:
                async with self._heard:
                    self.log.append(line.decode(errors="replace").rstrip())
                    self._heard.notify_all()

    def has_said(self, words: str) -> bool:
        """Whether its log has a line with those words."""
        return any(words in line for line in self.log)

    async def says(self, words: str, *, within: float) -> str:
        """The first line of its log with those words; TimeoutError after `within` seconds."""
        async with asyncio.timeout(within), self._heard:
            await self._heard.wait_for(lambda: self.has_said(words))
        return next(line for line in self.log if words in line)

    async def ended(self) -> int:
        """Its exit code, once it has ended and its last line is read."""
        code = await self._running.wait()
        if self._reading is not None:
            await self._reading
        return code

    async def stop(self, *, within: float = 15.0) -> int:
        """Ask it to end (SIGTERM); if it has not ended `within` seconds, end it at once (exit code -9)."""
        if self._running.returncode is None:
            self._running.terminate()
        try:
            async with asyncio.timeout(within):
                await self._running.wait()
        except TimeoutError:
            return await self.kill()
        return await self.ended()

    async def kill(self) -> int:
        """End it at once (SIGKILL)."""
        if self._running.returncode is None:
            self._running.kill()
        return await self.ended()

    def last_words(self) -> str:
        return "\n".join(list(self.log)[-LAST_LINES:])
