"""The bot as a child process between the sandboxes, and what it costs."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sandbox.bot_process import SOURCES, BotProcess, Launch, new_interpreter
from sandbox.discord import SandboxDiscord
from sandbox.discord.world import Channel


def bot_between(
    discord: SandboxDiscord,
    channel: Channel,
    invokeai: str | None,
    database: Path,
    more: Mapping[str, str] | None = None,
    *,
    launch: Launch = new_interpreter,
) -> BotProcess:
    """`database` is the file; the bot runs beside it. `more`: further settings, which name the
    InvokeAIs where `invokeai` is None.
    """
    settings = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_CHANNEL_ID": str(channel.id),
        "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
    }
    if invokeai is not None:
        settings["INVOKEAI_URL"] = invokeai
    return BotProcess(settings | dict(more or {}), database.parent, launch=launch)


def resident(pid: int) -> float:
    """Megabytes of memory that the process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def processor(pid: int) -> float:
    """Seconds of processor time that the process has taken since its start."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def script(name: str, *arguments: str) -> asyncio.subprocess.Process:
    """`benchmarks.bare` or another one beside it."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"benchmarks.{name}", *arguments, cwd=SOURCES, stderr=asyncio.subprocess.DEVNULL
    )


def sockets(pid: int) -> int:
    """How many the process holds open."""
    held = 0
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held += one.readlink().as_posix().startswith("socket:")
    return held
