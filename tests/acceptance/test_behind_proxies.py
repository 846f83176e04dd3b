"""The bot with a real nginx before InvokeAI: pictures, links and the socket take the sub-path."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process
from person import Person, draw
from proxies import TLS, documented, leading_to, nginx
from real_invokeai import RealInvokeAI

from sandbox.bot_process import BotProcess

STRIPPED, KEPT = range(2)
"""The examples for nginx in docs/running.md."""
SUB_PATH = "/invoke"


@asynccontextmanager
async def bot_behind(
    studio: Studio, upstream: str, example: str, folder: Path, *, tls: bool = False
) -> AsyncGenerator[tuple[BotProcess, str]]:
    """The running bot, and the address that it was given."""
    async with nginx(folder, leading_to(upstream, example), tls=tls) as place:
        url = f"{'https' if tls else 'http'}://{place}{SUB_PATH}"
        trust = {"INVOKEAI_CA_FILE": str(TLS / "ca.pem")} if tls else {}
        bot = bot_process(studio, url, folder, INVOKEAI_PUBLIC_URL=url, **trust)
        await bot.start()
        try:
            await bot.says("baseline_taken", within=30)
            await bot.says("discord_connected", within=30)
            yield bot, url
        finally:
            code = await bot.stop()
        assert code == 0, bot.last_words()


async def told_whole(studio: Studio, person: Person, ask: InvokeAI, page: str) -> None:
    [number] = (await person.enqueue(draw(seed=7))).numbers
    notice = await studio.posted(f"✅ #{number}")
    [result] = (await ask.until(number, "completed"))["session"]["results"].values()
    [file] = notice.files
    assert file.data == await person.file(result["image"]["image_name"])
    assert f"[Open InvokeAI]({page})" in notice.text


async def test_behind_a_sub_path_over_tls_pictures_links_and_socket_work(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    example = documented("nginx", STRIPPED)
    async with bot_behind(studio, invokeai.url, example, tmp_path, tls=True) as (bot, url):
        await bot.says("socket_connected", within=10)
        await told_whole(studio, person, invokeai, url)


@pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
async def test_where_a_proxy_lets_no_websocket_through_pictures_come_all_the_same(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    lines = documented("nginx", STRIPPED).splitlines()
    deaf = "\n".join(line for line in lines if "pgrade" not in line)
    async with bot_behind(studio, invokeai.url, deaf, tmp_path) as (bot, url):
        reason = await bot.says("socket_disconnected", within=10)
        assert "A proxy lets no WebSocket through" in reason
        await told_whole(studio, person, invokeai, url)
        assert not any("socket_connected" in line for line in bot.log)


@pytest.mark.real_invokeai
@pytest.mark.timeout(900)
async def test_behind_a_proxy_that_keeps_the_sub_path_a_real_invokeai_is_told_whole(
    studio: Studio, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    server = RealInvokeAI(tmp_path, base_url=SUB_PATH)
    server.start()
    try:
        upstream = server.url.removesuffix(SUB_PATH)
        async with bot_behind(studio, upstream, documented("nginx", KEPT), tmp_path) as (bot, url):
            await bot.says("socket_connected", within=10)
            await told_whole(studio, Person(http, server.url), InvokeAI(server.url, server, http), url)
    finally:
        server.kill()
