"""Two bots on one PostgreSQL, each behind a proxy of its own: one leads, the other stands by."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from lane import START, Lane
from nursery import Life, Nursery
from silent_proxy import SilentProxy
from store_databases import PostgreSQL, empty_database
from tally import FIGURES

TAKE_OVER = 60.0
"""Seconds in which a standby has to lead, on a machine that is busy."""
LEADS = "discord_connected"
STANDS_BY = "standing_by"


class Bot:
    """One of the two. Its lives follow each other."""

    def __init__(self, nursery: Nursery, proxy: SilentProxy) -> None:
        self.nursery = nursery
        self.proxy = proxy
        self._seen = {LEADS: 0, STANDS_BY: 0}

    @property
    def life(self) -> Life:
        return self.nursery.lives[-1]

    async def begin(self) -> None:
        await self.nursery.bear()
        self._seen = {LEADS: 0, STANDS_BY: 0}

    def has(self, role: str) -> bool:
        """Whether it has come to that role since it was last waited for."""
        return self.life.log().count(role) > self._seen[role]

    async def comes_to(self, role: str) -> None:
        try:
            async with asyncio.timeout(TAKE_OVER):
                while not self.has(role):  # noqa: ASYNC110  # a file tells of no lines
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise AssertionError(f"no {role} within {TAKE_OVER:.0f} s:\n{self.life.last_words()}") from error
        self._seen[role] = self.life.log().count(role)


class Pair:
    def __init__(self, here: Lane, server: PostgreSQL, leader: Bot, standby: Bot) -> None:
        self.here = here
        self.server = server
        self.leader = leader
        self.standby = standby
        self.took: dict[str, float] = {}
        """The longest take-over, in seconds, by what befell the leader."""
        self.fail_overs = 0

    async def killed(self) -> None:
        await self._ended("kill -9", signal.SIGKILL, -9)
        FIGURES.kills += 1

    async def stopped(self) -> None:
        await self._ended("a clean stop", signal.SIGTERM, 0)

    async def frozen(self) -> None:
        """The leader stands still until another one leads, and then goes on where it was."""
        began = time.monotonic()
        self.leader.life.signal(signal.SIGSTOP)
        self.here.discord.gateway.cut()  # Discord drops who does not answer its heartbeats
        await self._taken_over("SIGSTOP", began)
        self.standby.life.signal(signal.SIGCONT)
        await self.standby.comes_to(STANDS_BY)

    async def cut_off(self) -> None:
        """The leader's way to the database is silent until another one leads."""
        began = time.monotonic()
        self.leader.proxy.fall_silent()
        await self._taken_over("a silent network", began)
        self.standby.proxy.speak()
        await self.standby.comes_to(STANDS_BY)

    async def database_restarted(self) -> None:
        """Either of them may lead after it."""
        began = time.monotonic()
        await asyncio.to_thread(self.server.stop)
        await self.here.discord.gateway.wait_offline(timeout=TAKE_OVER)
        await asyncio.to_thread(self.server.start)
        async with asyncio.timeout(TAKE_OVER):
            while not (self.leader.has(LEADS) or self.standby.has(LEADS)):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.02)
        if self.standby.has(LEADS):
            self.leader, self.standby = self.standby, self.leader
        await self.leader.comes_to(LEADS)
        self._note("a restart of the database", began)
        await self.standby.comes_to(STANDS_BY)

    async def end(self) -> None:
        """The standby first, so that nobody takes over."""
        for bot in (self.standby, self.leader):
            bot.life.terminate()
            assert await bot.life.ended(within=START) == 0, bot.life.last_words()

    async def _ended(self, how: str, number: signal.Signals, code: int) -> None:
        began = time.monotonic()
        self.leader.life.signal(number)
        await self._taken_over(how, began)
        assert await self.standby.life.ended(within=START) == code, self.standby.life.last_words()
        await self.standby.begin()
        await self.standby.comes_to(STANDS_BY)

    async def _taken_over(self, how: str, began: float) -> None:
        self.leader, self.standby = self.standby, self.leader
        await self.leader.comes_to(LEADS)
        self._note(how, began)

    def _note(self, how: str, began: float) -> None:
        self.took[how] = max(self.took.get(how, 0), time.monotonic() - began)
        self.fail_overs += 1


@asynccontextmanager
async def pair(here: Lane, server: PostgreSQL, folder: Path) -> AsyncGenerator[Pair]:
    await empty_database(server.url)
    async with AsyncExitStack() as stack:
        bots: list[Bot] = []
        for name in ("one", "other"):
            proxy = await stack.enter_async_context(SilentProxy(server.url).served())
            own = folder / name
            await asyncio.to_thread(own.mkdir)
            nursery = here.nursery.beside(own, BOT_DATABASE_URL=proxy.url)
            await nursery.open()
            stack.push_async_callback(nursery.close)
            bots.append(Bot(nursery, proxy))
        leader, standby = bots
        await leader.begin()
        await leader.comes_to(LEADS)
        await leader.life.says("baseline_taken", within=START)
        await leader.life.says("first_channel_subscribed", within=START)
        await standby.begin()
        await standby.comes_to(STANDS_BY)
        yield Pair(here, server, leader, standby)
