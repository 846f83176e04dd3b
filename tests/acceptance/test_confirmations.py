"""Questions before what takes many jobs, and the queue's buttons: as people press them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from planted import buttons, plant

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.invokeai import Fault, SandboxInvokeAI

LONG: dict[str, Any] = {"seconds": 50, "steps": 100}


def until(seconds: float) -> int:
    return int((datetime.now(UTC) + timedelta(seconds=seconds)).timestamp())


def read(answer: Answer) -> str:
    return answer.text.replace("\\", "")


async def counts(invokeai: InvokeAI) -> dict[str, int]:
    status = (await invokeai.ask("status"))["queue"]
    return {name: status[name] for name in ("pending", "in_progress", "completed", "failed", "canceled")}


async def one_done_one_runs_two_wait(
    invokeai: InvokeAI, person: Person, studio: Studio
) -> tuple[int, int, int, int]:
    [done] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{done}")
    running, *waiting = (await person.enqueue(draw(**LONG), runs=3)).numbers
    await invokeai.until(running, "in_progress")
    return done, running, waiting[0], waiting[1]


async def test_clear_asks_with_the_numbers_and_does_it_once_it_is_told_so(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    _, running, *_ = await one_done_one_runs_two_wait(invokeai, person, studio)
    admin, before = studio.person("admin"), invokeai.writes()
    question = await admin.slash(studio.channel, "clear")
    assert question.ephemeral
    assert f"Clear 2 waiting and 1 finished jobs, and cancel the running #{running}?" in read(question)
    assert list(buttons(question.components)) == ["Keep the queue", "Clear"]
    assert invokeai.writes() == before
    answer = await admin.press(question, buttons(question.components)["Clear"])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "4 jobs are cleared. Left: none waiting, none running, none finished." in read(answer)
    assert answer.message is question.message
    assert not any((await counts(invokeai)).values())
    assert "The queue holds no jobs." in read(await admin.slash(studio.channel, "clear"))


async def test_prune_takes_what_has_ended_and_leaves_the_rest(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    admin = studio.person("admin")
    assert "no finished job" in read(await admin.slash(studio.channel, "prune"))
    await one_done_one_runs_two_wait(invokeai, person, studio)
    question = await admin.slash(studio.channel, "prune")
    assert "Prune 1 finished job: 1 done?" in read(question)
    answer = await admin.press(question, buttons(question.components)["Prune"])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "1 job is pruned. Left: 2 waiting, 1 running, none finished." in read(answer)
    assert (await counts(invokeai))["pending"] == 2


async def test_whoever_keeps_them_changes_nothing(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(**LONG), runs=3)
    before = invokeai.writes()
    question = await studio.person("admin").slash(studio.channel, "clear")
    answer = await studio.person("admin").press(question, buttons(question.components)["Keep the queue"])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "Nothing was changed." in read(answer)
    assert invokeai.writes() == before


async def _did(press: Answer) -> bool:
    """Whether that press was the one that counted; the others are told beside the question."""
    try:
        await press.wait_for(lambda one: bool(one.followups), timeout=2)
    except TimeoutError:
        return True
    return False


async def test_two_presses_at_once_clear_once_and_both_are_told_the_truth(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await one_done_one_runs_two_wait(invokeai, person, studio)
    admin = studio.person("admin")
    question = await admin.slash(studio.channel, "clear")
    yes = buttons(question.components)["Clear"]
    cleared = [path.endswith("/clear") for _, path in invokeai.writes()].count(True)
    presses = await asyncio.gather(*(admin.press(question, yes) for _ in range(3)))
    refusals = [one for one in presses if not await _did(one)]
    assert "4 jobs are cleared." in read(question)
    assert len(question.edits) == 1
    assert [one.followups[0].text for one in refusals] == ["That question has been answered already."] * 2
    assert [path.endswith("/clear") for _, path in invokeai.writes()].count(True) == cleared + 1


async def test_a_question_that_stood_too_long_does_nothing(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await person.enqueue(draw(**LONG), runs=3)
    admin, before = studio.person("admin"), invokeai.writes()
    for moment in (until(-1), until(3600)):
        custom_id = f"answer:clear:invokeai:{moment}:{admin.id}"
        old = plant(studio, studio.channel, [custom_id], seen_by=admin)
        answer = await admin.press(old, custom_id)
        await answer.wait_for(lambda one: not buttons(one.components))
        assert "This question has expired. Ask again with /clear." in read(answer)
    assert invokeai.writes() == before


async def test_a_question_outlives_the_bot_that_asked_it(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    await person.enqueue(draw(**LONG), runs=3)
    question = await studio.person("admin").slash(studio.channel, "clear")
    panel = await studio.person("guest").slash(studio.channel, "queue")
    listed = await studio.person("guest").slash(studio.channel, "jobs", prompt="fox")
    managed = await studio.person("operator").slash(studio.channel, "queue")
    await bot.kill()
    again = bot_process(studio, invokeai.url, tmp_path)
    await again.start()
    await again.says("discord_connected", within=20)
    await studio.person("guest").press(panel, "queue:refresh:invokeai")
    listed = await studio.person("guest").select(listed, "jobs:filter:invokeai:-:Zm94", "pending")
    await listed.wait_for(lambda one: "Waiting · “fox”" in one.text)
    asked = await studio.person("operator").select(managed, "queue:manage:invokeai", "cancel-all")
    await asked.wait_for(lambda one: "Cancel" in read(one))
    assert asked.ephemeral
    answer = await studio.person("admin").press(question, buttons(question.components)["Clear"])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "3 jobs are cleared." in read(answer)
    assert await again.stop() == 0
    await bot.start()
    await bot.says("discord_connected", within=20)


async def test_a_wide_cancel_of_many_asks_first_and_one_of_one_does_not(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    running, *_ = (await person.enqueue(draw(**LONG), runs=3, destination="canvas")).numbers
    await person.enqueue(draw(**LONG), runs=2)
    await invokeai.until(running, "in_progress")
    for scope, words, taken in (
        ("destination", f"Cancel 3 jobs with #{running}'s destination “canvas”?", None),
        ("batch", f"Cancel 3 jobs of #{running}'s batch?", None),
        ("all", "Cancel all 5 jobs?", None),
        ("waiting", "Cancel all 4 waiting jobs?", 4),
    ):
        before = invokeai.writes()
        question = await operator.slash(studio.channel, "cancel", scope=scope)
        assert words in read(question)
        assert question.ephemeral
        assert invokeai.writes() == before
        if taken is None:
            continue
        answer = await operator.press(question, buttons(question.components)[f"Cancel {taken} jobs"])
        await answer.wait_for(lambda one: not buttons(one.components))
        assert "4 jobs are canceled. No waiting, 1 running." in read(answer)
    assert (await counts(invokeai))["canceled"] == 4
    answer = await operator.slash(studio.channel, "cancel", scope="all")
    assert "1 job is canceled. No waiting, none running." in read(answer)
    assert "nothing to cancel" in read(await operator.slash(studio.channel, "cancel", scope="all"))


async def test_a_question_about_a_batch_never_hits_the_next_one(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    first = await person.enqueue(draw(**LONG), runs=2)
    await invokeai.until(first.numbers[0], "in_progress")
    question = await operator.slash(studio.channel, "cancel", scope="batch")
    for number in first.numbers:
        await operator.slash(studio.channel, "cancel", job=number)
    second = await person.enqueue(draw(**LONG), runs=2)
    await invokeai.until(second.numbers[0], "in_progress")
    answer = await operator.press(question, buttons(question.components)["Cancel 2 jobs"])
    await answer.wait_for(lambda one: not buttons(one.components))
    assert "There was nothing to cancel. 1 waiting, 1 running." in read(answer)


async def test_the_queues_buttons_pause_resume_and_refresh_in_place(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    operator = studio.person("operator")
    panel = await operator.slash(studio.channel, "queue")
    assert list(buttons(panel.components)) == ["Pause", "Refresh"]
    for press, paused, offered in (
        ("pause", True, "Resume"),
        ("refresh", True, "Resume"),
        ("resume", False, "Pause"),
    ):
        version = len(panel.edits)
        answer = await operator.press(panel, f"queue:{press}:invokeai")
        await answer.wait_for(lambda one, version=version: len(one.edits) > version)
        assert answer.message is panel.message
        assert offered in buttons(panel.components)
        assert (await invokeai.ask("status"))["processor"]["is_started"] is not paused


async def test_a_panel_older_than_an_hour_is_replaced(bot: BotProcess, studio: Studio) -> None:
    del bot
    guest = studio.person("guest")
    for seen_by in (guest, None):
        old = plant(
            studio, studio.channel, ["queue:refresh:invokeai"], seen_by=seen_by, age=timedelta(minutes=61)
        )
        answer = await guest.press(old, "queue:refresh:invokeai")
        await answer.wait_for(lambda one: bool(one.followups) and one.interaction.deleted)
        [new] = answer.followups
        assert "Idle" in new.text
        assert new.ephemeral_for == old.ephemeral_for
        assert old.edits == []
        assert old.id not in studio.channel.stored


async def test_a_retry_is_queued_and_named(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    failing = (await person.enqueue(draw(fail_at_step=1), runs=2)).numbers
    for number in failing:
        await invokeai.until(number, "failed")
    [done] = (await person.enqueue(draw())).numbers
    await invokeai.until(done, "completed")
    refused = await operator.slash(studio.channel, "retry", job=done)
    assert f"#{done} is completed; InvokeAI retries only failed and canceled jobs." in read(refused)
    offered = await operator.autocomplete(studio.channel, "retry", job="")
    assert [choice["value"] for choice in offered] == sorted(failing, reverse=True)
    answer = await operator.slash(studio.channel, "retry", job=failing[0])
    assert f"#{failing[0]} is queued again as #{done + 1}." in read(answer)
    assert (await invokeai.ask(f"i/{done + 1}"))["retried_from_item_id"] == failing[0]
    await invokeai.until(done + 1, "failed")
    answer = await operator.slash(studio.channel, "retry", job=done + 1, scope="batch")
    words = f"2 failed jobs of #{done + 1}'s batch are queued again as #{done + 2} to #{done + 3}."
    assert words in read(answer)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_what_fails_behind_a_button_is_one_sentence_and_the_panel_stays(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    operator = studio.person("operator")
    panel = await operator.slash(studio.channel, "queue")
    before = panel.text
    custom_id = "job:cancel:invokeai:999999"
    planted = plant(studio, studio.channel, [custom_id])
    answer = await operator.press(planted, custom_id)
    assert "Job #999999 isn't in" in read(answer)
    assert buttons(planted.components)
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    server.fault = Fault.SERVER_ERROR
    answer = await operator.press(panel, "queue:pause:invokeai")
    await answer.wait_for(lambda one: bool(one.followups))
    [told] = answer.followups
    assert told.text == "InvokeAI has trouble (HTTP 500)."
    assert told.ephemeral_for == operator.id
    assert panel.text == before
