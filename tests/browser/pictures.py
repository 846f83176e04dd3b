"""Makes the pictures of the README and the docs from the sandbox page: `make pictures`."""

import asyncio
import random
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from open_page import CHROMIUM, DESKTOP, FLAGS, PHONE
from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from sandbox.web.server import Page as Server
from sandbox.web.stage import Stage, set_up

COLOURS = 256
PATIENCE_MS = 60_000
SEED = 11
PICTURE_SECONDS = 1.5


async def make(folder: Path) -> None:
    """Every picture, into `folder`."""
    with tempfile.TemporaryDirectory() as bot_folder:
        async with (
            set_up(Path(bot_folder), rng=random.Random(SEED), seconds=PICTURE_SECONDS) as stage,
            async_playwright() as playwright,
        ):
            server = Server(stage)
            await server.start()
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            await _history(stage)
            for colours in ("light", "dark"):
                await _phone(browser, server.url, stage, colours, folder)
                await _desktop(browser, server.url, colours, folder)
            await browser.close()
            await server.stop()


async def _history(stage: Stage) -> None:
    """A failure, an album that came after the bot was killed, one picture."""
    assert stage.bot is not None
    await stage.bot.says("baseline_taken", within=20)
    stage.enqueue(stage.studio.failing())
    await stage.channel.wait_for(lambda one: "❌" in one.content, timeout=20)
    await stage.kill_bot()
    stage.enqueue(stage.studio.batch(4))
    await asyncio.sleep(PICTURE_SECONDS * 4 * 1.4 + 2)
    await stage.start_bot()
    await stage.channel.wait_for(lambda one: "#5" in one.content, timeout=30)
    stage.enqueue(stage.studio.one())
    await stage.channel.wait_for(lambda one: "#6" in one.content, timeout=20)


async def _phone(browser: Browser, url: str, stage: Stage, colours: str, folder: Path) -> None:
    page = await _open(browser, url, PHONE, colours, scale=2)

    async def keep(name: str) -> None:
        await _keep(page, folder / f"{name}-{colours}.png")

    await keep("phone")
    await page.get_by_role("article").filter(has_text="Out of VRAM").first.scroll_into_view_if_needed()
    await page.locator("#scroller").evaluate("node => node.scrollTop = 0")
    await keep("failure")
    await page.locator("li.message:has(.gallery[data-count='4'])").evaluate("node => node.scrollIntoView()")
    await keep("album")
    await page.locator(".gallery[data-count='4'] button").first.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await keep("lightbox")
    await page.keyboard.press("Escape")
    await page.get_by_role("combobox", name="Message").press_sequentially("/")
    await expect(page.get_by_role("option", name="/queue")).to_be_visible()
    await keep("commands")
    stage.enqueue(stage.studio.batch(2))
    await expect(page.locator("#invokeai-status")).to_contain_text("rawing")
    await asyncio.sleep(PICTURE_SECONDS / 2)
    await page.get_by_role("combobox", name="Message").fill("/que")
    await expect(page.get_by_role("option", name="/queue")).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    panel = page.get_by_role("article").filter(has_text="used /queue")
    await expect(panel).to_be_visible()
    await keep("queue")
    await panel.get_by_role("button", name="Dismiss message").click()
    await page.get_by_role("button", name="Desk", exact=True).click()
    await expect(page.locator("#tally")).to_contain_text("0 not told yet")
    await expect(page.locator("#invokeai-status")).to_contain_text("Idle")
    await keep("desk")
    await page.close()


async def _desktop(browser: Browser, url: str, colours: str, folder: Path) -> None:
    page = await _open(browser, url, DESKTOP, colours, scale=1)
    await _keep(page, folder / f"desktop-{colours}.png")
    await page.close()


async def _open(browser: Browser, url: str, size: ViewportSize, colours: str, *, scale: int) -> Page:
    page = await browser.new_page(
        viewport=size,
        color_scheme="dark" if colours == "dark" else "light",
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    await page.goto(url)
    await expect(page.locator("#messages .shot").last).to_be_visible()
    return page


async def _keep(page: Page, path: Path) -> None:
    """A small PNG: a palette of 256 colours."""
    await page.evaluate(
        "Promise.all([...document.images].map((one) => (one.loading = 'eager', one.decode())))"
    )
    picture = Image.open(BytesIO(await page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, kmeans=2, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(target))
