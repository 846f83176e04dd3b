"""The sandbox page before a bot that says anything: Discord's forms, and hostile content."""

import io
import re
from typing import Any

import pytest
from fake_bot import DEFERRED_UPDATE, EPHEMERAL, MESSAGE, MODAL, UPDATE, V2, FakeBot
from open_page import Open
from PIL import Image
from playwright.async_api import FilePayload, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
Json = dict[str, Any]

SILENT = 1 << 12
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


def picture(number: int) -> tuple[str, bytes, str]:
    data = io.BytesIO()
    Image.new("RGB", (320, 200), (40 * number, 90, 160)).save(data, "PNG")
    return f"picture-{number}.png", data.getvalue(), "image/png"


def button(label: str, custom_id: str, style: int = 1, **more: Any) -> Json:
    return {"type": 2, "style": style, "label": label, "custom_id": custom_id, **more}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def text_input(label: str, custom_id: str, **more: Any) -> Json:
    field = {"type": 4, "custom_id": custom_id, "style": 1, **more}
    return {"type": 18, "label": label, "component": field}


async def test_hostile_words_are_only_ever_words(bare: Open, fake_bot: FakeBot) -> None:
    link = "[a](javascript:document.title='broken')"
    await fake_bot.post(
        {
            "content": f"{HOSTILE} {link}",
            "embeds": [
                {
                    "title": HOSTILE,
                    "description": HOSTILE,
                    "author": {"name": HOSTILE, "url": "https://example.com/"},
                    "footer": {"text": HOSTILE},
                    "fields": [{"name": HOSTILE, "value": HOSTILE}],
                    "image": {"url": "https://example.com/beacon.png"},
                }
            ],
            "components": [row(button("<b>bold</b>", "<i>"))],
        },
        ("evil.html", b"<script>alert(1)</script>", "text/html"),
    )
    page = bare.page
    article = page.get_by_role("article")
    await expect(article).to_contain_text(HOSTILE)
    await expect(article.get_by_role("button", name="<b>bold</b>")).to_be_visible()
    assert await page.title() == "Sandbox · invokeai-discord"
    assert (
        await page.locator("#messages script, #messages [onerror], #messages a[href^=javascript]").count()
        == 0
    )
    assert await page.locator("#messages img[src^=http]").count() == 0
    card = article.get_by_role("link", name="Save evil.html")
    answer = await page.request.get(bare.server.url.rstrip("/") + (await card.get_attribute("href") or ""))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_arrows_go_through_an_album(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.post({"content": "four"}, *(picture(number) for number in range(4)))
    page = bare.page
    album = page.locator(".gallery[data-count='4']")
    await expect(album.get_by_role("button")).to_have_count(4)
    await album.get_by_role("button").nth(1).click()
    caption = page.locator(".lightbox-caption")
    await expect(caption).to_have_text("picture-1.png · 2 of 4")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(caption).to_have_text("picture-3.png · 4 of 4")
    await page.get_by_role("button", name="Next picture").click()
    await expect(caption).to_have_text("picture-0.png · 1 of 4")


async def test_messages_are_edited_and_removed_in_their_place(bare: Open, fake_bot: FakeBot) -> None:
    first = await fake_bot.post({"content": "first"})
    second = await fake_bot.post({"content": "second"})
    articles = bare.page.get_by_role("article")
    await expect(articles).to_have_count(2)
    await fake_bot.edit(first["id"], {"content": "first, fixed"})
    await expect(articles.first).to_contain_text("first, fixed (edited)")
    await expect(bare.page.locator("#lockscreen")).to_contain_text("second")
    joined = bare.page.locator(f"#message-{second['id']}.joined")
    await expect(joined).to_have_count(1)
    await fake_bot.delete(first["id"])
    await expect(articles).to_have_count(1)
    await expect(joined).to_have_count(0)
    await expect(articles).to_contain_text("second")
    await expect(bare.page.locator(f"#message-{second['id']} .avatar")).to_be_visible()


async def test_an_edit_does_not_load_its_picture_again(bare: Open, fake_bot: FakeBot) -> None:
    posted = await fake_bot.post({"content": "half way"}, picture(1))
    image = bare.page.locator(".shot img")
    await image.evaluate("image => (image.decode(), image.seen = true)")
    await fake_bot.edit(posted["id"], {"content": "done"})
    await expect(bare.page.get_by_role("article")).to_contain_text("done (edited)")
    assert await image.evaluate("image => image.seen === true")


async def test_the_lock_screen_shows_what_a_push_shows_and_no_more(bare: Open, fake_bot: FakeBot) -> None:
    lock = bare.page.locator("#lockscreen")
    await expect(lock).to_contain_text("Nothing has buzzed yet.")
    await fake_bot.post(
        {"content": f"for <@{bare.stage.people['guest'].id}>", "embeds": [{"title": "not in a push"}]},
        picture(1),
    )
    await expect(lock.locator(".lock-line")).to_have_text(["for @Guest", "📎 picture-1.png"])
    await fake_bot.post({"content": "quietly", "flags": SILENT})
    await expect(bare.page.get_by_role("img", name="Silent message")).to_be_visible()
    await expect(lock).not_to_contain_text("quietly")
    await fake_bot.post({"flags": V2, "components": [{"type": 10, "content": "a panel"}]})
    await expect(bare.page.get_by_text("a panel", exact=True)).to_be_visible()
    await expect(lock).to_contain_text("A push has no words")


async def test_components_of_every_kind_are_drawn(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.post(
        {
            "flags": V2,
            "components": [
                {
                    "type": 17,
                    "accent_color": 0x3BA55D,
                    "components": [
                        {
                            "type": 9,
                            "components": [{"type": 10, "content": "### The queue"}],
                            "accessory": {"type": 11, "media": {"url": "attachment://picture-1.png"}},
                        },
                        {"type": 14},
                        {"type": 12, "items": [{"media": {"url": "attachment://picture-2.png"}}]},
                        {"type": 13, "file": {"url": "attachment://notes.txt"}},
                        row(
                            button("Go", "go", 1),
                            button("Wait", "wait", 2),
                            button("Yes", "yes", 3),
                            button("No", "no", 4, disabled=True),
                            {"type": 2, "style": 5, "label": "Docs", "url": "https://example.com/"},
                        ),
                    ],
                }
            ],
        },
        picture(1),
        picture(2),
        ("notes.txt", b"notes", "text/plain"),
    )
    article = bare.page.get_by_role("article")
    await expect(article.get_by_role("heading", name="The queue")).to_be_visible()
    await expect(article.get_by_role("button", name="Open picture: picture-2.png")).to_be_visible()
    await expect(article.get_by_role("separator")).to_be_visible()
    await expect(article.get_by_role("link", name="Save notes.txt")).to_be_visible()
    await expect(article.get_by_role("button", name="No", exact=True)).to_be_disabled()
    docs = article.get_by_role("link", name="Docs")
    await expect(docs).to_have_attribute("rel", re.compile("noopener"))
    accent = await article.locator(".container").evaluate("box => getComputedStyle(box).borderLeftColor")
    assert accent == "rgb(59, 165, 93)"


async def test_a_form_is_filled_in_and_sent(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([{"name": "again", "description": "The same once more", "type": 1}])
    form = {
        "custom_id": "form",
        "title": "How many?",
        "components": [
            text_input("Count", "count", max_length=2),
            text_input("Words", "words", style=2, required=False),
        ],
    }
    fake_bot.answers["again"] = {"type": MODAL, "data": form}
    fake_bot.answers["form"] = {"type": MESSAGE, "data": {"content": "three, then", "flags": EPHEMERAL}}
    page = bare.page
    await bare.type("/again")
    await page.get_by_role("option", name="/again").click()
    await page.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog", name="How many?")
    await expect(dialog.get_by_label("Count")).to_be_focused()
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_contain_text("This is needed.")
    await dialog.get_by_label("Count").fill("3")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("article")).to_contain_text("three, then")
    sent = fake_bot.heard[-1]["components"]
    assert [one["component"]["value"] for one in sent] == ["3", ""]


async def test_selects_choose_one_or_several(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([])
    options = [{"label": word.title(), "value": word} for word in ("done", "failed", "canceled")]
    one = {"type": 3, "custom_id": "one", "placeholder": "Show which?", "options": options}
    some = one | {"custom_id": "some", "placeholder": "Tell of which?", "max_values": 3}
    await fake_bot.post({"content": "choose", "components": [row(one), row(some)]})
    fake_bot.answers["one"] = {"type": UPDATE, "data": {"content": "chosen"}}
    fake_bot.answers["some"] = {"type": DEFERRED_UPDATE}
    page = bare.page
    await page.get_by_label("Show which?").select_option("failed")
    await expect(page.get_by_role("article")).to_contain_text("chosen (edited)")
    await page.locator("summary").click()
    send = page.get_by_role("button", name="Choose")
    await expect(send).to_be_disabled()
    await page.get_by_label("Done").check()
    await page.get_by_label("Canceled").check()
    await send.click()
    await expect(page.get_by_label("Done")).to_be_hidden()
    assert [one["values"] for one in fake_bot.heard] == [["failed"], ["done", "canceled"]]


async def test_people_and_channels_are_chosen_by_name(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([])
    people = {"type": 5, "custom_id": "who", "placeholder": "Who?"}
    channels = {"type": 8, "custom_id": "where", "placeholder": "Where?"}
    await fake_bot.post({"content": "choose", "components": [row(people), row(channels)]})
    fake_bot.answers |= {"who": {"type": DEFERRED_UPDATE}, "where": {"type": DEFERRED_UPDATE}}
    guest = str(bare.stage.people["guest"].id)
    await bare.page.get_by_label("Who?").select_option("Guest")
    await bare.page.get_by_label("Where?").select_option("#renders")
    await expect(bare.page.locator("[aria-busy]")).to_have_count(0)
    who, where = fake_bot.heard
    assert who["values"] == [guest]
    assert who["resolved"]["users"][guest]["username"] == "guest"
    assert list(where["resolved"]["channels"]) == [str(bare.stage.channel.id)]


async def test_a_form_takes_a_file_too(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([{"name": "setup", "description": "Asks", "type": 1}])
    file = {"type": 19, "custom_id": "file", "min_values": 1, "max_values": 1}
    label = {"type": 18, "label": "Picture", "description": "To start from", "component": file}
    form = {"custom_id": "form", "title": "Start", "components": [label]}
    fake_bot.answers["setup"] = {"type": MODAL, "data": form}
    fake_bot.answers["form"] = {"type": MESSAGE, "data": {"content": "noted", "flags": EPHEMERAL}}
    page = bare.page
    await bare.type("/setup")
    await page.get_by_role("option", name="/setup").click()
    await page.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog", name="Start")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_contain_text("Choose a file of up to 10 MB.")
    data = picture(1)[1] + bytes(100_000)  # more than any other body of the page's may have
    photo: FilePayload = {"name": "a fox.png", "mimeType": "image/png", "buffer": data}
    await dialog.get_by_label("Picture").set_input_files(photo)
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("article")).to_contain_text("noted")
    sent = fake_bot.heard[-1]
    [file_id] = sent["components"][0]["component"]["values"]
    assert sent["resolved"]["attachments"][file_id]["filename"] == "a_fox.png"
    assert bare.stage.discord.world.files[int(file_id)].data == data


async def test_a_form_takes_choices_too(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([{"name": "setup", "description": "Asks", "type": 1}])
    options = [{"label": word.title(), "value": word} for word in ("done", "failed", "canceled")]
    kinds = {"type": 3, "custom_id": "kinds", "options": options, "max_values": 3}
    role = {"type": 6, "custom_id": "role", "required": False}
    form = {
        "custom_id": "form",
        "title": "Notices",
        "components": [
            {"type": 18, "label": "Kinds", "component": kinds},
            {"type": 18, "label": "Role", "component": role},
        ],
    }
    fake_bot.answers["setup"] = {"type": MODAL, "data": form}
    fake_bot.answers["form"] = {"type": MESSAGE, "data": {"content": "noted", "flags": EPHEMERAL}}
    page = bare.page
    await bare.type("/setup")
    await page.get_by_role("option", name="/setup").click()
    await page.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog", name="Notices")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog).to_contain_text("Choose 1 to 3.")
    await dialog.get_by_label("Done").check()
    await dialog.get_by_label("Failed").check()
    await dialog.get_by_label("Role").select_option("operators")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.get_by_role("article")).to_contain_text("noted")
    sent = fake_bot.heard[-1]
    [operators] = [str(one.id) for one in bare.stage.guild.state.roles.values() if one.name == "operators"]
    assert [one["component"]["values"] for one in sent["components"]] == [["done", "failed"], [operators]]
    assert list(sent["resolved"]["roles"]) == [operators]


async def test_a_button_is_pressed_by_whoever_one_is(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([])
    await fake_bot.post({"content": "press", "components": [row(button("Go", "go"))]})
    fake_bot.answers["go"] = {"type": MESSAGE, "data": {"content": "heard", "flags": EPHEMERAL}}
    for number, name in enumerate(("operator", "guest"), 1):
        await bare.become(name)
        await bare.page.get_by_role("button", name="Go").press("Enter")
        await expect(bare.page.locator(".message.ephemeral")).to_contain_text("heard")
        assert len(fake_bot.heard_from) == number
    assert fake_bot.heard_from == ["operator", "guest"]


async def test_a_bot_that_does_not_answer_is_told_of_at_the_button(bare: Open, fake_bot: FakeBot) -> None:
    await fake_bot.start([])
    await fake_bot.post({"content": "press", "components": [row(button("Go", "go"))]})
    await bare.page.get_by_role("button", name="Go").click()
    failed = bare.page.get_by_role("article").get_by_role("alert")
    await expect(failed).to_have_text("This interaction failed. The application did not respond.")
    bare.complaints[:] = [one for one in bare.complaints if "504" not in one]


async def test_what_a_person_writes_is_shown_to_everyone(bare: Open) -> None:
    await bare.become("guest")
    await bare.type("a **bold** word")
    await bare.page.keyboard.press("Enter")
    article = bare.page.get_by_role("article")
    await expect(article.locator("strong")).to_have_text("bold")
    await bare.become("owner")
    await expect(article).to_contain_text("Guest")
