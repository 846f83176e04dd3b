"""/healthz of the whole program: 200 while it works, 503 once a part of it does not."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from ports import free_port

from sandbox.bot_process import BotProcess
from sandbox.invokeai import SandboxInvokeAI

pytestmark = [pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True), pytest.mark.timeout(120)]

LOOK = 0.1


class Page:
    """A running bot's /healthz and /metrics."""

    def __init__(self, process: BotProcess, address: str, http: aiohttp.ClientSession) -> None:
        self.process = process
        self._url = f"http://{address}"
        self._http = http

    async def said(self) -> tuple[int, dict[str, Any]]:
        async with self._http.get(f"{self._url}/healthz") as answer:
            return answer.status, await answer.json()

    async def until(self, status: int, *, within: float) -> dict[str, Any]:
        """The first body with that status."""
        async with asyncio.timeout(within):
            while True:
                found, body = await self.said()
                if found == status:
                    return body
                await asyncio.sleep(LOOK)

    async def metrics(self) -> str:
        async with self._http.get(f"{self._url}/metrics") as answer:
            return await answer.text()


@pytest.fixture
async def page(
    studio: Studio, invokeai: InvokeAI, person: Person, http: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[Page]:
    del person  # the queue is empty before the bot looks at it
    address = f"127.0.0.1:{free_port()}"
    process = bot_process(studio, invokeai.url, tmp_path, BOT_HTTP_ADDRESS=address)
    await process.start()
    await process.says("baseline_taken", within=20)
    page = Page(process, address, http)
    await page.until(200, within=20)
    yield page
    assert await process.stop() == 0, process.last_words()


async def test_a_bot_at_work_is_healthy_and_says_what_it_does(page: Page) -> None:
    await page.process.says("socket_connected", within=10)
    status, body = await page.said()
    assert status == 200
    assert (body["healthy"], body["role"], body["discord"], body["database"]) == (True, "leader", True, True)
    assert body["servers"] == {"invokeai": {"reachable": True, "socket": True}}
    assert {"discord", "delivery", "watcher of invokeai"} <= body["services"].keys()
    assert set(body["services"].values()) == {True}
    assert body["ages"].keys() == {"discord", "database", "delivery", "watcher of invokeai"}
    assert "bot_healthy 1.0" in await page.metrics()


async def test_without_the_gateway_it_is_ill_until_the_gateway_is_back(page: Page, studio: Studio) -> None:
    await studio.discord.away()
    body = await page.until(503, within=10)
    assert (body["healthy"], body["discord"], body["database"]) == (False, False, True)
    assert "bot_healthy 0.0" in await page.metrics()
    with pytest.raises(TimeoutError):
        await page.until(200, within=5)
    await studio.discord.back()
    assert (await page.until(200, within=60))["discord"]


async def test_with_a_database_that_another_program_holds_it_is_ill_until_that_ends(
    page: Page, studio: Studio, person: Person, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "bot.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        [number] = (await person.enqueue(draw())).numbers
        body = await page.until(503, within=45)
        assert (body["healthy"], body["discord"], body["database"]) == (False, True, False)
        assert "bot_healthy 0.0" in await page.metrics()
        other.execute("ROLLBACK")
    assert (await page.until(200, within=30))["database"]
    await studio.posted(f"✅ #{number}")


async def test_an_invokeai_that_is_away_is_said_and_is_not_the_bot_s_illness(
    page: Page, invokeai: InvokeAI
) -> None:
    assert isinstance(invokeai.server, SandboxInvokeAI)
    await invokeai.server.stop()
    await page.process.says("invokeai_socket_lost", within=20)
    status, body = await page.said()
    assert (status, body["servers"]["invokeai"]["socket"]) == (200, False)
    await invokeai.server.start()
