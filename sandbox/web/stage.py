"""The stage of the demo: a guild with four people, an InvokeAI, and the bot in its own process."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.bot_process import BotEnded, BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.people import Person
from sandbox.discord.permissions import Permission
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.shipped import shipped
from sandbox.invokeai.studio import Studio
from sandbox.web.second_server import FIRST, SECOND, SecondServer
from sandbox.web.standby import LEADS, Standby

QUEUE = "default"
BOARDS = ("Favorites", "Landscapes", "Portraits")
PATIENCE = 60.0
"""Seconds that a person waits after the bot has said that it is thinking."""


@dataclass
class Stage:
    """`bot` is None on a stage without a bot; beside a standby it is the leader. `here` says which of the two
    services can be reached.
    """

    discord: SandboxDiscord
    guild: SandboxGuild
    channel: Channel
    people: Mapping[str, Person]
    invokeai: SandboxInvokeAI
    studio: Studio
    bot: BotProcess | None
    standby: Standby | None = None
    second: SecondServer | None = None
    discord_here: bool = True
    invokeai_here: bool = True
    _stopped_by_hand: bool = field(default=False, init=False)
    _started_again: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def enqueue(self, body: dict[str, Any]) -> None:
        """`body` is that of enqueue_batch. From the box itself: it works while InvokeAI can't be reached."""
        self.invokeai.queue.enqueue(QUEUE, Batch.model_validate(body["batch"]), prepend=False)

    @property
    def servers(self) -> dict[str, SandboxInvokeAI]:
        """By the name that the bot's notices give them, which is empty where there is only one."""
        if self.second is None:
            return {"": self.invokeai}
        return {FIRST: self.invokeai, SECOND: self.second.invokeai}

    @property
    def bot_state(self) -> str:
        """`none`, `online`, `connecting`, `killed`, or `ended` when it gave up by itself."""
        if self.bot is None:
            return "online" if self.discord.gateway.online else "none"
        if self.bot.returncode is None:
            return "online" if self.discord.gateway.online else "connecting"
        return "killed" if self._stopped_by_hand else "ended"

    async def invokeai_away(self) -> None:
        self.invokeai_here = False
        await self.invokeai.away()

    async def invokeai_back(self) -> None:
        if not self.invokeai_here:
            await self.invokeai.back()
            self.invokeai_here = True

    async def discord_away(self) -> None:
        self.discord_here = False
        await self.discord.away()

    async def discord_back(self) -> None:
        await self.discord.back()
        self.discord_here = True

    async def kill_bot(self) -> None:
        """As kill -9 does."""
        if self.bot is not None:
            self._stopped_by_hand = True
            await self.bot.kill()

    async def start_bot(self) -> None:
        """Nothing happens while it runs."""
        if self.bot is not None and self.bot.returncode is not None:
            await self.bot.start()
            self._stopped_by_hand = False
            self._started_again.set()

    async def kill_leader(self) -> None:
        """As kill -9 does. Nothing happens without a standby that is ready to lead."""
        if self.bot is not None and self.standby is not None and self.standby.state == "ready":
            killed, self.bot = self.bot, self.standby.bot
            await self.standby.replace(killed)
            self._started_again.set()

    async def start_standby(self) -> None:
        if self.standby is not None:
            await self.standby.start()

    async def bot_endings(self) -> AsyncIterator[str]:
        """Each time that the bot ends by itself: what it said last. Not when it was killed by hand."""
        if self.bot is None:
            raise BotEnded("there is no bot on this stage")
        while True:
            self._started_again.clear()
            await self.bot.ended()
            if self.bot_state == "ended":
                yield self.bot.last_words()
            await self._started_again.wait()


@asynccontextmanager
async def set_up(
    folder: Path,
    *,
    rng: random.Random,
    seconds: float,
    bot: bool = True,
    postgresql: str | None = None,
    two_servers: bool = False,
) -> AsyncGenerator[Stage]:
    """Everything started; the bot still connects. `folder` is the bot's; a picture takes about `seconds`.

    `postgresql`: the address of an empty database, on which a second bot stands by. `two_servers`: with a
    second InvokeAI.
    """
    discord, invokeai = SandboxDiscord(), SandboxInvokeAI()
    await discord.start()
    await invokeai.start()
    stage: Stage | None = None
    try:
        guild = discord.add_guild("Sandbox studio")
        channel = guild.add_text_channel("renders")
        for name in BOARDS:
            invokeai.boards.create(name)
        for each in shipped(seconds):
            invokeai.saved_workflows.save(each, shipped=True)
        people = _people(discord, guild)
        studio = Studio(rng, seconds=seconds)
        stage = Stage(discord, guild, channel, people, invokeai, studio, None)
        if two_servers:
            stage.second = SecondServer(studio, QUEUE)
            await stage.second.invokeai.start()
        if bot:
            await _start_bots(stage, folder, postgresql)
        yield stage
    finally:
        if stage is not None and stage.standby is not None:
            await stage.standby.stop()
        if stage is not None and stage.bot is not None:
            await stage.bot.stop()
        await discord.stop()
        for server in stage.servers.values() if stage is not None else [invokeai]:
            await server.stop()


async def _start_bots(stage: Stage, folder: Path, postgresql: str | None) -> None:
    settings = {
        "DISCORD_TOKEN": stage.discord.token,
        "DISCORD_API_URL": stage.discord.api_url,
        "DISCORD_CHANNEL_ID": str(stage.channel.id),
        **_addresses(stage.servers),
        "BOT_DATABASE_URL": postgresql or f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
    }
    stage.bot = BotProcess(settings, folder)
    await stage.bot.start()
    if postgresql is not None:
        try:
            await stage.bot.says(LEADS, within=PATIENCE)
        except TimeoutError as error:
            raise BotEnded(f"The bot does not lead. Its last words:\n{stage.bot.last_words()}") from error
        stage.standby = Standby(BotProcess(settings, folder))
        await stage.standby.bot.start()


def _addresses(servers: Mapping[str, SandboxInvokeAI]) -> dict[str, str]:
    if len(servers) == 1:
        return {"INVOKEAI_URL": next(iter(servers.values())).url}
    return {"INVOKEAI_SERVERS": ", ".join(f"{name}={server.url}" for name, server in servers.items())}


def _people(discord: SandboxDiscord, guild: SandboxGuild) -> dict[str, Person]:
    admins = guild.add_role("admins", permissions=Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES)
    operators = guild.add_role("operators", permissions=Permission.MANAGE_MESSAGES)
    people = {
        "owner": discord.owner,
        "admin": guild.add_member("admin", roles=[admins]),
        "operator": guild.add_member("operator", roles=[operators]),
        "guest": guild.add_member("guest"),
    }
    for person in people.values():
        person.patience = PATIENCE
    return people
