"""A bot that Discord wants in four shards: a guild on each is served, also while one shard is away."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process, serving
from person import Person, draw
from sandbox_discord_support import check

from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.world import Channel

pytestmark = [pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True), pytest.mark.timeout(120)]

SHARDS = 4
LOST = 2
IDENTIFY_PAUSE = 5.0


class Sharded:
    """`channels`: one of a guild on each shard, in the shards' order."""

    def __init__(self, discord: SandboxDiscord, channels: list[Channel], healthz: str) -> None:
        self.discord = discord
        self.channels = channels
        self._healthz = healthz

    async def told(self, number: int) -> None:
        """In each channel."""
        for channel in self.channels:
            await channel.wait_for(lambda message: f"#{number}" in message.content, timeout=30)

    async def answered(self, shard: int) -> bool:
        """Whether somebody's /queue in that shard's guild is answered."""
        return bool(await self.discord.owner.slash(self.channels[shard], "queue"))

    async def until_healthy(self, *, healthy: bool) -> None:
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            while True:
                async with http.get(self._healthz) as answer:
                    if (await answer.json())["discord"] is healthy:
                        return
                await asyncio.sleep(0.1)


@pytest.fixture
async def sharded(invokeai: InvokeAI, person: Person, tmp_path: Path) -> AsyncIterator[Sharded]:
    del person  # the queue is empty before the bot looks at it
    discord = SandboxDiscord(shards=SHARDS, check=check())
    discord.gateway.sessions.max_concurrency = SHARDS
    discord.gateway.sessions.pause = IDENTIFY_PAUSE
    await discord.start()
    guilds: dict[int, SandboxGuild] = {}
    while len(guilds) < SHARDS:
        guild = discord.add_guild("Studio")
        guilds.setdefault((guild.id >> 22) % SHARDS, guild)
        await asyncio.sleep(0.0015)  # the next guild is born in another millisecond
    channels = [guilds[shard].add_text_channel("renders") for shard in range(SHARDS)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    studio = Studio(discord, guilds[0], channels[0], guilds[1])
    settings = {
        "DISCORD_GUILD_IDS": ",".join(str(guild.id) for guild in guilds.values()),
        "BOT_HTTP_ADDRESS": address,
    }
    place = Sharded(discord, channels, f"http://{address}/healthz")
    async with serving(bot_process(studio, invokeai.url, tmp_path, **settings)):
        await place.until_healthy(healthy=True)
        for channel in channels[1:]:
            await discord.owner.slash(channel, "notify here")
        yield place
    assert not discord.violations
    await discord.stop()


async def test_a_guild_on_each_of_four_shards_is_served_also_while_one_shard_is_away(
    sharded: Sharded, person: Person
) -> None:
    gateway = sharded.discord.gateway
    assert sorted(session.shard for session in gateway.sessions.online()) == list(range(SHARDS))
    [first] = (await person.enqueue(draw())).numbers
    await sharded.told(first)
    assert all([await sharded.answered(shard) for shard in range(SHARDS)])

    gateway.lose(LOST)
    await sharded.until_healthy(healthy=False)
    [second] = (await person.enqueue(draw())).numbers
    await sharded.told(second)
    assert all([await sharded.answered(shard) for shard in range(SHARDS) if shard != LOST])

    gateway.lost_shards.clear()
    await sharded.until_healthy(healthy=True)
    assert await sharded.answered(LOST)
    assert gateway.most_at_once == 1
