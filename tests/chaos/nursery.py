"""Lives of the bot, one after another: each a process of its own, born within milliseconds."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from dying_bot import bear
from forks import forks

LOOK = 0.02
LAST_LINES = 60


@dataclass(frozen=True, slots=True)
class Nature:
    """In what a bot here differs from the one that people run.

    `guilds_wait`: seconds that discord.py waits for more guilds; None: its own. `clock_ahead`: so many
    seconds its clock is fast. `upload_timeout`: seconds that a message may take, whatever its size; None:
    the bot's own.
    """

    guilds_wait: float | None = 0.1
    clock_ahead: float = 0.0
    upload_timeout: float | None = None


class Life:
    """A bot that runs, or did."""

    def __init__(self, pid: int, log: Path, death: asyncio.Task[int]) -> None:
        self.pid = pid
        self._log = log
        self._death = death

    @property
    def dead(self) -> bool:
        return self._death.done()

    def kill(self) -> None:
        """SIGKILL, now."""
        self.signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.signal(signal.SIGTERM)

    def signal(self, number: signal.Signals) -> None:
        if not self.dead:
            os.kill(self.pid, number)

    async def ended(self, within: float) -> int:
        """Its exit code, negative for a signal. TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            return await asyncio.shield(self._death)

    async def says(self, words: str, within: float) -> None:
        """Until its log has those words; TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while words not in self.log():  # noqa: ASYNC110  # a file tells of no lines
                await asyncio.sleep(LOOK)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def last_words(self) -> str:
        return "\n".join(self.log().splitlines()[-LAST_LINES:])


class Nursery:
    """`settings` are the bot's; each life's log is a file in `folder`. One life at a time.

    `nature` is that of the next lives.
    """

    def __init__(self, settings: Mapping[str, str], folder: Path, nature: Nature) -> None:
        self._settings = settings
        self._folder = folder
        self.nature = nature
        self._process: ForkServerProcess | None = None
        self._answers: asyncio.StreamReader | None = None
        self._calls: asyncio.StreamWriter | None = None
        self.lives: list[Life] = []

    def beside(self, folder: Path, **settings: str) -> "Nursery":
        """Another one, of bots with the same settings, but for these. Their logs lie in `folder`."""
        return Nursery({**self._settings, **settings}, folder, self.nature)

    async def open(self) -> None:
        ours, theirs = socket.socketpair()
        self._process = forks.Process(target=bear, args=(theirs,), daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        self._answers, self._calls = await asyncio.open_connection(sock=ours)

    async def close(self) -> None:
        """Kills the life that is left and ends the nursery."""
        for life in self.lives:
            life.kill()
        if self._process is not None and self._calls is not None:
            self._calls.close()
            await asyncio.to_thread(self._process.join)

    async def bear(self, point: str | None = None, passes: int = 1) -> Life:
        """A new life; at `point` (see deaths.py) it dies, at the `passes`-th time that it comes there."""
        if any(not life.dead for life in self.lives):
            raise RuntimeError("the last life is not over")
        if self._calls is None:
            raise RuntimeError("the nursery is not open")
        log = self._folder / f"life-{len(self.lives) + 1:04}.log"
        life = {
            "environment": dict(self._settings),
            "folder": str(self._folder),
            "log": str(log),
            "point": point,
            "passes": passes,
            "nature": asdict(self.nature),
        }
        self._calls.write(json.dumps(life).encode() + b"\n")
        pid = await self._number()
        born = Life(pid, log, asyncio.create_task(self._number(), name=f"death of {pid}"))
        self.lives.append(born)
        return born

    async def _number(self) -> int:
        line = await self._answers.readline() if self._answers is not None else b""
        if not line:
            raise RuntimeError("the nursery has ended")
        return int(line)
