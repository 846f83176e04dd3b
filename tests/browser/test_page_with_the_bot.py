"""A person at the sandbox page, with the real bot beside it."""

import io
import re

import pytest
from open_page import PHONE, Open, opened
from PIL import Image
from playwright.async_api import Browser, expect

from sandbox.web.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def photo() -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(data, "PNG")
    return data.getvalue()


async def test_an_image_arrives_and_opens_in_the_lightbox(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Queue one").click()
    picture = page.get_by_role("button", name=re.compile("Open picture: .*1-.*png"))
    await expect(picture).to_be_visible(timeout=20_000)
    await expect(page.locator("#lockscreen")).to_contain_text(re.compile("✅ “.*” · .* · #1"))
    await expect(page.locator("#lockscreen")).to_contain_text("📎 1-")
    await picture.click()
    box = page.get_by_role("dialog", name="Picture")
    await expect(box).to_be_visible()
    await expect(box.get_by_role("button", name="Close")).to_be_focused()
    loaded = await box.locator("img").evaluate("async image => (await image.decode(), image.naturalWidth)")
    assert loaded > 100
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    await expect(picture).to_be_focused()


async def test_what_ended_while_invokeai_was_away_is_told_of_once_it_is_back(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Take InvokeAI away").click()
    await page.get_by_role("button", name="Batch of 4").click()
    await expect(page.locator("#tally")).to_contain_text("4 ended · 0 told once", timeout=30_000)
    await page.get_by_role("button", name="Bring InvokeAI back").click()
    await expect(page.locator("#tally")).to_contain_text(
        "4 told once · 0 not told yet · 0 told twice", timeout=40_000
    )


async def test_typing_que_and_picking_shows_the_queue_to_oneself_only(desk: Open) -> None:
    page = desk.page
    await desk.type("/que")
    option = page.get_by_role("option", name="/queue")
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    answer = page.get_by_role("article").filter(has_text="/queue")
    await expect(answer).to_contain_text("nothing waiting")
    await expect(answer).to_contain_text("Only you can see this")
    await desk.become("guest")
    await expect(answer).to_have_count(0)
    await desk.become("owner")
    await answer.get_by_role("button", name="Dismiss message").click()
    await expect(answer).to_have_count(0)


async def test_an_operator_pauses_and_resumes_and_a_guest_is_not_offered_it(desk: Open) -> None:
    page = desk.page
    status = page.locator("#invokeai-status")
    await desk.become("guest")
    await desk.type("/")
    await expect(page.get_by_role("option", name="/queue")).to_be_visible()
    await expect(page.get_by_role("option", name="/pause")).to_have_count(0)
    await desk.become("operator")
    await desk.command("pause")
    await expect(status).to_contain_text("paused")
    await desk.command("resume")
    await expect(status).not_to_contain_text("paused")


async def test_a_command_is_filled_in_by_keyboard_with_choices_and_suggestions(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Queue one").click()
    await expect(page.locator("#lockscreen")).to_contain_text(re.compile("✅ “.*” · .* · #1"), timeout=20_000)
    await desk.type("/job")
    await page.keyboard.press("Tab")
    field = page.get_by_role("combobox", name="job")
    await expect(field).to_be_focused()
    await expect(page.get_by_role("option", name=re.compile("#1"))).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(field).to_have_value(re.compile("#1"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article").filter(has_text="used /job")).to_contain_text("#1")


async def test_a_workflow_is_filled_in_with_a_picture_of_one_s_own(desk: Open) -> None:
    page = desk.page
    await desk.type("/workflow")
    await page.keyboard.press("Tab")
    await page.get_by_role("combobox", name="name").press_sequentially("soft")
    await expect(page.get_by_role("option", name="Soft focus · shipped")).to_be_visible()
    await expect(page.get_by_role("option", name="Postcard")).to_have_count(0)  # no longer all that there are
    await page.keyboard.press("Enter")
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Soft focus")
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Your picture").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": photo()}
    )
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("article").filter(has_text="#1 is queued")).to_contain_text("Soft focus")
    await expect(page.get_by_role("button", name=re.compile("Open picture: .*1.*png"))).to_be_visible(
        timeout=20_000
    )


async def test_a_missing_option_is_asked_for_and_escape_gives_the_field_back(desk: Open) -> None:
    page = desk.page
    await desk.type("/job ")
    await page.get_by_role("option", name="/job", exact=False).first.click()
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("#composer").get_by_role("alert")).to_contain_text("job is needed")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("combobox", name="Message #renders")).to_be_focused()


