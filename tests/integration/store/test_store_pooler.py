"""A leader behind a real PgBouncer, where one is installed."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from ports import free_port
from sqlalchemy import URL
from store_databases import empty_database

from bot.errors import DatabaseUnusable
from bot.store.leader import Leader, Role

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed")


@asynccontextmanager
async def pooler(server: URL, folder: Path, mode: str) -> AsyncGenerator[str]:
    """The address of the database through a PgBouncer in that mode."""
    assert PGBOUNCER is not None
    port = free_port()
    config = folder / "pgbouncer.ini"
    owner = await asyncio.to_thread(Path(str(server.query["host"])).owner)  # PgBouncer does not run as root
    await asyncio.to_thread(
        config.write_text,
        f"""[databases]
bot = host={server.query["host"]} dbname={server.database} user={server.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = {mode}
unix_socket_dir =
ignore_startup_parameters = jit
user = {owner if os.geteuid() == 0 else ""}
""",
    )
    process = await asyncio.create_subprocess_exec(
        PGBOUNCER, str(config), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        while b"process up" not in (line := await process.stderr.readline()):
            assert line, "PgBouncer does not start"
        yield f"postgresql+asyncpg://bot@127.0.0.1:{port}/bot"
    finally:
        process.terminate()
        await process.communicate()


async def test_in_transaction_mode_a_start_is_refused_with_what_to_change(
    postgresql: URL, tmp_path: Path
) -> None:
    await empty_database(postgresql)
    async with pooler(postgresql, tmp_path, "transaction") as url:
        with pytest.raises(DatabaseUnusable, match="Set pool_mode = session there") as refusal:
            await Leader(url).lead()
    assert "\n" not in str(refusal.value)


async def test_in_session_mode_a_bot_leads(postgresql: URL, tmp_path: Path) -> None:
    await empty_database(postgresql)
    async with pooler(postgresql, tmp_path, "session") as url:
        leader = Leader(url)
        await leader.lead()
        assert leader.role is Role.LEADER
        await leader.release()
