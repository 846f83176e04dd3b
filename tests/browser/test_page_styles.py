"""Styles and pictures of one's own at the sandbox page, with the real bot beside it."""

import io
import re

import pytest
from open_page import PHONE, opened
from PIL import Image
from playwright.async_api import Browser, expect

from sandbox.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def photo() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(data, "PNG")
    return data.getvalue()


async def test_a_style_is_saved_and_used_with_a_file_and_with_a_picture_of_the_channel(
    browser: Browser, stage: Stage
) -> None:
    async for desk in opened(browser, stage, PHONE):
        page = desk.page
        phone = page.get_by_role("region", name="Phone")
        stage.enqueue(stage.studio.one())
        await stage.channel.wait_for(lambda one: "#1" in one.content, timeout=20)
        newest = stage.invokeai.images.newest()
        assert newest is not None
        stage.enqueue(stage.studio.from_picture(newest))
        await stage.channel.wait_for(lambda one: "#2" in one.content, timeout=20)
        second = page.get_by_role("article").filter(has_text="#2").last
        await second.get_by_role("button", name="More", exact=True).click()
        await page.get_by_role("button", name="Save as style…").click()
        form = page.get_by_role("dialog")
        await form.get_by_label("Name").fill("From a photo")
        await form.get_by_label("Default of this channel").select_option("Yes")
        await form.get_by_role("button", name="Submit").click()
        await expect(phone.get_by_text("/imagine uses it in this channel")).to_be_visible()

        await desk.type("/imagine")
        await page.get_by_role("option", name="/imagine").first.click()
        await (
            page.get_by_role("combobox", name="prompt")
            .or_(page.get_by_label("prompt"))
            .first.fill("a quiet bay")
        )
        await page.get_by_role("button", name=re.compile("^Add image")).click()
        await page.get_by_label("image", exact=True).set_input_files(
            {"name": "bay.png", "mimeType": "image/png", "buffer": photo()}
        )
        await page.get_by_role("button", name="Send").click()
        await expect(phone.get_by_text("#3 is queued")).to_be_visible(timeout=20_000)

        first = page.get_by_role("article").filter(has_text="#1").first
        await first.get_by_role("button", name="Apps").click()
        await page.get_by_role("button", name="Use as input…").click()
        form = page.get_by_role("dialog")
        await form.get_by_label("Prompt", exact=False).first.fill("a stormy bay")
        await form.get_by_role("button", name="Submit").click()
        await expect(phone.get_by_text("#4 is queued")).to_be_visible(timeout=20_000)
        assert desk.complaints == []
    drawn = [item.session["graph"]["nodes"] for item in stage.invokeai.queue.select("default")][-2:]
    assert [nodes["canvas_output:1"]["prompt"] for nodes in drawn] == ["a quiet bay", "a stormy bay"]
    used = [nodes["initial_image_resize_in:1"]["image"]["image_name"] for nodes in drawn]
    assert stage.invokeai.images.open(used[0]).size == (90, 60)
    assert len(set(used)) == 2
