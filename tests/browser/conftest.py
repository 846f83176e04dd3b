"""A real browser before the sandbox page, with the real bot beside it or with one that says anything."""

import os
import random
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from fake_bot import FakeBot
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from sandbox.web.server import Page as Server
from sandbox.web.stage import Stage, set_up

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PATIENCE_MS = 20_000


@dataclass
class Open:
    """An open page, the stage behind it, and what the browser complained of."""

    page: Page
    stage: Stage
    server: Server
    complaints: list[str]

    async def become(self, name: str) -> None:
        await self.page.get_by_label("Who you are").select_option(name)

    async def type(self, words: str) -> None:
        """Types into the message field, as a person at a keyboard does."""
        field = self.page.get_by_role("combobox", name="Message #renders")
        await field.fill("")
        await field.press_sequentially(words)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.fail("No Chromium: install Debian's package `chromium`, or name one in CHROMIUM.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """With the real bot, online, its commands known; a picture takes half a second."""
    async with set_up(tmp_path, rng=random.Random(7), seconds=0.5) as stage:
        assert stage.bot is not None
        await stage.bot.says("baseline_taken", within=20)
        await stage.bot.says("discord_connected", within=20)
        yield stage


@pytest.fixture
async def bare_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_up(tmp_path, rng=random.Random(7), seconds=0.5, bot=False) as stage:
        yield stage


@pytest.fixture
async def fake_bot(bare_stage: Stage) -> AsyncIterator[FakeBot]:
    async with aiohttp.ClientSession() as http:
        bot = FakeBot(bare_stage, http)
        yield bot
        await bot.stop()


async def opened(
    browser: Browser, stage: Stage, size: ViewportSize = DESKTOP, colours: str = "light"
) -> AsyncIterator[Open]:
    """The page, served and open; nothing may be left on the browser's console."""
    server = Server(stage)
    await server.start()
    page = await browser.new_page(viewport=size, color_scheme="dark" if colours == "dark" else "light")
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await page.goto(server.url)
    yield Open(page, stage, server, complaints)
    await page.close()
    await server.stop()


@pytest.fixture
async def desk(browser: Browser, stage: Stage) -> AsyncIterator[Open]:
    """The page at 1280 pixels beside the real bot."""
    async for open_page in opened(browser, stage):
        yield open_page
        assert open_page.complaints == []


@pytest.fixture
async def bare(browser: Browser, bare_stage: Stage) -> AsyncIterator[Open]:
    """The page at 390 pixels on a stage without the real bot."""
    async for open_page in opened(browser, bare_stage, PHONE):
        yield open_page
        assert open_page.complaints == []
