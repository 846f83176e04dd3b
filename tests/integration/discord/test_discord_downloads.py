"""Pictures that people point at, fetched from Discord with an end to it."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from discord.http import Route

from bot.discord.message_pictures import download
from bot.errors import RequestRefused

LIMIT = 1000


async def test_what_is_too_large_is_not_read_to_its_end_and_nothing_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(LIMIT))

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://127.0.0.1:9/")

    async def fits(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bytes(LIMIT))

    app = web.Application()
    for path, answer in (("/endless", endless), ("/elsewhere", elsewhere), ("/fits", fits)):
        app.router.add_get(path, answer)
    async with TestServer(app) as server:
        monkeypatch.setattr(Route, "BASE", str(server.make_url("/api/v10")))
        assert await download(str(server.make_url("/fits")), LIMIT) == bytes(LIMIT)
        for path, words in (
            ("/endless", "more than"),
            ("/elsewhere", "does not give that picture"),
            ("/gone", "does not give that picture"),
        ):
            with pytest.raises(RequestRefused, match=words):
                await download(str(server.make_url(path)), LIMIT)
