"""A person changes a channel's settings at the sandbox page, with the real bot beside it."""

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import pytest
from open_page import DESKTOP, PHONE, Open, opened
from playwright.async_api import Browser, Locator, expect
from test_page_for_everyone import findings, width_overflow

from sandbox.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
async def page(request: pytest.FixtureRequest, browser: Browser, stage: Stage) -> AsyncIterator[Open]:
    async for one in opened(browser, stage, request.param, "dark"):
        yield one
        assert one.complaints == []


async def choose(panel: Locator, menu: str, *labels: str) -> None:
    """Ticks these in a menu of several, and nothing else."""
    box = panel.locator("details").filter(has_text=menu)
    await box.locator("summary").click()
    for each in await box.get_by_role("checkbox").all():
        await each.uncheck()
    for label in labels:
        await box.get_by_label(label).check()
    await box.get_by_role("button", name="Choose").click()


async def test_the_panel_fits_is_readable_and_shows_each_change(page: Open) -> None:
    await page.command("notify here")
    panel = page.page.get_by_role("article").filter(has_text="Notices in")
    await expect(panel).to_contain_text("Posts finished pictures · failures")
    await panel.get_by_role("button", name="Change…").click()
    await expect(panel).to_contain_text("What to post")
    await expect(panel.locator("summary").first).to_contain_text("Finished pictures, Failures, Cancellations")
    await page.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    assert await findings(page.page) == []
    assert await width_overflow(page.page) <= 0
    await choose(panel, "Finished pictures", "Failures", "Others' jobs that the bot may not see into")
    await expect(panel).to_contain_text(re.compile(r"Posts failures\s*Buzzes"))
    await panel.get_by_label("Nobody").select_option("Guest")
    await expect(panel).to_contain_text("Mentions @Guest")
    await expect(panel.get_by_label("Nobody")).to_have_value(str(page.stage.people["guest"].id))
    await panel.get_by_label("Nobody").select_option("")
    await expect(panel).not_to_contain_text("Mentions")
    await panel.get_by_role("button", name="Quiet hours…").click()
    form = page.page.get_by_role("dialog")
    await form.get_by_label("Hours", exact=True).fill("at night")
    await form.get_by_role("button", name="Submit").click()
    refused = page.page.get_by_role("article").filter(has_text="Write quiet hours like this")
    await expect(refused).to_contain_text("at night")
    assert await findings(page.page) == []
    await refused.get_by_role("button", name="Edit again").click()
    await expect(form.get_by_label("Hours", exact=True)).to_have_value("at night")
    await form.get_by_label("Hours", exact=True).fill("10pm-7am")
    await form.get_by_role("button", name="Submit").click()
    await expect(page.page.get_by_role("article").last).to_contain_text("Quiet hours 22:00-07:00")
