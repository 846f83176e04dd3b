"""Over the wire: equal failures are one message that counts, and an empty queue is told once."""

import pytest
from house import InvokeAI, Studio, bot_process, says
from person import Person, draw, picture
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.state import Message


async def counted(studio: Studio, *words: str) -> Message:
    return await studio.channel.wait_for(
        lambda message: all(says(message.content, word) for word in words), timeout=60
    )


async def test_forty_equal_failures_buzz_once_and_bring_the_traceback_once(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    numbers = (await person.enqueue(draw(fail_at_step=1, seconds=0.02, steps=1), runs=40)).numbers
    message = await counted(studio, "× 40")
    first, last = numbers[0], numbers[-1]
    assert message.content.startswith("❌ Failed: ")
    assert says(message.content, f"❌ #{first}")
    assert f"Failed: #{first}–#{last}" in message.text
    assert [file.filename for file in message.files] == [f"{first}-traceback.txt"]
    failures = [one for one in studio.channel.messages if one.content.startswith("❌")]
    assert [one.push for one in failures] == [True]
    empty = await counted(studio, "🏁 Queue empty")
    assert empty.content.startswith("🏁 Queue empty · 40 failed · ")
    answer = await studio.person("operator").press(message, buttons(message.components)["Retry all 40"])
    assert answer.ephemeral
    assert "40" in answer.text
    again = await counted(studio, f"❌ #{last + 1}", "× 40")
    assert again.push
    assert "× 40" in message.content


async def test_a_count_goes_on_over_a_kill_and_other_batches_have_their_own(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    failing = draw(fail_at_step=3, seconds=0.6, steps=3)
    first = (await person.enqueue(failing, runs=8)).numbers
    await studio.posted(f"❌ #{first[0]}")
    await bot.kill()
    await invokeai.until(first[-1], "failed")
    await bot.start()
    message = await counted(studio, "× 8")
    assert says(message.content, f"❌ #{first[0]}")
    second = (await person.enqueue(failing, runs=2)).numbers
    await counted(studio, "× 2")
    one, other = (line for line in studio.lines() if line.startswith("❌"))
    assert says(one, f"❌ #{first[0]}")
    assert says(other, f"❌ #{second[0]}")


async def test_where_the_message_was_deleted_a_new_one_counts(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    numbers = (await person.enqueue(draw(fail_at_step=3, seconds=2, steps=3), runs=3)).numbers
    message = await studio.posted(f"❌ #{numbers[0]}")
    del studio.channel.stored[message.id]
    message = await studio.posted(f"❌ #{numbers[1]}", "× 2")
    assert f"Failed: #{numbers[1]}–#{numbers[2]}" in message.text


async def test_that_the_queue_is_empty_is_told_after_the_last_picture_and_once(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    for _ in range(2):
        await person.enqueue(picture(), runs=3)
    told = await counted(studio, "🏁 Queue empty")
    assert told.content.startswith("🏁 Queue empty · 6 done · ")
    assert [one.id for one in studio.channel.messages if one.content][-1] == told.id  # a live card has none
    await bot.kill()
    await bot.start()
    await bot.says("discord_connected", within=20)
    [alone] = (await person.enqueue(picture())).numbers
    await studio.posted(f"✅ #{alone}")
    assert sum(line.startswith("🏁") for line in studio.lines()) == 1


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_failures_in_a_row_pause_the_queue_where_that_is_wanted(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bot = bot_process(studio, invokeai.url, tmp_path_factory.mktemp("careful"), BOT_PAUSE_AFTER_FAILURES="3")
    await bot.start()
    try:
        await bot.says("baseline_taken", within=20)
        await person.enqueue(draw(fail_at_step=3, seconds=0.6, steps=3), runs=9)
        paused = await studio.posted("⏸️ The queue is paused", "the last 3 jobs failed alike")
        assert paused.push
        status = await invokeai.ask("status")
        assert status["processor"]["is_started"] is False
    finally:
        assert await bot.stop() == 0
