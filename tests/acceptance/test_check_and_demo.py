"""`check` and `demo` as a person runs them."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from forked import command
from house import InvokeAI, Studio

from sandbox.bot_process import OURS, SOURCES
from sandbox.invokeai import SandboxInvokeAI

NOWHERE = "http://discord.invalid/api/v10"
"""An address that no name server knows."""


async def run(folder: Path, *arguments: str, typed: str = "", **settings: str) -> tuple[int, str]:
    """The exit code and all that was said. `typed` stands on its standard input, which is no terminal."""
    return await command(arguments, clean() | settings, folder, typed)


async def run_afresh(folder: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """In an interpreter of its own, in which libraries have not yet said what they have to say."""
    process = await started(folder, *arguments, **settings)
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


async def started(folder: Path, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        cwd=folder,
        env=clean() | {"PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1"} | settings,
        stdin=asyncio.subprocess.PIPE,
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
    code, said = await run_afresh(tmp_path, "check", **settings(studio, invokeai.url, tmp_path))
    assert code == 0, said
    assert all(line.startswith("✓ ") for line in said.splitlines()[:-1]), said  # nothing of the libraries'
    assert said.splitlines()[-1] == "Everything is in place."
    assert "✓ Gateway: 1,000 of 1,000 logins left today\n" in said
    needs = ("Token", "Gateway", "Application", "Intents", "Guild", "Channel", "InvokeAI", "Database", "Disk")
    for need in (*needs, "InvokeAI rights", "InvokeAI socket"):
        assert f"✓ {need}: " in said
    assert "6.14.2" in said


async def test_check_says_where_the_first_start_will_make_the_database_and_makes_nothing(
    studio: Studio, tmp_path: Path
) -> None:
    asked = settings(studio, "http://127.0.0.1:1", tmp_path)
    _, said = await run(tmp_path, "check", **asked)
    assert f"✓ Database: none yet at {tmp_path / 'bot.sqlite3'}; the first start makes it\n" in said
    assert not (tmp_path / "bot.sqlite3").exists()


async def test_run_without_settings_names_setup_and_demo(tmp_path: Path) -> None:
    code, said = await run_afresh(tmp_path, "run")
    assert code == 2
    assert said == (
        "DISCORD_TOKEN is missing. Run invokeai-discord setup, which asks for it and for all else, "
        "or invokeai-discord demo, which needs no token.\n"
    )


async def test_check_doubts_a_queue_of_another_name_without_a_job(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    asked = settings(studio, invokeai.url, tmp_path) | {"INVOKEAI_QUEUE_ID": "defualt"}
    code, said = await run(tmp_path, "check", **asked)
    assert code == 0, said
    assert "? Queue: defualt: 0 waiting, not paused; no job was found in it\n" in said
    assert "    → Is INVOKEAI_QUEUE_ID spelt right?" in said


async def test_check_doubts_a_bot_that_has_used_up_its_logins(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    studio.discord.gateway.sessions.opened = 1000
    code, said = await run(tmp_path, "check", **settings(studio, invokeai.url, tmp_path))
    assert code == 0, said
    found = re.search(
        r"^\? Gateway: 0 of 1,000 logins left today; the next one waits until \d\d:\d\d", said, re.MULTILINE
    )
    assert found, said
    assert (
        "    → Something ends the bot's connections, or starts it, again and again: look in its log." in said
    )


async def test_check_finds_a_thread_and_what_it_lacks(studio: Studio, tmp_path: Path) -> None:
    thread = studio.guild.add_thread(studio.channel, "foxes")
    asked = settings(studio, "http://127.0.0.1:1", tmp_path) | {"DISCORD_CHANNEL_ID": str(thread.id)}
    _, said = await run(tmp_path, "check", **asked)
    assert "✓ Channel: the thread foxes in Studio\n" in said
    studio.guild.deny(studio.channel, studio.guild.bot_role, 1 << 38)
    _, said = await run(tmp_path, "check", **asked)
    assert "✗ Channel: the thread foxes in Studio\n    → Give the bot Send Messages In Threads there." in said


@pytest.mark.parametrize(
    ("kind", "sentence", "fix"),
    [
        (
            15,
            "a forum, which takes no messages",
            "Name one of its posts instead, or run /notify here there.",
        ),
        (
            4,
            "a category, which takes no messages",
            "Name one of its channels instead, or run /notify here",
        ),
    ],
)
async def test_check_tells_of_a_channel_that_can_t_hold_messages(
    kind: int, sentence: str, fix: str, studio: Studio, tmp_path: Path
) -> None:
    more = studio.guild.add_silent_channel("more", kind)
    asked = settings(studio, "http://127.0.0.1:1", tmp_path) | {"BOT_ADMIN_CHANNEL_ID": str(more.id)}
    code, said = await run(tmp_path, "check", **asked)
    assert code == 1
    assert f"✗ Channel: #more in Studio is {sentence}\n    → {fix}" in said


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
        ("DISCORD_API_URL", "http://127.0.0.1:1", "✗ Discord: Discord can't be reached: no connection\n"),
        (
            "DISCORD_API_URL",
            NOWHERE,
            (
                "✗ Discord: Discord can't be reached: this machine can't look up its address\n"
                "    → Check this machine's network.\n"
            ),
        ),
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
    assert all(line.startswith(("✓ ", "✗ ", "    → ")) for line in said.splitlines()[:-1]), said


@pytest.mark.parametrize(
    ("status", "headers", "fix"),
    [
        (401, {"WWW-Authenticate": 'Basic realm="box"'}, "Write them into INVOKEAI_URL"),
        (302, {"Location": "https://login.example/"}, "set INVOKEAI_HEADERS to what it takes from programs."),
        (200, {}, "if a proxy shows its login page there, set INVOKEAI_HEADERS."),
    ],
)
async def test_check_tells_what_a_proxy_before_invokeai_wants(
    status: int, headers: dict[str, str], fix: str, studio: Studio, tmp_path: Path
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>", content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", answer)
    async with TestServer(app) as proxy:
        asked = settings(studio, str(proxy.make_url("/")), tmp_path)
        code, said = await run(tmp_path, "check", **asked)
    assert code == 1
    [finding] = re.findall(r"✗ InvokeAI: .*\n    → (.*)", said)
    assert fix in finding


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """`demo`, and the taken port that it was asked to use."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        process = await started(tmp_path, "demo", "--no-browser", "--port", str(port))
        yield process, port
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await process.communicate()


