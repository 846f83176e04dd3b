"""The bot's machine is suspended while a job runs and a pause is due to end."""

import asyncio
import os
import signal

from house import InvokeAI, Studio, says
from person import Person, draw

from sandbox.bot_process import BotProcess

ASLEEP = 4.0


async def test_what_ended_meanwhile_is_told_once_and_a_pause_that_is_over_ends_at_once(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person
) -> None:
    operator = studio.person("operator")
    [number] = (await person.enqueue(draw(seconds=1, steps=2))).numbers
    await invokeai.until(number, "in_progress")
    await operator.slash(studio.channel, "pause", **{"for": "2s"})
    os.kill(bot.pid, signal.SIGSTOP)
    await asyncio.sleep(ASLEEP)
    await invokeai.until(number, "completed")
    assert (await invokeai.ask("status"))["processor"]["is_started"] is False
    os.kill(bot.pid, signal.SIGCONT)
    await studio.posted(f"✅ #{number} ")
    await bot.says("pause_ended", within=5)
    assert (await invokeai.ask("status"))["processor"]["is_started"]
    assert sum(says(line, f"✅ #{number}") for line in studio.lines()) == 1
    assert not any(line.startswith(("🔌", "⏳")) for line in studio.lines())
