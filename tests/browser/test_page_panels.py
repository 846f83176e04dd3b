"""Every panel and question of the real bot at the sandbox page, on a phone and on a desktop."""

from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import pytest
from open_page import DESKTOP, PHONE, Open, opened
from playwright.async_api import Browser, Locator, expect
from test_page_for_everyone import findings, width_overflow

from sandbox.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CUT = """(panel) => [...panel.querySelectorAll("*:not(.unseen)")]
  .filter((node) => node.checkVisibility() && getComputedStyle(node).overflowX !== "visible"
    && node.scrollWidth > node.clientWidth + 1)
  .map((node) => node.outerHTML.slice(0, 120))"""
"""Whatever holds more than it shows."""


@pytest.fixture
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Open]:
    async for one in opened(browser, stage, PHONE, "dark"):
        await one.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
        yield one
        assert one.complaints == []


async def look(panel: Locator, name: str) -> None:
    """axe looks at the page, at both widths, and nothing of the panel is cut or beside it."""
    page = panel.page
    for size in (DESKTOP, PHONE):
        await page.set_viewport_size(size)
        what = f"{name} at {size['width']} pixels"
        assert await findings(page) == [], what
        assert await width_overflow(page) <= 0, what
        assert await panel.evaluate(CUT) == [], what


async def history(stage: Stage) -> None:
    """One done, one failed, a style of the first; then a pause, and a batch that waits."""
    owner = stage.people["owner"]
    stage.enqueue(stage.studio.one())
    stage.enqueue(stage.studio.failing())
    await stage.channel.wait_for(lambda one: "❌" in one.content, timeout=20)
    await owner.slash(stage.channel, "style save", job=1, name="wide")
    await owner.slash(stage.channel, "pause", until="23:59", reason="lunch")
    stage.enqueue(stage.studio.batch(4))


async def answered(page: Open, command: str, words: str, **options: Any) -> Locator:
    """The private answer to the owner's command, looked at."""
    await page.stage.people["owner"].slash(page.stage.channel, command, **options)
    panel = page.page.get_by_role("article").filter(has_text=f"used /{command}").last
    await expect(panel).to_contain_text(words)
    await look(panel, f"/{command} {options}")
    return panel


LINES = """(panel, names) => {
  const named = (button) => button.getAttribute("aria-label") ?? button.textContent.trim();
  const found = [...panel.querySelectorAll("button")].filter((button) => names.includes(named(button)));
  if (found.length !== names.length) return `${found.map(named)} instead of ${names}`;
  return new Set(found.map((button) => Math.round(button.getBoundingClientRect().y))).size;
}"""


async def rows(panel: Locator, *names: str) -> int | str:
    """On how many lines these buttons stand, at one moment: the page moves while pictures come."""
    return await panel.evaluate(LINES, list(names))


async def look_ups(page: Open) -> None:
    jobs = await answered(page, "jobs", "4 waiting in 1 batch")
    await jobs.get_by_role("combobox").last.select_option("mine")
    await expect(jobs).to_contain_text("None of these jobs is yours")
    await look(jobs, "/jobs, my jobs")
    queue = await answered(page, "queue", "Paused")
    await expect(queue.get_by_role("combobox")).to_be_visible()
    job = await answered(page, "job", "#1 done", job=1)
    assert await rows(job, "Again", "Tweak…", "More") == 1
    await job.get_by_role("button", name="More").click()
    articles = page.page.get_by_role("article")  # a notice may come after the one that is meant
    more = articles.filter(has=page.page.get_by_role("button", name="Delete…")).last
    await expect(more.get_by_role("button", name="Delete…")).to_be_visible()
    for names in (("×4", "⭐", "Original"), ("Board…", "Save as style…"), ("Delete…", "JSON")):
        assert await rows(more, *names) == 1
    await look(more, "more of #1")
    await more.get_by_role("button", name="Delete…").click()
    question = articles.filter(has_text="Delete 1 image of #1?").last
    assert await rows(question, "Keep", "In InvokeAI", "In both") == 1
    await look(question, "delete #1?")
    for command, words, options in (
        ("job", "VRAM", {"job": 2}),
        ("latest", "#2", {}),
        ("quota", "Nobody has asked for a picture", {}),
        ("style list", "wide", {}),
        ("style show", "wide", {"name": "wide"}),
    ):
        await answered(page, command, words, **options)


async def questions(page: Open) -> None:
    for command, words, options in (
        ("cancel", "4 waiting (“", {"scope": "batch", "job": 3}),
        ("cancel", "4 waiting (“", {"scope": "waiting"}),
        ("cancel", "4 waiting (“", {"scope": "destination", "job": 3}),
        ("pause", "Paused until", {"for": "90"}),
        ("prune", "?", {}),
        ("clear", "?", {}),
    ):
        await answered(page, command, words, **options)


async def settings(page: Open) -> None:
    panel = await answered(page, "notify show", "Notices")
    assert await rows(panel, "Change…", "Test", "Snooze…") == 1
    await panel.get_by_role("button", name="Change…").click()
    await expect(panel).to_contain_text("What to post")
    assert await rows(panel, "Quiet hours…", "More…") == await rows(panel, "Done", "Stop…") == 1
    await look(panel, "change")
    await panel.get_by_role("button", name="Stop…").click()
    await expect(panel).to_contain_text("settings are forgotten")
    await look(panel, "stop?")


async def test_panels_and_questions_fit_a_phone_and_a_desktop_and_axe_finds_nothing(page: Open) -> None:
    await history(page.stage)
    await look_ups(page)
    await questions(page)
    await settings(page)
