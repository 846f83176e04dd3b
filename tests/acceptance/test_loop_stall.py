"""The bot's own figure of how long its event loop stood still, while a job's words do their worst."""

import re
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from ports import free_port

MAX_STALL = 1.5
"""Seconds by the clock, on a machine that other tests share. Before long texts were cut it was 4.8."""
WORST = "eyJaaaaaaaa-" * 3_000 + '/home/a b password="\\ '


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_a_prompt_and_a_traceback_of_400_kb_do_not_stop_the_bot(
    studio: Studio, invokeai: InvokeAI, person: Person, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_port()}"
    bot = bot_process(studio, invokeai.url, tmp_path, BOT_HTTP_ADDRESS=address)
    await bot.start()
    await bot.says("baseline_taken", within=30)
    guest, text = studio.person("guest"), WORST * (400_000 // len(WORST))
    failing = draw(fail_at_step=1, fail_with=f"RuntimeError: {text}", prompt=text)
    [failed] = (await person.enqueue(failing)).numbers
    failure = await studio.posted(f"❌ #{failed}")
    for _ in range(4):
        await guest.press(failure, f"job:details:invokeai:{failed}")
    [done] = (await person.enqueue(draw(prompt=text, seconds=1, steps=4))).numbers
    await studio.posted(f"✅ #{done}")
    for command in ("queue", "jobs", "latest"):
        await guest.slash(studio.channel, command)
    async with http.get(f"http://{address}/metrics") as answer:
        stall = re.search(r"^bot_loop_stall_seconds (\S+)$", await answer.text(), re.MULTILINE)
    assert await bot.stop() == 0
    assert stall is not None
    assert float(stall[1]) < MAX_STALL
