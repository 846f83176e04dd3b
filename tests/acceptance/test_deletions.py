"""Delete…: in InvokeAI alone, or in every post as well; what then stands in the channels."""

from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process, says
from job_buttons_place import image, image_of, seeded
from person import Person
from planted import buttons, press

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.state import Message
from sandbox.discord.world import Channel
from sandbox.invokeai import SandboxInvokeAI

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)

ONLY_THERE, BOTH = "In InvokeAI", "In both"


async def finished(studio: Studio, person: Person, **graph: Any) -> tuple[int, Message]:
    [number] = (await person.enqueue(seeded(**graph))).numbers
    return number, await studio.posted(f"✅ #{number} ")


async def delete(studio: Studio, message: Message | Answer, answer: str) -> Answer:
    """The operator presses Delete… below that message and answers the question."""
    operator = studio.person("operator")
    question = await press(operator, message, "Delete…")
    assert list(buttons(question.components)) == ["Keep", ONLY_THERE, BOTH]
    told = await operator.press(question, buttons(question.components)[answer])
    return await told.wait_for(lambda one: not buttons(one.components))


def note(studio: Studio, number: int, where: str = "") -> str:
    return f"🗑️ #{number} deleted{where} by <@{studio.person('operator').id}>"


async def test_a_deleted_picture_leaves_every_post_of_every_channel(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    other = studio.guild.add_text_channel("family")
    await studio.person("admin").slash(other, "notify here")
    number, notice = await finished(studio, person)
    copy = await other.wait_for(lambda one: says(one.content, f"✅ #{number}"), timeout=30)
    name = image_of(await invokeai.ask(f"i/{number}"))
    before = len(studio.channel.messages)
    answer = await delete(studio, notice, BOTH)
    assert "The image is deleted in InvokeAI, and 2 posts in Discord no longer show it." in answer.text
    assert await image(invokeai, name) is None
    for post in (notice, copy):
        assert post.text == note(studio, number)
        assert (post.files, post.embeds, post.components) == ([], [], [])
        assert post.mention_ids == []
    assert len(studio.channel.messages) == before


async def test_a_picture_deleted_in_invokeai_alone_stays_and_says_so(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    line, [file] = notice.content, notice.files
    answer = await delete(studio, notice, ONLY_THERE)
    assert f"The image of #{number} is deleted in InvokeAI." in answer.text.replace("\\", "")
    assert notice.content == f"{line}\n{note(studio, number, ' in InvokeAI')}"
    assert notice.files == [file]
    assert not {"⭐", "Original", "Delete…"} & set(buttons(notice.components))
    assert "Again" in buttons(notice.components)
    assert await image(invokeai, image_of(await invokeai.ask(f"i/{number}"))) is None


async def test_an_album_loses_one_jobs_picture_after_a_restart_too(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    await bot.kill()
    numbers = (await person.enqueue(seeded(seconds=0.01), runs=3)).numbers
    for number in numbers:
        await invokeai.until(number, "completed")
    await bot.start()
    album = await studio.posted("✅ 3 of 3")
    menu = album.components[0]["components"][0]
    operator, gone = studio.person("operator"), numbers[1]
    details = await operator.select(album, menu["custom_id"], str(gone))
    question = await press(operator, details, "Delete…")
    await bot.kill()
    again = bot_process(studio, invokeai.url, tmp_path)
    await again.start()
    await again.says("discord_connected", within=20)
    answer = await operator.press(question, buttons(question.components)[BOTH])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "1 post in Discord no longer shows it." in answer.text
    kept = [number for number in numbers if number != gone]
    assert [int(file.filename.split("-")[0]) for file in album.files] == kept
    [menu] = [one for row in album.components for one in row["components"] if one["type"] == 3]
    assert [option["value"] for option in menu["options"]] == [str(number) for number in kept]
    assert album.content.endswith(f"\n{note(studio, gone)}")
    assert f"**#{gone}**" not in album.text
    assert await again.stop() == 0
    await bot.start()
    await bot.says("discord_connected", within=20)


async def test_a_public_answer_that_shows_the_picture_loses_it_too(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    number, notice = await finished(studio, person)
    shown = await studio.person("operator").slash(studio.channel, "job", job=number, public=True)
    assert shown.files
    answer = await delete(studio, shown, BOTH)
    assert "2 posts in Discord no longer show it." in answer.text
    assert shown.message.text == notice.text == note(studio, number)
    assert shown.files == []


async def test_a_post_that_somebody_deleted_is_no_trouble_and_one_in_a_closed_thread_is_told(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    thread = await threaded(studio)
    number, notice = await finished(studio, person)
    copy = await thread.wait_for(lambda one: says(one.content, f"✅ #{number}"), timeout=30)
    operator = studio.person("operator")
    question = await press(operator, notice, "Delete…")
    studio.guild.archive(thread)
    del studio.channel.stored[notice.id]
    answer = await operator.press(question, buttons(question.components)[BOTH])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert f"The post in <#{thread.id}> could not be edited: Its thread is archived." in answer.text
    assert copy.files


async def test_while_invokeai_is_away_nothing_is_deleted_in_discord_either(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    _, notice = await finished(studio, person)
    operator = studio.person("operator")
    question = await press(operator, notice, "Delete…")
    assert isinstance(invokeai.server, SandboxInvokeAI)
    await invokeai.server.stop()
    answer = await operator.press(question, buttons(question.components)[BOTH])
    await answer.wait_for(lambda one: bool(one.followups))
    assert "InvokeAI does not answer" in answer.followups[0].text
    assert notice.files
    assert notice.edits == []


async def threaded(studio: Studio) -> Channel:
    """A thread that is told as the channel is."""
    thread = studio.guild.add_thread(studio.channel, "family")
    await studio.person("admin").slash(thread, "notify here")
    return thread
