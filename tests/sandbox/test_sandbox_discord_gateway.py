"""The sandbox Discord's gateway without a library between: its codes, transports, shards."""

import asyncio
import json
import zlib
from typing import Any

import aiohttp
import pytest
import zstandard
from fakes import Seconds
from sandbox_discord_support import NOW, raw, sandbox, studio

from sandbox.discord import SandboxDiscord

MIB = 1024 * 1024
INTENTS = 1 << 0 | 1 << 9


async def test_every_answer_fits_discords_own_schema() -> None:
    async with studio() as (server, guild, channel), raw(server) as request:
        ann = guild.add_member("ann")
        for path in (
            "/users/@me",
            "/users/@me/guilds",
            f"/users/{ann.id}",
            "/applications/@me",
            "/oauth2/applications/@me",
            "/gateway",
            "/gateway/bot",
            f"/guilds/{guild.id}?with_counts=true",
            f"/guilds/{guild.id}/channels",
            f"/guilds/{guild.id}/roles",
            f"/guilds/{guild.id}/members/{ann.id}",
            f"/channels/{channel.id}",
            f"/channels/{channel.id}/messages/pins",
        ):
            assert (await request("GET", path))[0] == 200
        assert (await request("POST", "/users/@me/channels", {"recipient_id": str(ann.id)}))[2]["type"] == 1
        assert (await request("POST", f"/channels/{channel.id}/typing"))[0] == 204


async def _talk(
    server: SandboxDiscord, *frames: Any, query: str = "v=10&encoding=json"
) -> tuple[list[Any], int | None]:
    """Says `frames`, listens until the heartbeat is acknowledged or the end; payloads and close code."""
    heard: list[Any] = []
    url = server.world.base + "/gateway?" + query
    inflate, unzstd = zlib.decompressobj(), zstandard.ZstdDecompressor().decompressobj()
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        for frame in frames:
            await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        await socket.send_str('{"op": 1, "d": null}')
        async for message in socket:
            data = message.data
            if message.type is aiohttp.WSMsgType.BINARY:
                data = inflate.decompress(data) if "zlib" in query else unzstd.decompress(data)
            heard.append(json.loads(data))
            if heard[-1]["op"] == 11:
                break
        return heard, socket.close_code


def identify(**parts: Any) -> dict[str, Any]:
    return {"op": 2, "d": {"token": "sandbox-token", "intents": INTENTS, "properties": {}, **parts}}


CLOSES: list[tuple[list[Any], int]] = [
    (["no json"], 4002),
    (["x" * 5000], 4002),
    ([{"op": 99, "d": {}}], 4001),
    ([{"op": 3, "d": {}}], 4003),
    ([identify(token="wrong")], 4004),
    ([identify(), identify()], 4005),
    ([identify(shard=[1, 1])], 4010),
    ([identify(intents=1 << 40)], 4013),
    ([identify(intents=1 << 15)], 4014),
    ([{"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}], 4004),
    ([{"op": 1, "d": None}] * 121, 4008),
]


@pytest.mark.parametrize(("frames", "code"), CLOSES)
async def test_the_gateway_closes_with_discords_codes(frames: list[Any], code: int) -> None:
    async with studio(clock=Seconds(NOW)) as (server, _guild, _channel):
        url = server.world.base + "/gateway?v=10&encoding=json"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            for frame in frames:
                await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
            async with asyncio.timeout(5):
                async for _ in socket:
                    pass
            assert socket.close_code == code


@pytest.mark.parametrize("compression", ["", "&compress=zlib-stream", "&compress=zstd-stream"])
async def test_every_transport_says_the_same(compression: str) -> None:
    async with studio() as (server, guild, channel):
        heard, _ = await _talk(server, identify(), query="v=10&encoding=json" + compression)
        assert [one["t"] or one["op"] for one in heard] == [10, "READY", "GUILD_CREATE", 11]
        created = heard[2]["d"]
        assert (created["id"], created["channels"][0]["id"]) == (str(guild.id), str(channel.id))
        assert [one["user"]["id"] for one in created["members"]] == [str(server.world.bot.id)]


async def test_an_unknown_session_is_invalid_and_an_old_version_refused() -> None:
    async with sandbox() as server:
        heard, _ = await _talk(server, {"op": 6, "d": {"token": server.token, "session_id": "x", "seq": 1}})
        assert (heard[1]["op"], heard[1]["d"]) == (9, False)
        _, code = await _talk(server, query="v=6&encoding=json")
        assert code == 4012


async def test_each_shard_hears_of_its_own_guilds() -> None:
    clock = Seconds(NOW)
    async with sandbox(shards=2, clock=clock) as server:
        heard: tuple[list[Any], list[Any]] = ([], [])
        for shard in (0, 1):
            server.gateway.sessions.open(shard=shard, shards=2, intents=INTENTS).send = heard[shard].append
        for number in range(8):
            clock.now += 0.0015
            server.add_guild(str(number)).add_text_channel("renders")
        for shard in (0, 1):
            ids = {int(one["d"]["guild_id"]) for one in heard[shard] if one["t"] == "CHANNEL_CREATE"}
            mine = {guild_id for guild_id in server.world.guilds if (guild_id >> 22) % 2 == shard}
            assert mine
            assert ids == mine
            said, _ = await _talk(server, identify(shard=[shard, 2]))
            assert {int(one["d"]["id"]) for one in said if one["t"] == "GUILD_CREATE"} == mine


async def test_too_few_shards_and_a_shard_that_is_none_are_refused_with_their_own_codes() -> None:
    async with sandbox(shards=4) as server:
        assert [(await _talk(server, identify(shard=shard)))[1] for shard in ([0, 2], [4, 4], [0, 4])] == [
            4011,
            4010,
            None,
        ]


async def test_shards_of_one_key_get_no_session_before_the_pause_is_over() -> None:
    clock = Seconds(NOW)
    async with sandbox(shards=4, clock=clock) as server:
        server.gateway.sessions.max_concurrency, server.gateway.sessions.pause = 2, 5.0

        async def begun(shard: int) -> bool:
            heard, _ = await _talk(server, identify(shard=[shard, 4]))
            return any(one["t"] == "READY" for one in heard)

        assert [await begun(shard) for shard in range(4)] == [True, True, False, False]
        clock.now += 5
        assert [await begun(shard) for shard in (2, 3)] == [True, True]
