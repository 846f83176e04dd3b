"""What is secret stays secret: in the log, in sentences, in /healthz and /metrics, whatever fails."""

import asyncio
import json
import socket
from base64 import b64encode
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from planted import press
from ports import free_port

from sandbox.bot_process import BotProcess
from sandbox.discord.answers import Answer
from sandbox.discord.faults import Fault, route
from sandbox.discord.state import Message
from sandbox.invokeai import Fault as Illness
from sandbox.invokeai import SandboxInvokeAI

PASSWORD = "q7Zt9Lw2Xc4Vb6Nm8"  # not one that a scrubber would know by its looks
GUILDS = 1
"""Discord's bit of the intent."""
WORD_IN_URL = "kR3vT8yU1oP5aS2dF"
IN_ADDRESS, UNQUOTED = "gH6%2Bj%22K4lZ0x", 'gH6+j"K4lZ0x'


async def fetched(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return f"{dict(answer.headers)} {await answer.text()}"


def nothing_secret(studio: Studio, text: str) -> None:
    for secret in (studio.discord.token, PASSWORD, WORD_IN_URL):
        assert secret not in text


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
@pytest.mark.parametrize("style", ["console", "json"])
async def test_no_secret_is_told_whatever_fails_at_the_most_talkative_level(
    style: str, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    address = f"127.0.0.1:{free_port()}"
    bot = bot_process(
        studio,
        invokeai.url,
        tmp_path,
        INVOKEAI_EMAIL="me@box.example",
        INVOKEAI_PASSWORD=PASSWORD,
        INVOKEAI_HEADERS=f'{{"X-Key": "{WORD_IN_URL}"}}',
        BOT_LOG_LEVEL="DEBUG",
        BOT_LOG_FORMAT=style,
        BOT_HTTP_ADDRESS=address,
    )
    sends = route("POST /channels/{channel_id}/messages")
    studio.discord.faults.add(
        Fault(lambda _, path: path.endswith("/commands"), times=1, status=400, code=50035)
    )
    studio.discord.faults.add(Fault(sends, times=2, status=400, code=50035))  # a live card may get one
    await bot.start()
    await bot.says("discord_connected", within=30)
    await bot.says("baseline_taken", within=30)
    for _ in range(3):
        await person.enqueue(draw())
    await bot.says("notice_dead_lettered", within=30)
    studio.discord.faults.clear()
    studio.discord.faults.add(Fault(sends, times=2, cut=True))
    await person.enqueue(draw())
    await bot.says("notice_delayed", within=30)
    server.fault = Illness.HTML
    shown = [(await studio.person("guest").slash(studio.channel, "queue")).text]
    server.fault = None
    pages = [await fetched(f"http://{address}/{page}") for page in ("healthz", "metrics")]
    assert await bot.stop() == 0
    assert len(bot.log) > 10
    nothing_secret(studio, "\n".join([*bot.log, *pages, *shown, *studio.lines()]))
    assert "service_failed" in "\n".join(bot.log)


def everything(message: Message | Answer) -> str:
    """All that a person or a program can read of it, its files included."""
    files = [f"{file.filename} {file.description} {file.data.decode('latin-1')}" for file in message.files]
    words = [message.text, message.content, str(message.components), *files]
    if isinstance(message, Message):
        words += [str(message.embeds), *(str(edit) for edit in message.edits)]
    return " ".join(words)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_our_own_secrets_leave_in_no_text_though_a_job_s_words_hold_them_and_its_words_not_in_the_log(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    server = invokeai.server
    assert isinstance(server, SandboxInvokeAI)
    address = f"127.0.0.1:{free_port()}"
    bot = bot_process(
        studio,
        invokeai.url.replace("//", f"//proxy:{IN_ADDRESS}@"),
        tmp_path,
        INVOKEAI_PASSWORD=PASSWORD,
        INVOKEAI_HEADERS=f'{{"X-Key": "Token {WORD_IN_URL}"}}',
        BOT_LOG_LEVEL="DEBUG",
        BOT_HTTP_ADDRESS=address,
    )
    login = b64encode(f"proxy:{UNQUOTED}".encode()).decode()
    shapes = [studio.discord.token, PASSWORD, WORD_IN_URL, IN_ADDRESS, UNQUOTED, login]
    words = f"a fox, {' and '.join(shapes)}, {json.dumps({'x': UNQUOTED})}"
    await bot.start()
    await bot.says("baseline_taken", within=30)
    graph = draw(prompt=words, seconds=0.5, steps=5)
    [done] = (await person.enqueue(graph)).numbers
    [failed] = (await person.enqueue(draw(fail_at_step=1, fail_with=f"RuntimeError: {words}"))).numbers
    finished, failure = await studio.posted(f"✅ #{done}"), await studio.posted(f"❌ #{failed}")
    admin = studio.person("admin")
    said = [finished, failure]
    said += [await admin.slash(studio.channel, "job", job=number) for number in (done, failed)]
    said += [await admin.slash(studio.channel, name) for name in ("queue", "jobs", "latest")]
    said += [await admin.press(failure, f"job:details:invokeai:{failed}")]
    said += [await press(admin, finished, "Original")]
    pages = [await fetched(f"http://{address}/{page}") for page in ("healthz", "metrics")]
    assert await bot.stop() == 0
    assert "fox" in everything(finished)
    assert "***" in everything(failure)
    assert "fox" not in "\n".join([*bot.log, *pages])  # no word of a prompt or of a failure
    text = "\n".join([*map(everything, [*said, *studio.channel.messages]), *bot.log, *pages])
    for secret in shapes:
        assert secret not in text
        assert secret.lower() not in text


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"BOT_DATABASE_URL": f"postgresql+asyncpg://bot:{WORD_IN_URL}@127.0.0.1:1/bot"}, 1),
        ({"BOT_DATABASE_URL": f"postgresql+asyncpg://bot:{WORD_IN_URL}@127.0.0.1:port/bot"}, 2),
        ({"BOT_DATABASE_URL": f"mysql://bot:{WORD_IN_URL}@127.0.0.1/bot"}, 2),
        ({"INVOKEAI_URL": f"ftp://me:{WORD_IN_URL}@box"}, 2),
        ({"INVOKEAI_URL": f"http://me:{WORD_IN_URL}@box", "INVOKEAI_EMAIL": "me@box.example"}, 2),
        ({"INVOKEAI_URL": f"http://me:{WORD_IN_URL}@box:909O"}, 2),
        ({"INVOKEAI_URL": f"http://me:1/{WORD_IN_URL}@127.0.0.1:1"}, 2),
        ({"BOT_DATABASE_URL": f"postgresql+asyncpg://bot:p/@{WORD_IN_URL}@127.0.0.1:1/bot"}, 2),
        ({"BOT_DATABASE_URL": f"postgresql+asyncpg://bot:{WORD_IN_URL}@{'a' * 70}/bot"}, 1),
        ({"INVOKEAI_HEADERS": f'{{"X-Key": "{WORD_IN_URL}"'}, 2),
        ({"INVOKEAI_CA_FILE": f"/nowhere/{WORD_IN_URL}"}, 2),
        ({"DISCORD_API_URL": f"//me:{WORD_IN_URL}@box"}, 2),
        ({"DISCORD_TOKEN": WORD_IN_URL}, 1),
        ({"DISCORD_TOKEN": f"{WORD_IN_URL}\u20ac\t{WORD_IN_URL}"}, 1),
    ],
)
async def test_a_start_that_ends_at_once_names_no_secret(
    settings: dict[str, str], code: int, studio: Studio, tmp_path: Path
) -> None:
    process = bot_process(studio, "http://127.0.0.1:1", tmp_path, INVOKEAI_PASSWORD=PASSWORD, **settings)
    await process.start()
    assert await asyncio.wait_for(process.ended(), 40) == code
    nothing_secret(studio, "\n".join(process.log))
    assert not any("Traceback" in line for line in process.log)


