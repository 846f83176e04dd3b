"""Two bots on one database: one leads, the other ends with a sentence; the command line works beside it."""

from pathlib import Path

import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw

from sandbox.bot_process import BotProcess

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)


async def test_a_second_bot_on_the_same_database_ends_with_exit_2_and_one_sentence(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    second = bot_process(studio, invokeai.url, tmp_path)
    await second.start()
    assert await second.ended() == 2
    [sentence] = second.log
    assert sentence == (
        f"Another bot already runs on the database {tmp_path / 'bot.sqlite3'}. Stop it, or give this one a "
        "database of its own in BOT_DATABASE_URL."
    )
    [number] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{number}")
    assert bot.returncode is None


async def test_the_command_line_works_beside_a_running_bot(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    for command, code in ((("outbox", "list"), 0), (("outbox", "retry", "--all"), 0), (("check",), 0)):
        beside = bot_process(studio, invokeai.url, tmp_path)
        await beside.start(*command)
        assert await beside.ended() == code, list(beside.log)
    assert bot.returncode is None


async def test_a_bot_that_was_killed_leaves_the_lead_to_the_next_start(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    for _ in range(3):
        await bot.kill()
        await bot.start()
        await bot.says("discord_connected", within=20)
    [number] = (await person.enqueue(draw())).numbers
    await studio.posted(f"✅ #{number}")
