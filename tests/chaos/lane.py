"""A bot that is killed and born again, between an InvokeAI that goes on working and a Discord."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from nursery import Life, Nature, Nursery
from person import draw, several
from tally import FIGURES, Piece, Verdict, judge, owed, told

from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.people import Person
from sandbox.discord.ratelimit import Limit
from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.graph import Batch
from sandbox.invokeai.server import utcnow

SEND = "POST /channels/{channel_id}/messages"
HISTORY = "GET /channels/{channel_id}/messages"
MOST_WAITING = 3
NATURE = Nature()
NO_SETTINGS: Mapping[str, str] = {}
UNHURRIED = Limit(1000, 1)
START = 20.0
"""So many seconds may a start take on a machine that is busy."""


class Work:
    """Jobs without end, of every kind: images, several images, failures, cancellations."""

    def __init__(
        self, invokeai: SandboxInvokeAI, dice: random.Random, missing: Callable[[], Collection[Piece]]
    ) -> None:
        self._invokeai = invokeai
        self._dice = dice
        self._missing = missing
        self._going = False
        self.runs: tuple[int, int] = (1, 1)
        """So many jobs a batch has, at least and at most."""
        self.max_missing: int | None = None
        """No more jobs come while the channel lacks more than that: bots that die all the time, or a machine
        that is busy, must be able to catch up. None: they come all the same.
        """

    async def run(self) -> None:
        """Until `stop`; a few jobs wait at any time."""
        self._going = True
        while self._going:
            if len(self._invokeai.queue.select("default", "pending")) >= MOST_WAITING:
                await asyncio.sleep(0.02)
            elif self.max_missing is not None and len(self._missing()) > self.max_missing:
                await asyncio.sleep(0.2)
            else:
                self.one()

    def stop(self) -> None:
        self._going = False

    def one(self) -> int:
        """Its number."""
        lot = self._dice.random()
        seconds = self._dice.uniform(0.05, 0.35)
        size = {"width": 32, "height": 32, "steps": 1, "seconds": seconds, "seed": self._dice.getrandbits(31)}
        graph = several(2) if lot > 0.95 else draw(**size, use_cache=False, fail_at_step=int(lot < 0.1))
        batch = Batch.model_validate({"graph": graph, "runs": self._dice.randint(*self.runs)})
        number = self._invokeai.queue.enqueue("default", batch, prepend=False)["item_ids"][-1]
        if 0.1 <= lot < 0.15:
            self._invokeai.queue.cancel(self._invokeai.queue.find(number))
        return number

    async def done(self, within: float) -> None:
        """Until every job has ended."""
        async with asyncio.timeout(within):
            while self._invokeai.queue.select("default", "pending", "in_progress"):  # noqa: ASYNC110  # the sandbox tells of no ends
                await asyncio.sleep(0.02)


class Lane:
    def __init__(
        self,
        discord: SandboxDiscord,
        invokeai: SandboxInvokeAI,
        nursery: Nursery,
        *,
        guild: SandboxGuild,
        channel: Channel,
        seed: int,
    ) -> None:
        self.discord = discord
        self.invokeai = invokeai
        self.nursery = nursery
        self.seed = seed
        self.dice = dice = random.Random(seed)
        self.guild = guild
        self.channel = channel
        self.guest: Person = guild.add_member("guest")
        self.work = Work(invokeai, dice, self._missing)
        self.untold: set[int] = set()
        """Jobs that Discord never takes a message of."""
        self.began = time.monotonic()
        self.kills = 0
        self.deaths: list[int] = []
        """The newest job's number at each."""

    @property
    def notices(self) -> list[Message]:
        """What the channel was told of jobs: no card, no news of the server."""
        return [
            message
            for message in self.channel.messages
            if not message.v2 and not message.content.startswith(("🏁", "🔌"))
        ]

    async def jobs(self, count: int, *, size: int = 32) -> None:
        """So many images more are finished."""
        graph = draw(width=size, height=size, steps=1, seconds=0.05, use_cache=False)
        for _ in range(count):
            graph["nodes"]["draw"]["seed"] = self.dice.getrandbits(31)
            self.invokeai.queue.enqueue("default", Batch.model_validate({"graph": graph}), prepend=False)
        await self.work.done(within=30)

    async def job_runs(self) -> None:
        """Until InvokeAI is at work."""
        async with asyncio.timeout(10):
            while self.invokeai.queue.current("default") is None:  # noqa: ASYNC110  # the sandbox tells of none
                await asyncio.sleep(0.02)

    async def written_down(self, ends: int) -> None:
        """Until the bot that lives owes (or owed) so many notices."""
        async with asyncio.timeout(START):
            while self.nursery.lives[-1].log().count("notices=1") < ends:  # noqa: ASYNC110  # a log tells of no line
                await asyncio.sleep(0.05)

    async def told_all(self, within: float) -> None:
        """Until everything that has ended stands in the channel. TimeoutError after `within` seconds."""
        async with asyncio.timeout(within):
            while self._missing():  # noqa: ASYNC110  # two sandboxes, and no event of both
                await asyncio.sleep(0.05)

    def _missing(self) -> set[Piece]:
        return owed(self.invokeai, self.untold) - {piece for pieces in told(self.channel) for piece in pieces}

    async def queue(self, patience: float = 30.0) -> str:
        """What /queue says to a guest."""
        await self.discord.gateway.wait_online(timeout=START)
        self.guest.patience = patience
        return (await self.guest.slash(self.channel, "queue")).text

    async def first_life(self) -> Life:
        """A bot that has taken its baseline: from now on everything that ends is owed."""
        life = await self.nursery.bear()
        await life.says("baseline_taken", within=START)
        await life.says("first_channel_subscribed", within=START)
        return life

    async def end(self, life: Life) -> None:
        life.kill()
        await self.buried(life, START)

    async def buried(self, life: Life, within: float) -> None:
        """Until the life has ended by a kill, and Discord has noticed."""
        try:
            code = await life.ended(within)
        except TimeoutError as still_alive:
            raise AssertionError(f"alive after {within:.0f} s:\n{life.last_words()}") from still_alive
        assert code == -9, f"ended by itself with {code}:\n{life.last_words()}"
        self.kills += 1
        self.deaths.append(max(self.invokeai.queue.items, default=0))
        FIGURES.kills += 1
        await self.discord.gateway.wait_offline()

    async def killed_at_random(self, within: float = 0.6) -> None:
        """One life that ends at some moment of its start, or within so many seconds of being online."""
        life = await self.nursery.bear()
        if self.dice.random() < 0.3:
            await asyncio.sleep(self.dice.uniform(0, 0.5))
        else:
            await self.discord.gateway.wait_online(timeout=START)
            await asyncio.sleep(self.dice.uniform(0, within))
        await self.end(life)

    async def finish(self) -> Verdict:
        """The work ends; a last bot tells the rest, and one more has nothing to add."""
        self.work.stop()
        await self.work.done(within=30)
        for _ in range(2):
            life = await self.nursery.bear()
            await self.discord.gateway.wait_online(timeout=START)
            await self._told_everything(life)
            life.terminate()
            assert await life.ended(within=12) == 0, life.last_words()
        return judge(self.invokeai, self.channel, self.untold)

    async def _told_everything(self, life: Life) -> None:
        until = time.monotonic() + 90
        while time.monotonic() < until:
            if not self._missing():
                await asyncio.sleep(1.0)  # for what might come twice
                return
            await asyncio.sleep(0.05)
        print(life.last_words(), file=sys.stderr)  # noqa: T201  # pytest shows it beside the failure


