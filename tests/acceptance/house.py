"""The house that the acceptance tests stand in: an InvokeAI to ask, a studio full of people, a bot."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from forked import fork
from real_invokeai import NEWEST, RealInvokeAI

from bot.render.headline import has_mark
from sandbox.bot_process import BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.people import Person as Member
from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

REAL = [pytest.mark.real_invokeai, pytest.mark.timeout(900)]  # the first start installs it
READS = ("item_summaries_by_ids", "items_by_ids")


@dataclass
class InvokeAI:
    """An InvokeAI of either kind, asked directly."""

    url: str
    server: RealInvokeAI | SandboxInvokeAI
    http: aiohttp.ClientSession

    @property
    def version(self) -> str:
        server = self.server
        return server.version if isinstance(server, RealInvokeAI) else server.version.number

    def writes(self) -> list[tuple[str, str]]:
        """Every request so far that could have changed something."""
        server = self.server
        log = server.accesses() if isinstance(server, RealInvokeAI) else server.access_log
        return [
            (one.method, one.path)
            for one in log
            if one.method not in {"GET", "HEAD"} and not one.path.endswith(READS)
        ]

    async def ask(self, path: str) -> Any:
        async with self.http.get(f"{self.url}/api/v1/queue/default/{path}") as answer:
            assert answer.status == 200
            return await answer.json()

    async def until(self, number: int, status: str) -> dict[str, Any]:
        """The item once it has that status; InvokeAI itself is asked again and again."""
        while True:
            item = await self.ask(f"i/{number}")
            if item["status"] == status:
                return item
            await asyncio.sleep(0.02)


@dataclass
class Studio:
    """A guild with everyone in it, and a stranger's guild into which the bot was invited as well."""

    discord: SandboxDiscord
    guild: SandboxGuild
    channel: Channel
    foreign: SandboxGuild
    people: dict[str, tuple[Member, Channel]] = field(default_factory=dict[str, tuple[Member, Channel]])

    def person(self, name: str) -> Member:
        return self.people[name][0]

    async def posted(self, *words: str) -> Message:
        """The first message in the channel whose line has all those words, or marks such as `✅ #812`."""
        return await self.channel.wait_for(
            lambda message: all(says(message.content, word) for word in words), timeout=30
        )

    def lines(self) -> list[str]:
        return [message.content for message in self.channel.messages]


def real(version: str = NEWEST) -> object:
    """A parameter of the fixture `invokeai`."""
    return pytest.param(version, marks=REAL, id="real" if version == NEWEST else f"real-{version}")


def says(line: str, word: str) -> bool:
    return word in f"{line} " or has_mark(line, word.strip())


def bot_process(studio: Studio, invokeai_url: str, folder: Path, **settings: str) -> BotProcess:
    return BotProcess(
        {
            "DISCORD_TOKEN": studio.discord.token,
            "DISCORD_API_URL": studio.discord.api_url,
            "DISCORD_CHANNEL_ID": str(studio.channel.id),
            "INVOKEAI_URL": invokeai_url,
            "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
            **settings,
        },
        folder,
        launch=fork,
    )


@asynccontextmanager
async def serving(process: BotProcess) -> AsyncGenerator[BotProcess]:
    """It runs, with its baseline taken and its commands known, and ends in peace."""
    await process.start()
    await process.says("baseline_taken", within=20)
    await process.says("discord_connected", within=20)
    yield process
    code = await process.stop()
    print(process.last_words())  # noqa: T201 - pytest shows it beside a failure
    assert code == 0
