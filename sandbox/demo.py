"""The demo: a sandbox Discord, a sandbox InvokeAI, the real bot between them, and a story in the terminal."""

import asyncio
import random
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.bot_process import BotEnded, BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.studio import Studio

PATIENCE = 40.0
PAUSE = 12.0
WIDTH = 76

Say = Callable[[str], None]


async def play(say: Say) -> None:
    """Tell the story, then keep the queue running until cancelled. BotEnded if the bot gives up."""
    with tempfile.TemporaryDirectory(prefix="invokeai-discord-demo-") as folder:
        await _play(say, Path(folder))


async def _play(say: Say, folder: Path) -> None:
    discord, invokeai = SandboxDiscord(), SandboxInvokeAI()
    await discord.start()
    await invokeai.start()
    guild = discord.add_guild("Sandbox studio")
    channel = guild.add_text_channel("renders")
    bot = BotProcess(
        {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_CHANNEL_ID": str(channel.id),
            "INVOKEAI_URL": invokeai.url,
            "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
        },
        folder,
    )
    try:
        await bot.start()
        async with aiohttp.ClientSession() as http:
            story = asyncio.create_task(_Story(say, discord, channel, invokeai, http, folder).tell())
            ended = asyncio.create_task(bot.ended())
            try:
                await asyncio.wait({story, ended}, return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    raise BotEnded(f"The bot ended by itself. Its last words:\n{bot.last_words()}")
                story.result()
            finally:
                story.cancel()
                ended.cancel()
                await asyncio.gather(story, ended, return_exceptions=True)
    finally:
        await bot.stop()
        await discord.stop()
        await invokeai.stop()


@dataclass
class _Story:
    say: Say
    discord: SandboxDiscord
    channel: Channel
    invokeai: SandboxInvokeAI
    http: aiohttp.ClientSession
    folder: Path

    async def tell(self) -> None:
        """A picture, a failure, a cancelled job, a look at the queue; then more of it, for ever."""
        studio = Studio(random.Random(), seconds=3.0)
        pictures = asyncio.create_task(self._follow(), name="demo follows the channel")
        try:
            await self._introduce()
            await self._until("✅", "queue a picture", studio.one())
            await self._until("❌", "queue one that will fail", studio.failing())
            await self._enqueue(
                "queue a long one, and change your mind", Studio(random.Random(), seconds=60).one()
            )
            await self._ask("/queue", "queue")
            await self._ask("/cancel", "cancel")
            await self._seen("🚫")
            self.say("\nThat was the story. The queue goes on now, until you press Ctrl-C.")
            while True:
                await self._enqueue("queue four more of one prompt", studio.batch(4))
                await asyncio.sleep(PAUSE)
                await self._ask("/queue", "queue")
                await asyncio.sleep(PAUSE)
        finally:
            pictures.cancel()

    async def _introduce(self) -> None:
        self.say(f"A sandbox InvokeAI draws at {self.invokeai.url}; a sandbox Discord listens at")
        self.say(f"{self.discord.api_url}. Between them runs the real bot, as its own process.")
        self.say(f"The pictures that it posts are kept in {self.folder} until the end.")
        await self.discord.wait_for_request(
            lambda one: one.route == "/applications/{application_id}/commands", timeout=PATIENCE
        )
        self.say("\nThe bot is online, and has told Discord its commands.")

    async def _until(self, sign: str, what: str, body: dict[str, Any]) -> None:
        await self._enqueue(what, body)
        await self._seen(sign)

    async def _enqueue(self, what: str, body: dict[str, Any]) -> None:
        self.say(f"\n● You {what} …")
        url = f"{self.invokeai.url}/api/v1/queue/default/enqueue_batch"
        async with self.http.post(url, json=body, raise_for_status=True) as answer:
            await answer.read()

    async def _seen(self, sign: str) -> None:
        await self.channel.wait_for(lambda message: message.content.startswith(sign), timeout=PATIENCE)

    async def _ask(self, typed: str, command: str) -> None:
        answer = await self.discord.owner.slash(self.channel, command)
        self.say(f"\n● You type {typed}; the bot answers{' (only to you)' if answer.ephemeral else ''}:")
        _quote(self.say, answer)

    async def _follow(self) -> None:
        told: set[int] = set()
        while True:
            message = await self.channel.wait_for(
                lambda one: one.id not in told and bool(one.content), timeout=24 * 3600
            )
            told.add(message.id)
            self.say(f"\n  #renders ── the phone shows: {message.content}")
            for file in message.files:
                (self.folder / file.filename).write_bytes(file.data)
                self.say(f"             {file.filename} · {len(file.data) / 1024:,.0f} kB")


def _quote(say: Say, shown: Answer | Message) -> None:
    for line in shown.text.splitlines():
        for part in textwrap.wrap(line, WIDTH) or [""]:
            say(f"  │ {part}")
