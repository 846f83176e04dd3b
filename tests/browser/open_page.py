"""The sandbox page, open in a real Chromium."""

import os
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.web.server import Page as Server
from sandbox.web.stage import Stage

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

    async def command(self, words: str) -> None:
        """Types a command that needs no option, picks it and sends it."""
        await self.type(f"/{words}")
        await expect(self.page.get_by_role("option", name=f"/{words}").first).to_be_visible()
        await self.page.keyboard.press("Enter")
        await self.page.keyboard.press("Enter")


async def opened(
    browser: Browser, stage: Stage, size: ViewportSize = DESKTOP, colours: str = "light"
) -> AsyncGenerator[Open]:
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
