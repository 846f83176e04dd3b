"""A pause over the wire, on either kind of InvokeAI: as long as it was said, and over a kill."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from real_invokeai import RealInvokeAI

from sandbox.bot_process import BotProcess


async def kill_and_start(invokeai: InvokeAI) -> None:
    """As after a power cut."""
    server = invokeai.server
    if isinstance(server, RealInvokeAI):
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        return
    port = server.port
    await server.kill()
    await server.start(port)


async def paused(invokeai: InvokeAI) -> bool:
    return not (await invokeai.ask("status"))["processor"]["is_started"]


async def until_paused(invokeai: InvokeAI, *, wanted: bool) -> None:
    async with asyncio.timeout(40):
        while await paused(invokeai) is not wanted:
            pass


@pytest.fixture(autouse=True)
async def resumed(person: Person) -> AsyncIterator[None]:
    """Nobody finds the next test's queue paused."""
    yield
    await person.start_afresh()


async def test_a_paused_processor_is_paused_again_after_a_kill_of_invokeai(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    operator = studio.person("operator")
    answer = await operator.slash(studio.channel, "pause", reason="cleaning the fans")
    assert "cleaning the fans" in answer.text
    await kill_and_start(invokeai)
    await until_paused(invokeai, wanted=True)
    told = await studio.posted("InvokeAI restarted and forgot the pause", "paused again")
    assert told.push
    await bot.says("paused_again", within=5)
    queue = await operator.slash(studio.channel, "queue")
    assert f"by <@{operator.id}>" in queue.text
    assert "cleaning the fans" in queue.text
    await operator.slash(studio.channel, "resume")
    await kill_and_start(invokeai)
    await asyncio.wait_for(bot.says("socket_connected", within=40), timeout=40)
    await operator.slash(studio.channel, "queue")
    assert not await paused(invokeai)


async def test_a_pause_for_some_seconds_ends_by_itself(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    await studio.person("operator").slash(studio.channel, "pause", **{"for": "3s"})
    assert await paused(invokeai)
    [number] = (await person.enqueue(draw())).numbers
    await studio.posted("The queue runs again")
    await studio.posted(f"✅ #{number}")


async def test_a_pause_after_the_batch_lets_the_batch_end_and_the_next_one_wait(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    del bot
    batch = (await person.enqueue(draw(seconds=1.0), runs=3)).numbers
    [after] = (await person.enqueue(draw())).numbers
    await invokeai.until(batch[0], "in_progress")
    answer = await studio.person("operator").slash(studio.channel, "pause", after_batch=True)
    assert "after this batch" in answer.text
    await invokeai.until(batch[-1], "completed")
    await until_paused(invokeai, wanted=True)
    assert (await invokeai.ask(f"i/{after}"))["status"] == "pending"


async def test_what_makes_no_sense_is_refused_in_a_sentence(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    operator = studio.person("operator")
    for options in (
        {"for": "soon"},
        {"for": "30m", "until": "18:00"},
        {"until": "25:00"},
        {"for": "30m", "after_batch": True},
    ):
        answer = await operator.slash(studio.channel, "pause", **options)
        assert answer.ephemeral
        assert answer.text
    assert not await paused(invokeai)


async def test_a_pause_until_a_time_of_day_tells_everyone_in_their_own_zone(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    answer = await studio.person("operator").slash(studio.channel, "pause", until="tomorrow 18:00")
    assert "until <t:" in answer.text
    assert await paused(invokeai)
