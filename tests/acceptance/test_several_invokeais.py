"""Three InvokeAIs with the same job numbers under one bot: none is taken for another, or waits for one."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from house import REAL, Studio, bot_process, serving
from person import Person, draw
from planted import buttons
from real_invokeai import RealInvokeAI

from sandbox.bot_process import BotProcess
from sandbox.discord.state import Message
from sandbox.invokeai import SandboxInvokeAI

VERSIONS = {"studio": "6.14.2", "attic": "6.14.2", "cellar": "6.6.0"}
SECONDS = 30
MAX_DELAY = 5.0
"""Seconds until a notice comes, while another InvokeAI is away: no try of that one is waited for."""


@dataclass
class House:
    """One InvokeAI: how it is asked, started and killed."""

    name: str
    server: RealInvokeAI | SandboxInvokeAI
    http: aiohttp.ClientSession

    @property
    def person(self) -> Person:
        return Person(self.http, self.server.url)

    async def start(self) -> None:
        if isinstance(self.server, RealInvokeAI):
            await asyncio.to_thread(self.server.start)
        else:
            await self.server.start(port=self.server.port)

    async def kill(self) -> None:
        if isinstance(self.server, RealInvokeAI):
            await asyncio.to_thread(self.server.kill)
        else:
            await self.server.kill()

    async def paused(self) -> bool:
        async with self.http.get(f"{self.server.url}/api/v1/queue/default/status") as answer:
            return not (await answer.json())["processor"]["is_started"]

    async def finished(self, number: int) -> bytes:
        """The picture that the job has made, once it has."""
        url = f"{self.server.url}/api/v1/queue/default/i/{number}"
        async with asyncio.timeout(SECONDS):
            while True:
                async with self.http.get(url) as answer:
                    item = await answer.json()
                if item["status"] == "completed":
                    [result] = item["session"]["results"].values()
                    return await self.person.file(result["image"]["image_name"])
                await asyncio.sleep(0.05)


Houses = dict[str, House]


@pytest.fixture(params=["sandbox", pytest.param("real", marks=REAL)])
async def houses(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Houses]:
    """Three new ones: their numbers begin at 1."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        found: Houses = {}
        for name, version in VERSIONS.items():
            folder = tmp_path / name
            folder.mkdir()
            real = request.param == "real"
            server = RealInvokeAI(folder, version) if real else SandboxInvokeAI(version=version)
            found[name] = House(name, server, http)
            stack.push_async_callback(found[name].kill)
        await asyncio.gather(*(each.start() for each in found.values()))
        yield found


@pytest.fixture
async def bot(studio: Studio, houses: Houses, tmp_path: Path) -> AsyncIterator[BotProcess]:
    servers = ", ".join(f"{name}={house.server.url}" for name, house in houses.items())
    process = bot_process(studio, "", tmp_path, INVOKEAI_SERVERS=servers)
    async with serving(process):
        async with asyncio.timeout(SECONDS):
            while sum("baseline_taken" in line for line in process.log) < len(houses):  # noqa: ASYNC110 - a log
                await asyncio.sleep(0.05)
        yield process


async def draws(house: House, seed: int) -> int:
    """The number of a job with a picture that no other seed makes."""
    [number] = (await house.person.enqueue(draw(seed=seed, prompt=f"fox of {house.name}"))).numbers
    return number


def about(studio: Studio, house: House, number: int) -> list[Message]:
    words = f" {house.name} · ", f"· #{number}"
    return [one for one in studio.channel.messages if all(word in one.content for word in words)]


async def told(studio: Studio, house: House, number: int) -> Message:
    await studio.channel.wait_for(lambda _: bool(about(studio, house, number)), timeout=SECONDS)
    [message] = about(studio, house, number)
    return message


async def test_three_are_told_apart_and_one_that_was_away_is_caught_up_with_once(
    studio: Studio, houses: Houses, bot: BotProcess
) -> None:
    """In one test, since three real ones take long to start."""
    for number in (1, 2):
        await _told_with_their_own_pictures(studio, houses, number)
    await _steered_each_by_itself(studio, houses)
    attic, cellar = houses["attic"], houses["cellar"]
    await attic.kill()
    for seed in (3, 4):
        began = asyncio.get_running_loop().time()
        await told(studio, cellar, await draws(cellar, seed))
        assert asyncio.get_running_loop().time() - began < MAX_DELAY
    await bot.kill()
    await attic.start()
    missed = await draws(attic, 3)
    await attic.finished(missed)
    await bot.start()
    await told(studio, attic, missed)
    for house in houses.values():
        await told(studio, house, await draws(house, 9))
    assert [len(about(studio, cellar, number)) for number in range(1, 8)] == [1] * 7
    assert [len(about(studio, attic, number)) for number in range(1, 6)] == [1] * 5
    assert not any("Traceback" in line for line in bot.log)


