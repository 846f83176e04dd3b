"""Discord lets the bot in only later: it waits in one process, and says so."""

import re
from pathlib import Path

from house import InvokeAI, Studio, bot_process, says
from person import Person, draw
from test_check_and_demo import NOWHERE, started, until_said

from sandbox.bot_process import BotProcess

SEND = "POST /channels/{channel_id}/messages"
ME = "GET /users/@me"


async def test_a_start_with_few_logins_left_waits_and_says_so_in_one_line(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    bot = bot_process(studio, invokeai.url, tmp_path)
    await bot.start()
    await bot.says("discord_connected", within=20)
    await bot.stop()
    studio.discord.gateway.sessions.opened = 900
    await bot.start()
    line = await bot.says("identify_delayed", within=20)
    assert re.search(r"left=100 .*limit=1000 .*until=", line), line
    await bot.stop()
    assert studio.discord.gateway.sessions.opened == 900


async def test_a_start_that_cloudflare_keeps_out_stays_one_process_and_asks_once_a_minute(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    studio.discord.fail_next(ME, 429, page=True)
    bot = bot_process(studio, invokeai.url, tmp_path)
    await bot.start()
    line = await bot.says("discord_login_delayed", within=20)
    assert "429" in line
    assert "seconds=60" in line
    assert bot.returncode is None
    assert len(studio.discord.sent("GET", "/users/@me")) == 1
    await bot.stop()


async def test_a_start_while_discord_is_away_ends_as_soon_as_discord_is_back(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    await studio.discord.away()
    bot = bot_process(studio, invokeai.url, tmp_path)
    await bot.start()
    await bot.says("discord_login_delayed", within=20)
    await studio.discord.back()
    await bot.says("discord_connected", within=20)
    assert await bot.stop() == 0


async def test_a_start_without_a_name_server_says_so_and_ends_quietly(
    invokeai: InvokeAI, tmp_path: Path
) -> None:
    process = await started(
        tmp_path,
        "run",
        DISCORD_TOKEN="x",
        DISCORD_API_URL=NOWHERE,
        INVOKEAI_URL=invokeai.url,
        BOT_DATABASE_URL=f"sqlite+aiosqlite:///{tmp_path / 'bot.sqlite3'}",
    )
    said = await until_said(process, "discord_login_delayed", "invokeai_connected")
    process.terminate()
    rest, _ = await process.communicate()
    said += rest.decode()
    assert process.returncode == 0, said
    assert "Discord can't be reached: this machine can't look up its address." in said
    assert "Traceback" not in said
    assert "Unclosed" not in said


async def test_what_was_delayed_goes_out_as_soon_as_the_gateway_is_back(
    bot: BotProcess, studio: Studio, person: Person
) -> None:
    studio.discord.fail_next(SEND, 503, times=4)
    [number] = (await person.enqueue(draw())).numbers
    for attempt in range(1, 5):  # the fourth is waited after for 16 s
        await bot.says(f"notice_delayed                 attempts={attempt}", within=20)
    studio.discord.gateway.cut()
    await studio.channel.wait_for(lambda message: says(message.content, f"✅ #{number}"), timeout=8)