async def test_a_password_in_invokeai_s_address_is_told_to_nobody(studio: Studio, tmp_path: Path) -> None:
    url = f"http://me:{WORD_IN_URL}@127.0.0.1:1"
    bot = bot_process(studio, url, tmp_path, BOT_LOG_LEVEL="DEBUG")
    await bot.start()
    await bot.says("discord_connected", within=30)
    await bot.says("invokeai_unavailable", within=30)
    told = [(await studio.person(name).slash(studio.channel, "queue")).text for name in ("guest", "admin")]
    assert ["127.0.0.1:1" in text for text in told] == [False, True]
    assert await bot.stop() == 0
    assert "127.0.0.1:1" in "\n".join(bot.log)
    nothing_secret(studio, "\n".join([*bot.log, *told]))


async def test_a_port_that_is_taken_ends_the_start_with_exit_1_and_one_sentence(
    studio: Studio, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        process = bot_process(studio, "http://127.0.0.1:1", tmp_path, BOT_HTTP_ADDRESS=address)
        await process.start()
        assert await process.ended() == 1
    assert process.log[-1].startswith(f"BOT_HTTP_ADDRESS {address} can't be used: ")
    assert not any("Traceback" in line for line in process.log)


async def test_the_bot_asks_for_nothing_but_guilds(studio: Studio, bot: BotProcess) -> None:
    del bot
    assert [session.intents for session in studio.discord.gateway.sessions.online()] == [GUILDS]
