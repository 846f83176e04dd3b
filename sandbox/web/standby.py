"""The second bot of the stage: it waits, and leads once the leader is killed."""

import asyncio
import time
from collections.abc import Callable

from sandbox.bot_process import BotProcess

READY = "standing_by"
LEADS = "discord_connected"
TAKE_OVER_TIMEOUT = 60.0
"""Seconds, on a machine that is busy."""


class Standby:
    """`bot` is the one that does not lead. `seconds`: from the last kill until the next one led."""

    def __init__(self, bot: BotProcess, *, now: Callable[[], float] = time.monotonic) -> None:
        self.bot = bot
        self.seconds: float | None = None
        self._now = now
        self._taking_over: asyncio.Task[None] | None = None

    @property
    def state(self) -> str:
        """`ready`, `starting`, `leading` while it takes over, or `none` when there is no standby."""
        if self._taking_over is not None and not self._taking_over.done():
            return "leading"
        if self.bot.returncode is not None:
            return "none"
        return "ready" if self.bot.has_said(READY) else "starting"

    async def replace(self, leader: BotProcess) -> BotProcess:
        """Kills the leader, as kill -9 does, and gives the new one, which leads some seconds later."""
        began, heir, self.bot = self._now(), self.bot, leader
        self.seconds = None
        self._taking_over = asyncio.create_task(self._take_over(heir, began), name="demo times a take-over")
        await leader.kill()
        return heir

    async def start(self) -> None:
        """A new one in place of the one that was killed. Nothing happens while there is one."""
        if self.state == "none":
            await self.bot.start()

    async def stop(self) -> None:
        if self._taking_over is not None:
            self._taking_over.cancel()
            await asyncio.gather(self._taking_over, return_exceptions=True)
        await self.bot.stop()

    async def _take_over(self, heir: BotProcess, began: float) -> None:
        await heir.says(LEADS, within=TAKE_OVER_TIMEOUT)
        self.seconds = self._now() - began
