"""The page of a demo with a leader and a standby on one PostgreSQL."""

import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from open_page import PHONE, Open, opened
from playwright.async_api import Browser, expect
from test_page_for_everyone import axe, findings, width_overflow

from sandbox.postgresql import PostgreSQLMissing, postgresql
from sandbox.web.stage import Stage, set_up

__all__ = ["axe"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SOON = 60_000
TOOK = re.compile(r"^The standby led \d+\.\d s after the kill\.$")


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Stage]:
    try:
        async with (
            postgresql() as address,
            set_up(tmp_path, rng=random.Random(7), seconds=0.5, postgresql=address) as stage,
        ):
            yield stage
    except PostgreSQLMissing as error:
        pytest.skip(str(error))


@pytest.fixture
async def desk(browser: Browser, pair: Stage) -> AsyncIterator[Open]:
    async for page in opened(browser, pair):
        yield page
        assert page.complaints == []


async def test_the_page_says_how_long_the_standby_took_and_no_job_is_lost(desk: Open, axe: str) -> None:
    page = desk.page
    card = page.get_by_role("region", name="A standby")
    kill, start = (card.get_by_role("button", name=name) for name in ("Kill the leader", "Start a standby"))
    await expect(card).to_contain_text("Standing by · process", timeout=SOON)
    await expect(page.get_by_role("button", name="Kill the bot")).to_be_hidden()
    await kill.click()
    await page.get_by_role("button", name="Queue one").click()
    await expect(card).to_contain_text("There is no standby.", timeout=SOON)
    await expect(card.locator("#take-over")).to_have_text(TOOK, timeout=SOON)
    await expect(page.locator("#tally")).to_contain_text("1 ended · 1 told once", timeout=SOON)
    await expect(kill).to_be_disabled()
    await start.click()
    await expect(card).to_contain_text("Standing by · process", timeout=SOON)
    await page.evaluate(axe)
    assert await findings(page) == []
    await page.set_viewport_size(PHONE)
    await page.get_by_role("button", name="Desk", exact=True).click()
    await expect(card).to_be_visible()
    assert await findings(page) == []
    assert await width_overflow(page) == 0
