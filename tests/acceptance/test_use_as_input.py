"""“Use as input…” on a message with a picture: the form, and what InvokeAI gets of it."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process, serving
from job_buttons_place import image_of, seeded
from person import Person
from PIL import Image
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.rules import Upload

MENU = "Use as input…"


@pytest.fixture
async def bot(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    del person
    async with serving(bot_process(studio, invokeai.url, tmp_path, BOT_CREATOR_ROLES="creators")) as process:
        yield process


def picture(colour: str, width: int) -> Upload:
    data = io.BytesIO()
    Image.new("RGB", (width, 20), colour).save(data, "PNG")
    return Upload(0, f"{colour}.png", data.getvalue(), "image/png")


async def finished(invokeai: InvokeAI, person: Person, graph: dict[str, Any]) -> dict[str, Any]:
    [number] = (await person.enqueue(graph)).numbers
    return await invokeai.until(number, "completed")


def from_a_picture(image_name: str, **draw: Any) -> dict[str, Any]:
    graph, start = seeded(**draw), {"id": "start", "type": "img_resize", "is_intermediate": True}
    graph["nodes"]["start"] = start | {"width": 64, "height": 64, "image": {"image_name": image_name}}
    return graph


def fields(opened: Answer) -> dict[str, list[str]]:
    """The form's fields by name, with the choices of its menus."""
    assert opened.modal is not None
    inputs = [row["component"] for row in opened.modal["components"]]
    return {one["custom_id"]: [each["value"] for each in one.get("options", [])] for one in inputs}


async def newest(invokeai: InvokeAI) -> dict[str, Any]:
    return await invokeai.until(max((await invokeai.ask("item_ids"))["item_ids"]), "completed")


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)  # the real one's node has a negative prompt
async def test_a_message_s_picture_becomes_the_input_of_a_new_one(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    creator, operator, guest = map(studio.person, ("creator", "operator", "guest"))
    shown = guest.say(studio.channel, "", picture("red", 30), picture("blue", 40))
    refused = await creator.menu(guest.say(studio.channel, "words alone"), MENU)
    assert (refused.ephemeral, refused.text) == (True, "That message has no picture.")
    assert "That needs" in (await guest.menu(shown, MENU)).text
    first = await finished(invokeai, person, seeded())
    assert "No style here starts from a picture." in (await creator.menu(shown, MENU)).text
    wide = await finished(invokeai, person, from_a_picture(image_of(first), width=128))
    tall = await finished(invokeai, person, from_a_picture(image_of(first), height=128))
    for item, name in ((first, "Plain"), (wide, "Wide"), (tall, "Tall")):
        await operator.slash(studio.channel, "style save", job=item["item_id"], name=name)
    await operator.slash(studio.channel, "style default", name="Wide", where="channel")

    opened = await creator.menu(shown, MENU)
    assert list(fields(opened)) == ["picture", "prompt", "style", "negative", "count"]
    assert fields(opened)["picture"] == ["1 · red.png", "2 · blue.png"]
    assert fields(opened)["style"] == ["Wide", "Tall"]
    before = invokeai.writes()
    answer = await creator.submit(opened, prompt="a lake", negative="fog", picture=["2 · blue.png"])
    told = answer.followups[0]
    assert told.ephemeral_for == creator.id
    assert "has no negative prompt" in told.text
    assert "a lake" in told.text
    assert invokeai.writes() == before
    again = await creator.press(told, buttons(told.components)["Edit again"])
    answer = await creator.submit(again, negative="", style=["Tall"])
    assert not answer.ephemeral
    assert "“a lake”" in answer.text
    assert "style Tall" in answer.text
    item = await newest(invokeai)
    nodes = item["session"]["graph"]["nodes"]
    assert nodes["draw"]["height"] == 128
    with Image.open(io.BytesIO(await person.file(nodes["start"]["image"]["image_name"]))) as used:
        assert (used.size, used.getpixel((0, 0))) == ((40, 20), (0, 0, 255))


async def test_a_notice_s_own_picture_can_be_used_and_a_restart_loses_no_words(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    creator = studio.person("creator")
    first = await finished(invokeai, person, seeded(width=96))
    notice = await studio.posted(f"✅ #{first['item_id']} ")
    await finished(invokeai, person, from_a_picture(image_of(first)))
    opened = await creator.menu(notice, MENU)
    assert list(fields(opened)) == ["prompt", "negative", "count"]
    await creator.submit(opened, prompt="a lake")
    name = (await newest(invokeai))["session"]["graph"]["nodes"]["start"]["image"]["image_name"]
    assert name != image_of(first)
    with Image.open(io.BytesIO(await person.file(name))) as used:
        assert used.size == (96, 64)
    opened = await creator.menu(notice, MENU)
    await bot.kill()
    await bot.start()
    await bot.says("discord_connected", within=20)
    before = invokeai.writes()
    lost = (await creator.submit(opened, prompt="a misty hill")).followups[0]
    assert lost.ephemeral_for == creator.id
    assert "Choose “Use as input…” on its message again." in lost.text
    assert "a misty hill" in lost.text
    assert buttons(lost.components) == {}
    assert invokeai.writes() == before