async def test_the_demo_serves_its_page_tells_what_comes_and_ends_at_ctrl_c(
    demo: tuple[asyncio.subprocess.Process, int],
) -> None:
    process, port = demo
    told = await until_said(process, "✅ “", "❌ ")
    assert f"Port {port} is taken; this is the next free one." in told
    address = re.search(r"http://127\.0\.0\.1:\d+/", told)
    assert address
    assert address[0] != f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession() as http, http.get(address[0]) as answer:
        assert answer.status == 200
        assert "make-believe Discord" in await answer.text()
        async with http.get(f"{address[0]}events") as news:
            assert news.status == 200
            process.send_signal(signal.SIGINT)
            rest, _ = await process.communicate()
    assert process.returncode == 0, rest.decode()
    assert b"Traceback" not in rest


async def until_said(process: asyncio.subprocess.Process, *words: str) -> str:
    """All that was said until each of the words had come."""
    assert process.stdout is not None
    told = ""
    async with asyncio.timeout(60):
        while not all(one in told for one in words):
            line = (await process.stdout.readline()).decode()
            assert line, told
            told += line
    return told


async def test_check_says_of_an_invokeai_to_come_that_it_was_not_yet_run(
    studio: Studio, tmp_path: Path
) -> None:
    server = SandboxInvokeAI(version="7.0.0")
    await server.start()
    code, said = await run(tmp_path, "check", **settings(studio, server.url, tmp_path))
    await server.stop()
    assert f"? InvokeAI: 7.0.0 at {server.url}; known from its source, not yet run" in said
    assert code == 0
