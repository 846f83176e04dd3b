"""Who asked for a picture hears of it: they alone, in the channel where they asked, once a batch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process, serving
from job_buttons_place import seeded
from person import Person, draw
from planted import buttons

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


@pytest.fixture
async def bot(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    async with serving(
        bot_process(studio, invokeai.url, tmp_path, BOT_CREATOR_ROLES="creators", BOT_CREATOR_WAITING="16")
    ) as process:
        studio.guild.open_all_commands()
        [number] = (await person.enqueue(seeded())).numbers
        await studio.posted(f"✅ #{number}")
        yield process


async def test_each_one_is_mentioned_for_their_own_batch_once_at_its_true_end_as_a_reply(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    del bot
    creator, operator = studio.person("creator"), studio.person("operator")
    answer = await creator.slash(studio.channel, "imagine", prompt="a lake", count=5)
    await operator.slash(studio.channel, "imagine", prompt="a hill")
    end = await studio.posted("✅ 5 of 5", f"<@{creator.id}>")
    assert end.mention_ids == [creator.id]
    assert end.push
    other = await studio.posted("✅ “a hill”", f"<@{operator.id}>")
    assert other.mention_ids == [operator.id]
    [nobodys] = (await person.enqueue(draw(seconds=0.01))).numbers
    assert (await studio.posted(f"✅ #{nobodys}")).mention_ids == []
    mentioned = [one.mention_ids for one in studio.channel.messages if one.mention_ids]
    assert sorted(mentioned) == sorted([[creator.id], [operator.id]])
    first = next(one for one in studio.channel.messages if "a lake" in one.content and "of 5" in one.content)
    assert first.reference_id == answer.message.id


async def test_in_quiet_hours_no_phone_buzzes_and_who_left_is_not_mentioned(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    creator, admin = studio.person("creator"), studio.person("admin")
    await admin.slash(studio.channel, "notify here", quiet="00:00-23:59 UTC")
    await creator.slash(studio.channel, "imagine", prompt="a lake")
    told = await studio.posted("✅ “a lake”")
    assert (told.mention_ids, told.push) == ([creator.id], False)
    await creator.slash(studio.channel, "imagine", prompt="a hill", count=2)
    del studio.guild.state.members[creator.id]
    told = await studio.posted("✅ 2 of 2", "a hill")
    assert told.mention_ids == []
    assert f"<@{creator.id}>" not in told.content


async def test_where_the_channel_prefers_it_who_asked_gets_a_direct_message_and_no_mention(
    bot: BotProcess, studio: Studio
) -> None:
    creator, admin = studio.person("creator"), studio.person("admin")
    answer = await admin.slash(studio.channel, "notify here", mine="direct")
    assert "Who asked gets** a direct message" in answer.text
    await creator.slash(studio.channel, "imagine", prompt="a lake", count=2)
    told = await creator.dm.wait_for(lambda one: one.content.startswith("🔔"), timeout=30)
    assert "2 of 2 · “a lake”" in told.content
    assert f"<#{studio.channel.id}>" in told.content
    await studio.posted("✅ 2 of 2")
    assert not [one for one in studio.channel.messages if one.mention_ids]
    assert [one.content for one in creator.dm.messages] == [told.content]
    assert not [line for line in bot.log if "Traceback" in line]


async def test_where_nothing_is_subscribed_the_result_replies_to_the_answer_as_far_as_that_place_may_see_it(
    bot: BotProcess, studio: Studio
) -> None:
    creator, admin = studio.person("creator"), studio.person("admin")
    lounge = studio.guild.add_text_channel("lounge")
    answer = await creator.slash(lounge, "imagine", prompt="a lake")
    told = await lounge.wait_for(lambda one: one.content.startswith("✅ “a lake”"), timeout=30)
    assert (told.reference_id, told.mention_ids) == (answer.message.id, [creator.id])
    await admin.slash(studio.channel, "notify here", hide_prompts=True)
    thread = studio.guild.add_thread(studio.channel, "foxes")
    answer = await creator.slash(thread, "imagine", prompt="a hill")
    told = await thread.wait_for(lambda one: one.content.startswith("✅"), timeout=30)
    assert (told.reference_id, "a hill" in told.text) == (answer.message.id, False)
    assert not [line for line in bot.log if "Traceback" in line]


async def test_tell_me_holds_over_a_restart_and_mentions_whoever_pressed_once_a_second_press_takes_it_back(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    guest, operator = studio.person("guest"), studio.person("operator")
    [number] = (await person.enqueue(draw(seconds=6, steps=60))).numbers
    await invokeai.until(number, "in_progress")
    card = await studio.channel.wait_for(lambda one: "Skip" in buttons(one.components), timeout=20)
    choice = await guest.press(card, buttons(card.components)["🔔"])
    await choice.wait_for(lambda one: bool(one.followups) or "Tell me" in one.text)
    shown = choice.followups[0] if choice.followups else choice.message
    told = await guest.press(shown, buttons(shown.components)[f"#{number}"])
    assert f"I'll mention you here when #{number} ends" in said(told)
    job = await operator.slash(studio.channel, "job", job=number)
    press = buttons(job.components)["Tell me"]
    assert "mention you here" in said(await operator.press(job, press))
    assert "Taken back" in said(await operator.press(job, press))
    await bot.kill()
    await bot.start()
    notice = await studio.posted("🔔", f"#{number}")
    assert (notice.content, notice.mention_ids) == (f"🔔 Done · #{number} · <@{guest.id}>", [guest.id])
    await studio.posted(f"✅ #{number}")
    assert [one for one in studio.channel.messages if one.mention_ids] == [notice]


def said(answer: Answer) -> str:
    return answer.followups[0].text if answer.followups else answer.text