async def test_a_killed_bot_tells_of_each_job_once_when_it_is_back(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Batch of 4").click()
    await expect(page.locator("#tally")).to_contain_text("1 told once", timeout=20_000)
    await page.get_by_role("button", name="Kill the bot").click()
    await expect(page.locator("#channel-note")).to_contain_text("offline (killed)")
    await page.get_by_role("button", name="A failing job").click()
    await expect(page.locator("#tally")).to_contain_text("5 ended", timeout=20_000)
    await page.get_by_role("button", name="Start the bot").click()
    await expect(page.locator("#tally")).to_contain_text(
        "5 ended · 5 told once · 0 not told yet · 0 told twice", timeout=60_000
    )
    await expect(page.locator("#channel-note")).to_contain_text("bot online")


async def test_nothing_is_lost_while_discord_is_away(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Take Discord away").click()
    await expect(page.locator("#banner")).to_contain_text("Discord is away")
    await page.get_by_role("button", name="Queue one").click()
    await expect(page.locator("#tally")).to_contain_text("1 ended · 0 told once", timeout=20_000)
    await desk.type("hello")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.local")).to_contain_text("Discord can't be reached.")
    await page.get_by_role("button", name="Bring Discord back").click()
    await expect(page.locator("#tally")).to_contain_text("1 told once · 0 not told yet", timeout=60_000)
    await expect(page.locator("#banner")).to_be_hidden()
    await expect(page.locator("#channel-note")).to_contain_text("bot online", timeout=60_000)
    desk.complaints[:] = [one for one in desk.complaints if "503" not in one]


async def test_an_operator_presses_pause_below_the_queue_and_a_guest_is_refused(desk: Open) -> None:
    page = desk.page
    status = page.locator("#invokeai-status")
    await desk.become("guest")
    await desk.command("queue")
    panel = page.get_by_role("article").filter(has_text="used /queue")
    await panel.get_by_role("button", name="Pause").click()
    refusal = page.get_by_role("article").filter(has_text="needs")
    await expect(refusal).to_contain_text("Only you can see this")
    await expect(status).not_to_contain_text("paused")
    await desk.become("operator")
    await desk.command("queue")
    await panel.get_by_role("button", name="Pause").click()
    await expect(status).to_contain_text("paused")
    await expect(panel).to_contain_text("Paused")
    await panel.get_by_role("button", name="Resume").click()
    await expect(status).not_to_contain_text("paused")


async def test_an_admin_clears_the_queue_after_being_asked(desk: Open) -> None:
    page = desk.page
    await desk.become("admin")
    await page.get_by_role("button", name="Batch of 4").click()
    await desk.command("clear")
    question = page.get_by_role("article").filter(has_text="used /clear")
    await expect(question.get_by_role("button", name="Keep the queue")).to_be_visible()
    await question.locator(".button.danger").click()
    await expect(page.locator("#invokeai-status")).to_contain_text("Idle · 0 waiting")
    await expect(question.locator(".button.danger:enabled")).to_have_count(0)


async def test_again_is_pressed_by_an_operator_and_refused_to_a_guest(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="Queue one").click()
    notice = page.get_by_role("article").filter(has_text=re.compile(r"✅ “.*” · .* · #1(?!\d)"))
    await desk.become("guest")
    await notice.get_by_role("button", name="Again").click()
    await expect(page.get_by_role("article").filter(has_text="That needs")).to_contain_text(
        "Only you can see"
    )
    await expect(page.locator("#tally")).to_contain_text("1 ended")
    await desk.become("operator")
    await notice.get_by_role("button", name="Again").click()
    await expect(
        page.get_by_role("article").filter(has_text=re.compile(r"✅ “.*” · .* · #2(?!\d)"))
    ).to_be_visible(timeout=30_000)
    await expect(page.locator("#tally")).to_contain_text("2 told once · 0 not told yet · 0 told twice")


async def test_on_a_phone_the_buttons_below_a_notice_stand_in_one_row_and_each_has_a_name(
    browser: Browser, stage: Stage
) -> None:
    stage.enqueue(stage.studio.one())
    stage.enqueue(stage.studio.failing())
    await stage.channel.wait_for(lambda one: "❌" in one.content, timeout=20)
    async for phone in opened(browser, stage, PHONE):
        for sign, names in (
            ("✅", ["Again", "Tweak…", "⭐", "More"]),
            ("❌", ["Retry", "Retry smaller", "More"]),
        ):
            notice = phone.page.get_by_role("article").filter(has_text=sign)
            found = [notice.get_by_role("button", name=name, exact=True) for name in names]
            boxes = [await button.bounding_box() for button in found]
            assert len({round(box["y"]) for box in boxes if box}) == 1, sign
            assert None not in boxes


async def test_a_form_is_filled_in_and_what_it_asks_for_is_done(desk: Open) -> None:
    page = desk.page
    await desk.become("operator")
    await page.get_by_role("button", name="Queue one").click()
    await (
        page.get_by_role("article")
        .filter(has_text=re.compile(r"✅ “.*” · .* · #1(?!\d)"))
        .get_by_role("button", name="Tweak")
        .click()
    )
    form = page.get_by_role("dialog")
    await expect(form).to_be_visible()
    await form.get_by_role("combobox").select_option("2")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_be_hidden()
    await expect(page.locator("#tally")).to_contain_text("3 told once", timeout=60_000)


async def test_a_video_plays_on_the_phone_and_a_canvas_picture_is_no_news(desk: Open) -> None:
    page = desk.page
    await page.get_by_role("button", name="The canvas").click()
    await page.get_by_role("button", name="A video").click()
    await expect(page.locator("#tally")).to_contain_text("1 ended · 1 told once", timeout=40_000)
    film = page.locator("video.film").first
    await expect(film).to_be_visible()
    await expect(film).to_have_js_property("error", None)
    await page.get_by_role("button", name="A text").click()
    await expect(page.locator("article").filter(has_text="A picture of").first).to_be_visible(timeout=20_000)
