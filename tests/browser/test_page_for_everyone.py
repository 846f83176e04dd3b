"""The page for people who can't see, can't use a mouse, hold a small phone or prefer the dark."""

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import pytest
from fake_bot import MESSAGE, MODAL, V2, FakeBot
from open_page import DESKTOP, PHONE, Open, opened
from playwright.async_api import Browser, Page, expect

from sandbox.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PANEL: dict[str, Any] = {
    "flags": V2,
    "components": [
        {
            "type": 17,
            "accent_color": 0xED4245,
            "components": [
                {
                    "type": 10,
                    "content": "### A panel\n`code` **strong** <t:0:R>\n-# small\n> quoted\n- a\n- b",
                },
                {"type": 14},
                {
                    "type": 1,
                    "components": [
                        {"type": 2, "style": style, "label": f"Style {style}", "custom_id": f"b{style}"}
                        for style in (1, 2, 3, 4)
                    ]
                    + [{"type": 2, "style": 5, "label": "Link", "url": "https://example.com/"}],
                },
                {
                    "type": 1,
                    "components": [
                        {"type": 3, "custom_id": "one", "options": [{"label": "One", "value": "1"}]},
                    ],
                },
            ],
        }
    ],
}
FORM = {
    "custom_id": "form",
    "title": "A form",
    "components": [
        {"type": 18, "label": "Count", "component": {"type": 4, "custom_id": "count", "style": 1}},
        {"type": 18, "label": "Words", "component": {"type": 4, "custom_id": "words", "style": 2}},
        {"type": 18, "label": "File", "component": {"type": 19, "custom_id": "file", "required": False}},
    ],
}


async def findings(page: Page) -> list[str]:
    """axe-core's serious and critical findings, each with the first element that it names."""
    found = json.loads(await page.evaluate("axe.run().then((one) => JSON.stringify(one.violations))"))
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0]['failureSummary']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


async def width_overflow(page: Page) -> int:
    return await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture(params=["light", "dark"])
async def phone(request: pytest.FixtureRequest, browser: Browser, bare_stage: Stage) -> AsyncIterator[Open]:
    async for one in opened(browser, bare_stage, PHONE, request.param):
        yield one


@pytest.fixture(params=["light", "dark"])
async def desktop(request: pytest.FixtureRequest, browser: Browser, bare_stage: Stage) -> AsyncIterator[Open]:
    async for one in opened(browser, bare_stage, DESKTOP, request.param):
        yield one


async def everything(fake_bot: FakeBot) -> None:
    """A message of each kind, and a command with options."""
    option = {
        "type": 3,
        "name": "scope",
        "description": "How far",
        "choices": [{"name": "All", "value": "all"}],
    }
    await fake_bot.start([{"name": "cancel", "description": "Cancel jobs", "type": 1, "options": [option]}])
    fake_bot.answers["cancel"] = {"type": MODAL, "data": FORM}
    fake_bot.answers["form"] = {"type": MESSAGE, "data": {"content": "thanks", "flags": 1 << 6}}
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    embed = {
        "title": "Embed",
        "description": "with `code`, a [link](https://example.com/) and <#1> ||spoiler||\n```py\nx = 1\n```",
        "color": 0x3BA55D,
        "fields": [{"name": "Name", "value": "value", "inline": True}],
        "footer": {"text": "footer"},
        "timestamp": "2026-01-01T00:00:00+00:00",
    }
    await fake_bot.post(
        {"content": "✅ #1 done", "embeds": [embed]}, ("drawing.svg", drawing, "image/svg+xml")
    )
    await fake_bot.post(PANEL)


@pytest.fixture
def axe() -> str:
    """axe-core's source, which the package brings along."""
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