@pytest.mark.parametrize("houses", ["sandbox"], indirect=True)
async def test_one_that_is_slow_and_one_that_floods_hold_no_notice_of_a_third(
    studio: Studio, houses: Houses, bot: BotProcess
) -> None:
    slow, flood, other = houses.values()
    server = slow.server
    assert isinstance(server, SandboxInvokeAI)
    for house in (slow, other):
        await told(studio, house, await draws(house, 1))
    asked = asyncio.Event()

    def become_slow() -> None:
        server.slowness = 10.0
        asked.set()

    server.moments.call_at_next("/full", become_slow, cut=True)  # and the next try takes long
    await draws(slow, 2)
    await asked.wait()
    await flood.person.enqueue(draw(seed=1, prompt="many"), runs=100)
    for seed in (3, 4, 5):
        began = asyncio.get_running_loop().time()
        await told(studio, other, await draws(other, seed))
        assert asyncio.get_running_loop().time() - began < MAX_DELAY
    assert not any("Traceback" in line for line in bot.log)


@asynccontextmanager
async def _run_with(place: Studio, folder: Path, **servers: str) -> AsyncGenerator[BotProcess]:
    """One run of the bot with these InvokeAIs."""
    listed = ", ".join(f"{name}={url}" for name, url in servers.items())
    process = bot_process(place, "", folder, INVOKEAI_SERVERS=listed)
    await process.start()
    await process.says("discord_connected", within=20)
    yield process
    assert await process.stop() == 0


@pytest.mark.parametrize("houses", ["sandbox"], indirect=True)
async def test_one_that_is_taken_out_and_put_back_goes_on_where_it_was_and_a_renamed_one_begins_anew(
    studio: Studio, houses: Houses, tmp_path: Path
) -> None:
    kept, moved = houses["studio"], houses["attic"]
    others = {name: house.server.url for name, house in houses.items() if house is not moved}
    async with _run_with(studio, tmp_path, **others, attic=moved.server.url) as bot:
        while sum("baseline_taken" in line for line in bot.log) < len(houses):  # noqa: ASYNC110 - a log
            await asyncio.sleep(0.05)
        await told(studio, moved, await draws(moved, 1))
    async with _run_with(studio, tmp_path, **others) as bot:
        await bot.says("server_removed", within=5)
        missed = await draws(moved, 2)
        await moved.finished(missed)
        await told(studio, kept, await draws(kept, 1))
    async with _run_with(studio, tmp_path, **others, attic=moved.server.url) as bot:
        await bot.says("server_back", within=5)
        await told(studio, moved, missed)
    loft = House("loft", moved.server, moved.http)
    async with _run_with(studio, tmp_path, **others, loft=moved.server.url) as bot:
        await bot.says("server_renamed", within=5)
        await bot.says("baseline_taken", within=20)
        await told(studio, loft, await draws(loft, 3))
    assert [len(about(studio, moved, number)) for number in (1, 2, 3)] == [1, 1, 0]
    assert [len(about(studio, loft, number)) for number in (1, 2, 3)] == [0, 0, 1]


async def _told_with_their_own_pictures(studio: Studio, houses: Houses, number: int) -> None:
    """The same number on each; another picture on each."""
    assert {await draws(house, 10 * at + number) for at, house in enumerate(houses.values())} == {number}
    for house in houses.values():
        message = await told(studio, house, number)
        assert f"fox of {house.name}" in message.content
        assert [file.data for file in message.files] == [await house.finished(number)]


async def _steered_each_by_itself(studio: Studio, houses: Houses) -> None:
    """By buttons, by commands, by a pause and by a style."""
    operator, channel = studio.person("operator"), studio.channel
    for house in houses.values():
        assert f"fox of {house.name}" in (await operator.slash(channel, "job", job=f"{house.name}#1")).text
        post = await told(studio, house, 1)
        await operator.press(post, buttons(post.components)["Again"])
        assert f"fox of {house.name}" in (await told(studio, house, 3)).content
    await operator.slash(channel, "pause", server="attic")
    assert [await house.paused() for house in houses.values()] == [False, True, False]
    await operator.slash(channel, "resume", server="attic")
    assert [await house.paused() for house in houses.values()] == [False, False, False]
    cellar = houses["cellar"]
    await operator.slash(channel, "style save", job="cellar#1", name="foxes")
    await operator.slash(channel, "imagine", prompt="a lake", style="foxes", server="cellar")
    assert "a lake" in (await told(studio, cellar, 4)).content
