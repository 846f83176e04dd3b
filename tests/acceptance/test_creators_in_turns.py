"""Two people share a box: their jobs take turns, and what each may have is counted over restarts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio, bot_process
from job_buttons_place import seeded
from person import Person

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.invokeai import SandboxInvokeAI

SETTINGS = {"BOT_CREATOR_ROLES": "creators", "BOT_CREATOR_WAITING": "20", "BOT_CREATOR_DAILY": "20"}
EACH = 20
QUICK: dict[str, Any] = {"seconds": 0.02, "steps": 1, "width": 32, "height": 32}


async def begun(process: BotProcess, studio: Studio) -> None:
    await process.start()
    await process.says("discord_connected", within=20)
    studio.guild.open_all_commands()


def refusal(answer: Answer) -> str:
    assert answer.followups[0].ephemeral_for is not None
    return answer.followups[0].text


async def completed(server: SandboxInvokeAI, jobs: int) -> None:
    while len(server.queue.select("default", "completed")) < jobs:  # noqa: ASYNC110 - the sandbox tells of no ends
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_two_creators_with_twenty_jobs_each_take_turns_and_have_no_more_over_kills(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    await person.enqueue(seeded(**QUICK))
    await completed(server, 1)
    role = next(role for role in studio.guild.state.roles.values() if role.name == "creators")
    ann, ben = studio.person("creator"), studio.guild.add_member("ben", roles=[role])
    process = bot_process(studio, invokeai.url, tmp_path, **SETTINGS)
    await begun(process, studio)
    await person.pause()
    for count in (16, EACH - 16):
        for who, prompt in ((ann, "ann"), (ben, "ben")):
            answer = await who.slash(studio.channel, "imagine", prompt=prompt, count=count)
            assert "queued" in answer.text
    await process.kill()
    await begun(process, studio)
    more = await ann.slash(studio.channel, "imagine", prompt="ann")
    assert "20 of yours are waiting or running" in refusal(more)
    await person.resume()
    await completed(server, EACH)
    await process.kill()
    await begun(process, studio)
    await completed(server, 2 * EACH + 1)
    prompts = [
        item.session["graph"]["nodes"]["positive_prompt:1"]["value"] for item in server.queue.items.values()
    ]
    order = prompts[1:]
    assert (order.count("ann"), order.count("ben")) == (EACH, EACH)
    for place in range(len(order)):
        assert abs(order[:place].count("ann") - order[:place].count("ben")) <= 2
    for who in (ann, ben):
        mine = await who.slash(studio.channel, "quota")
        assert "You have 0 of 20 waiting or running, and asked for 20 of 20" in mine.text
        refused = await who.slash(studio.channel, "imagine", prompt="one more")
        assert "You have queued 20 of the 20" in refusal(refused)
    assert await process.stop() == 0
