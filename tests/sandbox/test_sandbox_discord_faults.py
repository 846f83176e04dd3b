"""The faults that a test can ask of the sandbox Discord are what they say."""

import asyncio

import aiohttp
import pytest
from fakes import Seconds
from sandbox_discord_support import NOW, PNG, raw, studio

SEND = "POST /channels/{channel_id}/messages"


async def test_an_act_comes_after_the_request_and_before_it_is_carried_out_or_after_that() -> None:
    async with studio() as (server, _, channel), raw(server) as ask:
        seen: list[int] = []
        for after in (False, True):
            server.call_at_next(SEND, lambda: seen.append(len(channel.messages)), after=after)
            status, _, _ = await ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
            assert status == 200
        assert seen == [0, 2]


async def test_a_request_that_is_cut_as_an_act_is_called_is_not_carried_out() -> None:
    async with studio() as (server, _, channel), raw(server) as ask:
        server.call_at_next(SEND, lambda: None, cut=True)
        with pytest.raises(aiohttp.ClientError):
            await ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        assert channel.messages == []


async def test_an_upload_that_is_cut_leaves_nothing() -> None:
    async with studio() as (server, _, channel), raw(server) as ask:
        server.cut_upload_next(SEND)
        with pytest.raises(aiohttp.ClientError):
            await ask("POST", f"/channels/{channel.id}/messages", {}, files={"a.png": bytes(5_000_000)})
        assert channel.messages == []
        [request] = server.sent(*SEND.split())
        assert not request.files


async def test_over_a_slow_uplink_a_message_comes_when_its_last_byte_has_and_a_hang_up_leaves_nothing() -> (
    None
):
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0.005)

    async with studio(sleep=sleep) as (server, _, channel), raw(server) as ask:
        server.slow_uplink(SEND, 100_000, times=2)
        await ask("POST", f"/channels/{channel.id}/messages", {}, files={"a.png": bytes(500_000)})
        assert len(channel.messages) == 1
        assert 5 <= sum(slept) < 5.1
        slept.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await ask("POST", f"/channels/{channel.id}/messages", {}, files={"a.png": bytes(500_000)})
        steps = -1
        while steps != len(slept):  # until nothing is waited for any more
            steps = len(slept)
            await asyncio.sleep(0.05)
        assert sum(slept) < 5
        assert len(channel.messages) == 1
        assert server.sent(*SEND.split())[1].files == []


async def test_a_nonce_is_forgotten_when_its_time_is_over() -> None:
    clock = Seconds(NOW)
    async with studio(clock=clock, nonce_memory=60) as (server, _, channel), raw(server) as ask:
        body = {"content": "x", "nonce": "7", "enforce_nonce": True}
        for _ in range(2):
            await ask("POST", f"/channels/{channel.id}/messages", body)
        assert len(channel.messages) == 1
        clock.now += 61
        await ask("POST", f"/channels/{channel.id}/messages", body)
        assert len(channel.messages) == 2


async def test_a_429_can_be_global_or_a_proxy_s_bare_page() -> None:
    async with studio() as (server, _, channel), raw(server) as ask:
        server.fail_next(SEND, 429, headers={"Retry-After": "2", "X-RateLimit-Global": "true"})
        server.fail_next(SEND, 429, page=True)
        status, headers, answer = await ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        assert (status, answer["global"], headers["Via"]) == (429, True, "1.1 google")
        status, headers, answer = await ask("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        assert (status, answer) == (429, "<html>an error</html>")
        assert not {"Via", "Retry-After"} & set(headers)


async def test_a_token_that_was_reset_is_refused_and_the_new_one_taken() -> None:
    async with studio() as (server, _, channel), raw(server) as ask:
        old = server.token
        server.reset_token("new")
        assert (await ask("GET", f"/channels/{channel.id}"))[0] == 200
        assert (await ask("GET", f"/channels/{channel.id}", token=old))[0] == 401


async def test_moderation_blocks_a_word_in_text_file_name_and_alt_text() -> None:
    async with studio() as (server, guild, channel), raw(server) as ask:
        guild.block("Forbidden")
        path = f"/channels/{channel.id}/messages"
        told = {"attachments": [{"id": 0, "description": "a forbidden fox"}]}
        for body, files in (
            ({"content": "a forbidden fox"}, None),
            ({}, {"forbidden.png": PNG}),
            (told, {"fox.png": PNG}),
            ({"embeds": [{"description": "forbidden"}]}, None),
        ):
            status, _, answer = await ask("POST", path, body, files=files)
            assert (status, answer["code"]) == (400, 200000)
        assert channel.messages == []
        status, _, _ = await ask("POST", path, {"content": "a fox"})
        assert status == 200
