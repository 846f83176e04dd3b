"""The lock of the bot that leads on a SQLite file: another file beside it, locked by the operating system."""

import asyncio
import os
import sys
from pathlib import Path

from bot.store.file_system import MOUNTS, require_local


class FileLock:
    """On a file beside the SQLite file `database`; the system drops it when the process ends.

    The file stays: two bots that made it afresh could each hold one.
    """

    def __init__(self, database: Path, mounts: Path = MOUNTS) -> None:
        self._database = database
        self._mounts = mounts
        self._file: int | None = None
        self.broken = asyncio.Event()
        """Never set: nobody can take it away."""

    async def acquire(self) -> bool:
        """Whether it is ours now; nobody is waited for. OSError, or DatabaseUnusable on a network disk."""
        if self._file is None:
            await asyncio.to_thread(require_local, self._database, self._mounts)
            self._file = await asyncio.to_thread(_locked, self._database)
        return self._file is not None

    async def held(self) -> bool:
        """Whether it is still ours: nobody can take it away."""
        return self._file is not None

    async def release(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _locked(database: Path) -> int | None:
    """The open and locked file beside `database`; None if another process has locked it."""
    real = database.resolve()
    real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(real.with_name(f"{real.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
    except OSError as error:
        os.close(file)
        if isinstance(error, BlockingIOError | PermissionError):
            return None
        raise
    return file


def _lock(file: int) -> None:
    """BlockingIOError, or PermissionError on Windows: another process has it."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - Windows only

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - Windows has none

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