async def looked_at(open_page: Open, fake_bot: FakeBot, axe: str) -> None:
    """axe looks at the channel, the picker, a command being filled in, and a form."""
    page = open_page.page
    await everything(fake_bot)
    await expect(page.get_by_text("A panel", exact=True)).to_be_visible()
    await page.evaluate(axe)
    assert await findings(page) == []
    await open_page.type("/")
    await expect(page.get_by_role("option", name="/cancel")).to_be_visible()
    assert await findings(page) == []
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Add scope").click()
    await expect(page.get_by_role("option", name="All")).to_be_visible()
    assert await findings(page) == []
    assert await width_overflow(page) == 0
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="A form")).to_be_visible()
    assert await findings(page) == []
    assert await width_overflow(page) == 0
    await page.keyboard.press("Escape")


async def test_axe_finds_nothing_serious_on_a_phone(phone: Open, fake_bot: FakeBot, axe: str) -> None:
    await looked_at(phone, fake_bot, axe)
    await phone.page.get_by_role("button", name="Desk", exact=True).click()
    assert await findings(phone.page) == []
    assert await width_overflow(phone.page) == 0


async def test_axe_finds_nothing_serious_on_a_desktop(desktop: Open, fake_bot: FakeBot, axe: str) -> None:
    await looked_at(desktop, fake_bot, axe)


async def test_a_finger_hits_every_control(bare: Open, fake_bot: FakeBot) -> None:
    """40 pixels at least; what stands inside a line of text is let off, as in WCAG."""
    await everything(fake_bot)
    page = bare.page
    await expect(page.get_by_text("A panel", exact=True)).to_be_visible()
    small = """() => [...document.querySelectorAll("button, select, input, a.file, a.button, summary")]
      .filter((node) => node.checkVisibility() && !node.closest("p"))
      .map((node) => [node.outerHTML.slice(0, 80), node.getBoundingClientRect()])
      .filter(([, box]) => box.height < 39.5 || box.width < 39.5)
      .map(([words, box]) => `${words} ${box.width}x${box.height}`)"""
    assert await page.evaluate(small) == []
    await page.get_by_role("button", name="Desk", exact=True).click()
    assert await page.evaluate(small) == []


async def test_long_words_and_wide_things_do_not_widen_the_phone(bare: Open, fake_bot: FakeBot) -> None:
    word = "W" * 300
    await fake_bot.post(
        {
            "content": f"{word}\n```\n{word}\n```",
            "embeds": [{"title": word[:250], "fields": [{"name": word[:200], "value": word}] * 3}],
            "components": [
                {
                    "type": 1,
                    "components": [
                        {"type": 2, "style": 2, "label": "W" * 80, "custom_id": str(number)}
                        for number in range(5)
                    ],
                }
            ],
        },
        (f"{'w' * 120}.txt", b"wide", "text/plain"),
    )
    page = bare.page
    await expect(page.get_by_role("article")).to_be_visible()
    assert await width_overflow(page) == 0
    assert await page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    wide = """() => [...document.querySelectorAll("#messages *")]
      .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
      .map((node) => node.className)"""
    assert await page.evaluate(wide) == []


async def test_new_messages_are_announced(bare: Open, fake_bot: FakeBot) -> None:
    await expect(bare.page.locator("#channel-name")).to_have_text("renders")
    await fake_bot.post({"content": "✅ #1 done"})
    await expect(bare.page.locator("#announcer")).to_contain_text("sandbox-bot: ✅ #1 done")


async def test_the_theme_can_be_changed_and_is_kept(bare: Open) -> None:
    page = bare.page
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(background)
    await page.get_by_role("button", name="Change to dark").click()
    dark = await page.evaluate(background)
    assert dark != light
    await page.reload()
    assert await page.evaluate(background) == dark


async def test_the_page_says_that_it_is_a_sandbox(bare: Open) -> None:
    await expect(bare.page.get_by_role("banner")).to_contain_text("Sandbox")
    await expect(bare.page.get_by_role("banner")).to_contain_text("make-believe Discord and InvokeAI")
