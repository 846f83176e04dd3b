"""A picture larger than the guild takes, through the whole program."""

import re
from io import BytesIO

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from PIL import Image
from planted import press

from sandbox.bot_process import BotProcess

MOST = 10 * 1024 * 1024


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)  # no other draws with film grain
async def test_a_picture_that_the_guild_does_not_take_is_posted_smaller_and_shown_by_job(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [number] = (
        await person.enqueue(draw(prompt="red fox in snow", width=2816, height=1920, grain=40))
    ).numbers
    message = await studio.posted(f"✅ #{number}")
    item = await invokeai.until(number, "completed")
    [result] = item["session"]["results"].values()
    original = await person.file(result["image"]["image_name"])
    assert len(original) > MOST
    [file] = message.files
    assert len(file.data) <= MOST
    assert file.filename.endswith(".webp")
    with Image.open(BytesIO(file.data)) as shown, Image.open(BytesIO(original)) as drawn:
        assert shown.size == drawn.size
    assert "Made smaller" in message.text
    assert "lossless WebP" in message.text
    answer = await studio.person("guest").slash(studio.channel, "job", job=number)
    assert [one.data for one in answer.files] == [file.data]
    assert "lossless WebP" in answer.text
    told = await press(studio.person("guest"), message, "Original")
    assert f"The original is {len(original) / 1_000_000:.0f} MB; Discord takes 10 MB here." in told.text
    assert told.ephemeral


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_batch_of_a_hundred_ends_in_contact_sheets_in_the_order_of_its_jobs(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot, invokeai
    numbers = (
        await person.enqueue(draw(prompt="red fox in snow", seconds=0.05, steps=1, width=64), runs=100)
    ).numbers
    last = numbers[-1]
    await studio.posted("100 of 100", f"–#{last}")
    pictures = [message for message in studio.channel.messages if message.files]
    assert [number for message in pictures for number in _told(message.content)] == list(numbers)
    sheets = [message for message in pictures if "contact-sheet" in str(message.files)]
    albums = [message for message in pictures if message not in sheets]
    lines = studio.lines()
    print(f"100 pictures: {sum(map(bool, lines))} notices, {len(sheets)} of them contact sheets")  # noqa: T201 - the figure is the point
    assert sum(map(bool, lines)) <= 12
    assert sum(len(_told(message.content)) for message in albums) in range(30, 41)
    assert len(sheets) in range(3, 5)
    assert all(len(message.files) == 1 for message in sheets)
    assert "/job" in sheets[0].text


def _told(line: str) -> list[int]:
    """The jobs that a notice names: `#5`, `#5–#9`, `#5, #7`."""
    words = re.sub("“.*”", "", line)
    told: list[int] = []
    for first, last in re.findall(r"#(\d+)(?:–#(\d+))?", words):
        told += range(int(first), int(last or first) + 1)
    return told
