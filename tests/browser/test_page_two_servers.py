"""The page of a demo with two InvokeAI under one bot."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from open_page import PHONE, Open, opened
from playwright.async_api import Browser, expect
from test_page_for_everyone import axe, findings, width_overflow

from sandbox.web.stage import Stage, set_up

__all__ = ["axe"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SOON = 60_000


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Stage]:
    async with set_up(tmp_path, rng=random.Random(7), seconds=0.5, two_servers=True) as stage:
        assert stage.bot is not None
        await stage.bot.says("discord_connected", within=30)
        await stage.bot.says("baseline_taken", within=30)
        yield stage


@pytest.fixture
async def desk(browser: Browser, two: Stage) -> AsyncIterator[Open]:
    async for page in opened(browser, two):
        yield page
        assert page.complaints == []


async def test_the_same_number_on_each_of_two_servers_is_two_jobs_each_told_once(
    desk: Open, axe: str
) -> None:
    page = desk.page
    card = page.get_by_role("region", name="A second InvokeAI")
    await expect(page.get_by_role("region", name="A standby")).to_be_hidden()
    await page.get_by_role("button", name="Queue one", exact=True).click()
    await card.get_by_role("button", name="One that fails in the attic").click()
    await expect(page.locator("#tally")).to_contain_text(
        "2 ended · 2 told once · 0 not told yet · 0 told twice", timeout=SOON
    )
    jobs = page.get_by_role("list", name="The newest jobs")
    for words in ("studio #1", "attic #1"):
        await expect(jobs).to_contain_text(words)
    lines = sorted(
        message.content.split(" · ")[0] for message in desk.stage.channel.messages if message.content
    )
    assert {"✅ studio", "❌ attic"} <= {*lines}
    await card.get_by_role("button", name="Take the attic away").click()
    await expect(card).to_contain_text("Away")
    await page.evaluate(axe)
    assert await findings(page) == []
    await page.set_viewport_size(PHONE)
    await page.get_by_role("button", name="Desk", exact=True).click()
    await expect(card.get_by_role("button", name="Bring the attic back")).to_be_visible()
    assert await findings(page) == []
    assert await width_overflow(page) == 0
