"""What a person does through the bot is told once, silently, in one place, and says who did it."""

from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process
from job_buttons_place import PROMPT, seeded
from person import Person, draw
from planted import buttons

from sandbox.bot_process import BotProcess

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


def by(studio: Studio) -> str:
    return f"anceled by <@{studio.person('operator').id}>"


async def test_a_canceled_job_is_told_once_silently_with_a_name(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    running, waiting = (await person.enqueue(draw(seconds=30, steps=60), runs=2)).numbers
    await invokeai.until(running, "in_progress")
    await studio.person("admin").slash(studio.channel, "notify here", mention=studio.person("admin").user)
    for number, how in ((waiting, "before it started"), (running, "after ")):
        answer = await studio.person("operator").slash(studio.channel, "cancel", job=number)
        assert answer.ephemeral
        assert f"#{number} is canceled." in answer.text.replace("\\", "")
        notice = await studio.posted(f"🚫 #{number}", f"{by(studio)} {how}")
        assert not notice.push
        assert notice.mention_ids == []
    assert len([line for line in studio.lines() if line.startswith("🚫")]) == 2


async def test_a_cancel_of_all_is_told_without_the_queues_end_also_after_a_crash(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    done = (await person.enqueue(draw(seconds=0.01), runs=5)).numbers
    await invokeai.until(done[-1], "completed")
    await studio.posted("✅ 5 of 5", "queue empty")
    numbers = (await person.enqueue(draw(seconds=30, steps=60), runs=6)).numbers
    await invokeai.until(numbers[0], "in_progress")
    operator = studio.person("operator")
    question = await operator.slash(studio.channel, "cancel", scope="all")
    assert "1 running, 5 waiting (" in question.text
    answer = await operator.press(question, buttons(question.components)["Cancel 6 jobs"])
    await answer.wait_for(lambda one: not buttons(one.components))
    await bot.kill()
    again = bot_process(studio, invokeai.url, tmp_path)
    await again.start()
    told = lambda: [line for line in studio.lines() if line.startswith("🚫")]  # noqa: E731 - read again and again
    await studio.channel.wait_for(
        lambda _: all(any(f"#{number}" in line or "–" in line for line in told()) for number in numbers),
        timeout=30,
    )
    assert all(by(studio) in line for line in told())
    assert all(not one.push for one in studio.channel.messages if one.content.startswith("🚫"))
    assert [line for line in studio.lines() if line.startswith("🏁")] == []
    assert await again.stop() == 0
    await bot.start()
    await bot.says("discord_connected", within=20)


async def test_what_is_canceled_at_invokeai_itself_says_no_name_and_may_buzz(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [number] = (await person.enqueue(draw(seconds=30, steps=60))).numbers
    await invokeai.until(number, "in_progress")
    async with invokeai.http.put(f"{invokeai.url}/api/v1/queue/default/i/{number}/cancel") as answer:
        assert answer.status == 200
    notice = await studio.posted(f"🚫 #{number}", "Canceled after")
    assert "<@" not in notice.content
    assert notice.push


async def test_the_question_names_the_batches_that_wait_as_the_channel_may_see_them(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    running, *_ = (await person.enqueue(seeded(seconds=30, steps=60), runs=5)).numbers
    await invokeai.until(running, "in_progress")
    operator = studio.person("operator")
    question = await operator.slash(studio.channel, "cancel", scope="waiting")
    assert f"4 waiting (“{PROMPT}” ×4). Finished pictures stay." in question.text
    await studio.person("admin").slash(studio.channel, "notify here", hide_prompts=True)
    question = await operator.slash(studio.channel, "cancel", scope="waiting")
    assert f"4 waiting (#{running + 1} ×4)" in question.text.replace("\\", "")
