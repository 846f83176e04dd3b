"""`check` and `demo` as a person runs them."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from house import InvokeAI, Studio

from sandbox.bot_process import OURS, SOURCES

STORY = [
    "You queue a picture",
    "✅ #1 done",
    "❌ #2 failed",
    "You type /queue",
    "You type /cancel",
    "🚫 #3 canceled",
]


async def run(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """The exit code and all that was said."""
    process = await started(folder, *arguments, **settings)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def started(folder: Path, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        cwd=folder,
        env=clean | {"PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"} | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def settings(studio: Studio, url: str, folder: Path) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": studio.discord.token,
        "DISCORD_API_URL": studio.discord.api_url,
        "DISCORD_CHANNEL_ID": str(studio.channel.id),
        "INVOKEAI_URL": url,
        "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
    }


async def test_check_is_content_where_everything_is_in_place(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    code, said = await run(tmp_path, "check", **settings(studio, invokeai.url, tmp_path))
    assert code == 0, said
    assert "✗" not in said
    needs = ("Token", "Application", "Intents", "Guild", "Channel", "InvokeAI", "Database", "Disk")
    for need in (*needs, "InvokeAI rights", "InvokeAI socket"):
        assert f"✓ {need}: " in said
    assert "6.14.2" in said


async def test_check_doubts_a_queue_of_another_name_without_a_job(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    asked = settings(studio, invokeai.url, tmp_path) | {"INVOKEAI_QUEUE_ID": "defualt"}
    code, said = await run(tmp_path, "check", **asked)
    assert code == 0, said
    assert "? Queue: defualt: 0 waiting, not paused; no job was found in it\n" in said
    assert "    → Is INVOKEAI_QUEUE_ID spelt right?" in said


async def test_check_names_each_need_that_is_not_met_with_its_mend(studio: Studio, tmp_path: Path) -> None:
    studio.guild.deny(studio.channel, studio.guild.bot_role, 1 << 15)
    code, said = await run(tmp_path, "check", **settings(studio, "http://127.0.0.1:1", tmp_path))
    assert code == 1
    assert "✗ Channel: #renders in Studio\n    → Give the bot Attach Files there." in said
    assert "✗ InvokeAI: " in said
    assert "INVOKEAI_URL" in said


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("DISCORD_TOKEN", "wrong", "✗ Token: refused"),
        ("DISCORD_API_URL", "http://127.0.0.1:1", "✗ Discord: not reached"),
        ("DISCORD_CHANNEL_ID", "12345", "✗ Channel: 12345 is not to be seen"),
        ("BOT_DATABASE_URL", "sqlite+aiosqlite:////proc/bot.sqlite3", "✗ Database: "),
    ],
)
async def test_check_goes_on_after_what_is_wrong(
    name: str, value: str, finding: str, studio: Studio, tmp_path: Path
) -> None:
    asked = settings(studio, "http://127.0.0.1:1", tmp_path) | {name: value}
    code, said = await run(tmp_path, "check", **asked)
    assert code == 1
    assert finding in said
    assert "✗ InvokeAI: " in said


async def test_the_demo_tells_its_story_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    process = await started(tmp_path, "demo")
    assert process.stdout is not None
    told: list[str] = []
    async with asyncio.timeout(60):
        while not any("That was the story" in line for line in told):
            line = (await process.stdout.readline()).decode()
            assert line, "".join(told)
            told.append(line)
    process.send_signal(signal.SIGINT)
    rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
    places = ["".join(told).find(part) for part in STORY]
    assert -1 not in places, "".join(told)
    assert places == sorted(places)
