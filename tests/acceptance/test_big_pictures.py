"""A picture larger than the guild takes, through the whole program."""

from io import BytesIO

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from PIL import Image

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
