import re

from house import InvokeAI, Studio, says
from person import Person, draw, picture

from sandbox.bot_process import BotProcess


async def test_three_images_are_posted_byte_for_byte(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    posted: set[bytes] = set()
    kept: set[bytes] = set()
    for seed in range(3):
        [number] = (
            await person.enqueue(draw(seed=seed, prompt="red fox in snow", width=96, height=64))
        ).numbers
        message = await studio.posted(f"✅ #{number}")
        item = await invokeai.until(number, "completed")
        [result] = item["session"]["results"].values()
        kept.add(await person.file(result["image"]["image_name"]))
        posted |= {file.data for file in message.files}
        assert message.push
    assert len(kept) == 3
    assert posted == kept


async def test_a_failing_node_s_traceback_is_posted(bot: BotProcess, studio: Studio, person: Person) -> None:
    del bot
    [number] = (await person.enqueue(draw(fail_at_step=1))).numbers
    message = await studio.posted(f"❌ #{number}")
    assert "Error" in message.content
    [file] = message.files
    assert file.filename == f"{number}-traceback.txt"
    assert "Traceback (most recent call last)" in file.data.decode()
    assert "/home/" not in file.data.decode()
    assert "in invoke" in message.text


async def test_a_job_that_finished_while_the_bot_was_killed_is_posted_once_at_its_return(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    [before] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{before}")
    await bot.kill()
    [missed] = (await person.enqueue(draw())).numbers
    await invokeai.until(missed, "completed")
    await bot.start()
    await studio.posted(f"✅ #{missed}")
    [after] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{after}")
    told = zip(studio.lines(), (before, missed, after), strict=True)
    assert all(says(line, f"✅ #{number}") for line, number in told)


async def test_the_queue_its_jobs_and_the_latest_are_shown_as_invokeai_has_them(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    [done] = (await person.enqueue(picture())).numbers
    await studio.posted(f"✅ #{done}", "a red fox in snow")
    running, waiting = (await person.enqueue(draw(seconds=30, steps=60), runs=2)).numbers
    await invokeai.until(running, "in_progress")
    guest = studio.person("guest")

    queue = await guest.slash(studio.channel, "queue")
    assert queue.ephemeral
    assert queue.deferred
    assert f"#{running}" in queue.text
    assert f"**Next** #{waiting}" in queue.text
    jobs = await guest.slash(studio.channel, "jobs")
    assert [jobs.text.index(f"#{number}") for number in (running, waiting, done)] == sorted(
        jobs.text.index(f"#{number}") for number in (running, waiting, done)
    )
    assert [one.filename for one in jobs.files] == [f"{done}-small.webp"]
    found = await guest.slash(studio.channel, "jobs", prompt="snow FOX")
    assert f"#{done}" in found.text
    assert "1 found in the newest 3 jobs" in found.text
    completed = await guest.slash(studio.channel, "jobs", status="completed")
    assert f"#{done}" in completed.text
    assert f"#{running}" not in completed.text
    latest = await guest.slash(studio.channel, "latest")
    assert f"#{done}" in latest.text
    assert "Juggernaut XL v9" in latest.text
    assert len(latest.files) == 1
    shown = await guest.slash(studio.channel, "job", job=running)
    assert f"#{running} running" in shown.text
    choices = await guest.autocomplete(studio.channel, "job", job=str(waiting))
    assert [(choice["name"], choice["value"]) for choice in choices] == [(f"#{waiting} · waiting", waiting)]


async def test_cancel_takes_the_running_job_or_the_one_that_is_named(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    running, waiting, other = (await person.enqueue(draw(seconds=30, steps=60), runs=3)).numbers
    await invokeai.until(running, "in_progress")
    answer = await operator.slash(studio.channel, "cancel", job=waiting)
    assert f"#{waiting} is canceled" in answer.text
    assert (await invokeai.ask(f"i/{waiting}"))["status"] == "canceled"
    assert (await invokeai.ask(f"i/{running}"))["status"] == "in_progress"
    answer = await operator.slash(studio.channel, "cancel")
    assert f"#{running} is canceled" in answer.text
    assert (await invokeai.ask(f"i/{running}"))["status"] == "canceled"
    await studio.channel.wait_for(lambda _: _canceled(studio) >= {waiting, running}, timeout=30)
    again = await operator.slash(studio.channel, "cancel", job=running)
    assert "had already ended" in again.text
    await operator.slash(studio.channel, "cancel", scope="all")
    assert (await invokeai.ask(f"i/{other}"))["status"] == "canceled"


def _canceled(studio: Studio) -> set[int]:
    """The numbers in the notices of cancellation; two that were due together stand in one."""
    lines = (line for line in studio.lines() if line.startswith("🚫"))
    return {int(number) for line in lines for number in re.findall(r"#(\d+)", line)}


async def test_pause_and_resume_steer_the_processor_and_say_what_is(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    operator = studio.person("operator")
    answer = await operator.slash(studio.channel, "pause")
    assert "The queue is paused" in answer.text
    assert (await invokeai.ask("status"))["processor"]["is_started"] is False
    assert "paused already" in (await operator.slash(studio.channel, "pause")).text
    [number] = (await person.enqueue(draw())).numbers
    assert "Paused" in (await operator.slash(studio.channel, "queue")).text
    answer = await operator.slash(studio.channel, "resume")
    assert "runs again" in answer.text
    assert (await invokeai.ask("status"))["processor"]["is_started"] is True
    assert "was not paused" in (await operator.slash(studio.channel, "resume")).text
    await studio.posted(f"✅ #{number}")


async def test_a_look_up_is_seen_by_the_channel_only_if_that_was_asked_for(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    guest = studio.person("guest")
    assert (await guest.slash(studio.channel, "queue")).ephemeral
    assert not (await guest.slash(studio.channel, "queue", public=True)).ephemeral
    assert not (await guest.slash(studio.channel, "jobs", public=True)).ephemeral


async def test_commands_are_offered_wherever_their_owner_takes_the_bot(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    [registered] = studio.discord.sent("PUT", "/applications/{application_id}/commands")
    assert all(one["integration_types"] == [0, 1] for one in registered.payload)
    assert not [one for one in registered.payload if one.get("contexts")]  # in direct messages too


async def test_an_unknown_job_is_said_to_be_unknown(bot: BotProcess, studio: Studio) -> None:
    del bot
    for command in ("job", "cancel"):
        answer = await studio.person("operator").slash(studio.channel, command, job=999_999)
        assert "Job #999999 isn't in" in answer.text.replace("\\", "")
