"""A picture made smaller by a process of its own: in a thread Pillow would stall the event loop."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

from bot.errors import ConversionFailed
from bot.images.compression import Compressed
from bot.images.picture import size
from bot.images.worker_process import BARE, INPUT, NO_PYAV

SOURCES = Path(__file__).parents[1]
PROGRAM = "bot.images.worker_process"
TIMEOUT = 60.0
_CHUNK = 1024 * 1024
_SECRETS = ("DISCORD_", "INVOKEAI_", "BOT_")


class CompressionWorker:
    """`program` is the module that does it, `timeout` the seconds that it may take."""

    def __init__(self, *, program: str = PROGRAM, timeout: float = TIMEOUT) -> None:
        self._program = program
        self._timeout = timeout

    async def fit(self, data: bytes, limit: int, *, bare: bool = False) -> Compressed:
        """`data` in at most `limit` bytes, as `compression` or `video` makes it; ConversionFailed otherwise.

        `bare`: a video with nothing in its file but pictures and sound.
        """
        made = await self._made(data, str(limit), *([BARE] if bare else []))
        if made is None:
            raise ConversionFailed(f"It has {size(len(data))} and can't be made to fit into {size(limit)}.")
        return made

    async def prepared(self, data: bytes) -> bytes:
        """A picture that a person gives, upright and without a word in it, as PNG; ConversionFailed if it is
        none that can be read.
        """
        made = await self._made(data, "0", INPUT)
        if made is None:
            raise ConversionFailed("That is no PNG, JPEG or WebP picture that can be read.")
        return made.data

    async def _made(self, data: bytes, *arguments: str) -> Compressed | None:
        """None: nothing came of it."""
        process = await self._start(*arguments)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await _asked(process, data)
                code = await process.wait()
        except TimeoutError:
            raise ConversionFailed("Making it smaller took too long.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code == NO_PYAV:
            raise ConversionFailed("This bot can't change videos: install invokeai-discord[video].")
        if code != 0:
            raise ConversionFailed(f"Making it smaller broke off (exit code {code}).")
        if not answer:
            return None
        head, _, fitted = answer.partition(b"\n")
        extension, _, what = head.decode().partition(" ")
        return Compressed(fitted, extension, what or None)

    async def _start(self, *arguments: str) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._program, *arguments),
                cwd=SOURCES,
                env={name: value for name, value in os.environ.items() if not name.startswith(_SECRETS)},
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ConversionFailed(f"It can't be made smaller here: {error.strerror or error}.") from error


async def _asked(process: Process, data: bytes) -> bytes:
    """What the process says to `data`; it may end before it has read all."""
    if process.stdin is None or process.stdout is None:
        raise ConversionFailed("It can't be made smaller here: no pipes.")
    view = memoryview(data)
    with suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(view), _CHUNK):
            process.stdin.write(view[start : start + _CHUNK])
            await process.stdin.drain()
        process.stdin.close()
    return await process.stdout.read()
