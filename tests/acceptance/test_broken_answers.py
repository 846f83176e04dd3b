"""What was asked for is done, and the way back is broken: it is done once, and the person is told."""

import pytest
from house import InvokeAI, Studio, says
from job_buttons_place import seeded
from person import Person
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.state import Message

CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
ORIGINAL = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"


async def notice_in(studio: Studio, person: Person) -> tuple[int, Message]:
    [number] = (await person.enqueue(seeded())).numbers
    return number, await studio.posted(f"✅ #{number} ")


def enqueued(invokeai: InvokeAI) -> int:
    """How often this server was told to queue a batch; it may be the server of other tests too."""
    return [path.rpartition("/")[2] for _, path in invokeai.writes()].count("enqueue_batch")


@pytest.mark.parametrize("route", [CALLBACK, ORIGINAL])
@pytest.mark.parametrize("after", [False, True])
async def test_a_connection_that_breaks_under_an_answer_leaves_one_job_and_one_answer(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, *, route: str, after: bool
) -> None:
    del bot
    number, notice = await notice_in(studio, person)
    before = enqueued(invokeai)
    studio.discord.cut_next(route, after=after)
    answer = await studio.person("operator").press(notice, buttons(notice.components)["Again"])
    assert f"#{number} is queued again as #{number + 1}" in answer.text.replace("\\", "")
    await invokeai.until(number + 1, "completed")
    assert enqueued(invokeai) == before + 1


async def test_a_press_in_a_thread_that_is_locked_meanwhile_is_answered_in_a_direct_message(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    thread = studio.guild.add_thread(studio.channel, "foxes")
    await studio.person("owner").slash(thread, "notify here")
    [number] = (await person.enqueue(seeded())).numbers
    notice = await thread.wait_for(lambda message: says(message.content, f"✅ #{number}"), timeout=30)
    operator = studio.person("operator")
    studio.discord.call_at_next(CALLBACK, lambda: studio.guild.archive(thread, locked=True), after=True)
    operator.patience = 1
    with pytest.raises(TimeoutError):
        await operator.press(notice, buttons(notice.components)["Again"])
    await invokeai.until(number + 1, "completed")
    direct = studio.discord.world.direct_channel(operator.user)
    told = await direct.wait_for(lambda message: "is queued again" in message.text, timeout=10)
    assert f"#{number} is queued again as #{number + 1}" in told.text.replace("\\", "")
    assert not any("Traceback" in line for line in bot.log)


async def test_a_press_in_a_locked_thread_does_nothing_and_costs_one_line_of_the_log(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    thread = studio.guild.add_thread(studio.channel, "foxes")
    await studio.person("owner").slash(thread, "notify here")
    [number] = (await person.enqueue(seeded())).numbers
    notice = await thread.wait_for(lambda message: says(message.content, f"✅ #{number}"), timeout=30)
    studio.guild.archive(thread, locked=True)
    operator = studio.person("operator")
    operator.patience = 1
    before = invokeai.writes()
    with pytest.raises(TimeoutError):
        await operator.press(notice, buttons(notice.components)["Again"])
    line = await bot.says("answer_failed", within=10)
    assert "Thread is archived" in line
    assert invokeai.writes() == before
    assert not any("Traceback" in line for line in bot.log)
