"""A real browser before the sandbox page, with the real bot beside it or with one that says anything."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from fake_bot import FakeBot
from open_page import CHROMIUM, FLAGS, PHONE, Open, opened
from playwright.async_api import Browser, async_playwright

from sandbox.web.stage import Stage, set_up


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