@asynccontextmanager
async def lane(
    folder: Path,
    seed: int,
    *,
    nonce_memory: float = 300.0,
    nature: Nature = NATURE,
    thread: bool = False,
    settings: Mapping[str, str] = NO_SETTINGS,
    rate: Limit = UNHURRIED,
    clock: Callable[[], datetime] = utcnow,
) -> AsyncGenerator[Lane]:
    """`rate` is Discord's for messages: rates are tried elsewhere, and here would only make the bot wait.

    `clock` is InvokeAI's. `thread`: the bot's channel is one. `settings`: besides those of every lane.
    """
    discord = SandboxDiscord(nonce_memory=nonce_memory)
    discord.rate_limits.limits["POST", "/channels/{channel_id}/messages"] = rate
    invokeai = SandboxInvokeAI(rng=random.Random(seed), clock=clock)
    await discord.start()
    await invokeai.start()
    guild = discord.add_guild("Studio")
    channel = guild.add_text_channel("renders")
    if thread:
        channel = guild.add_thread(channel, "foxes")
    settings = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_CHANNEL_ID": str(channel.id),
        "INVOKEAI_URL": invokeai.url,
        "BOT_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}",
        "BOT_LOG_LEVEL": "DEBUG",
        **settings,
    }
    nursery = Nursery(settings, folder, nature)
    await nursery.open()
    try:
        yield Lane(discord, invokeai, nursery, guild=guild, channel=channel, seed=seed)
    finally:
        await nursery.close()
        await invokeai.kill()
        await discord.stop()


@asynccontextmanager
async def outage(
    folder: Path, *, nonce_memory: float = 300.0, clock: Callable[[], datetime] = utcnow
) -> AsyncGenerator[Lane]:
    """A bot that is well and has told of one job. At the end all is told, once, and it ends in peace."""
    async with lane(folder, 813, nonce_memory=nonce_memory, clock=clock) as here:
        life = await here.first_life()
        await here.jobs(1)
        await here.told_all(within=START)
        yield here
        try:
            await here.told_all(within=60)
            life.terminate()
            assert await life.ended(within=12) == 0
            verdict = judge(here.invokeai, here.channel)
            assert verdict.perfect, verdict
        finally:
            print(life.last_words(), file=sys.stderr)  # noqa: T201  # pytest shows it beside a failure
