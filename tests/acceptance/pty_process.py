"""A program on a pseudo-terminal, as a person sits before it."""

import asyncio
import os
import pty
import signal
import sys
from pathlib import Path

from sandbox.bot_process import OURS, SOURCES


class PtyProcess:
    """`screen` is all that it has written so far."""

    def __init__(self) -> None:
        self.screen = ""
        self._read_to = 0
        self._more = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._master = -1

    async def start(self, folder: Path, *arguments: str, **settings: str) -> None:
        _heed_ctrl_c()
        self._master, slave = pty.openpty()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", *arguments),
            cwd=folder,
            env=clean | {"PYTHONPATH": str(SOURCES), "TERM": "dumb"} | settings,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except OSError:  # a pseudo-terminal's end of file
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        self._more.set()

    async def sees(self, words: str, seconds: float = 20) -> None:
        """Waits until the words stand on the screen, after what was waited for before."""
        try:
            async with asyncio.timeout(seconds):
                while (at := self.screen.find(words, self._read_to)) < 0:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{words!r} did not come; on the screen:\n{self.screen}") from None
        self._read_to = at + len(words)

    def types(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    async def answers(self, question: str, line: str) -> None:
        await self.sees(question)
        self.types(line)

    async def interrupt(self) -> int:
        """Ctrl-C, which a terminal turns into this signal."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return await self.ended()

    async def ended(self) -> int:
        assert self._process is not None
        code = await asyncio.wait_for(self._process.wait(), 30)
        self._read_rest()
        return code

    async def stop(self) -> None:
        """Ends it, if it still runs: a test that failed half-way leaves no program behind."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self.ended()

    def _read_rest(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.set_blocking(self._master, False)
        try:
            while data := os.read(self._master, 65536):
                self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        except OSError:
            pass
        os.close(self._master)


def _heed_ctrl_c() -> None:
    """A shell's background job hands SIGINT down as ignored; at a terminal it never is."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
