"""The time limit of a message, over the wire."""

import pytest
from sandbox_discord_support import PNG, studio
from sandbox_discord_tiny_bot import TinyBot, running

from bot.delivery.message import Message
from bot.discord.sink import DiscordSink
from bot.discord.time_limit import request_trace
from bot.domain.subscriptions import Preferences
from bot.errors import DeliveryTimedOut, LeadershipLost
from bot.render.message import File, Notice
from sandbox.discord.ratelimit import Limit

SEND = "POST /channels/{channel_id}/messages"
KB = 1024


def message(channel_id: int, size: int) -> Message:
    notice = Notice("✅ #812 done", "#812", files=(File("812.png", PNG + bytes(size)),))
    return Message(channel_id, notice, (), "nonce", {}, Preferences())


def timed_bot() -> TinyBot:
    return TinyBot(http_trace=request_trace(lambda: None))


def quick(size: int) -> float:
    return 0.3 + size / (1000 * KB)


async def test_an_upload_that_is_too_slow_times_out_and_leaves_nothing() -> None:
    async with (
        studio() as (server, _, channel),
        running(server, timed_bot()) as bot,
    ):
        server.slow_uplink(SEND, 100 * KB)
        with pytest.raises(DeliveryTimedOut, match=r"Discord had not taken the message after"):
            await DiscordSink(bot, timeout=quick).put(message(channel.id, 100 * KB))
        assert channel.messages == []


async def test_the_time_limit_grows_with_the_bytes() -> None:
    async with (
        studio() as (server, _, channel),
        running(server, timed_bot()) as bot,
    ):
        server.slow_uplink(SEND, 1200 * KB)
        await DiscordSink(bot, timeout=quick).put(message(channel.id, 600 * KB))
        assert len(channel.messages) == 1


async def test_a_wait_for_discord_s_rate_limit_is_no_time_out() -> None:
    async with (
        studio() as (server, _, channel),
        running(server, timed_bot()) as bot,
    ):
        server.rate_limits.limits["POST", "/channels/{channel_id}/messages"] = Limit(1, 2)
        sink = DiscordSink(bot, timeout=lambda _: 0.4)
        await sink.put(message(channel.id, 0))
        server.fail_next(SEND, 429, headers={"Retry-After": "0.6", "Via": "1.1 google"})
        await sink.put(message(channel.id, 0))
        assert [request.status for request in server.sent(*SEND.split())] == [200, 429, 200]


async def test_an_edit_that_is_not_answered_times_out() -> None:
    async with (
        studio() as (server, _, channel),
        running(server, timed_bot()) as bot,
    ):
        sink = DiscordSink(bot, timeout=lambda _: 0.2)
        message_id = await sink.put(message(channel.id, 0))
        server.slow_next("PATCH /channels/{channel_id}/messages/{message_id}", 1)
        with pytest.raises(DeliveryTimedOut):
            await sink.edit(channel.id, message_id, Notice("✅ #812 done", "#812"))


async def test_without_permission_nothing_is_sent_and_the_gateway_is_not_tried() -> None:
    lost = False

    def permit() -> None:
        if lost:
            raise LeadershipLost("Another bot leads.")

    async with (
        studio() as (server, _, channel),
        running(server, TinyBot(http_trace=request_trace(permit))) as bot,
    ):
        lost = True
        with pytest.raises(LeadershipLost):
            await DiscordSink(bot).put(message(channel.id, 0))
        with pytest.raises(LeadershipLost):
            await bot.http.ws_connect(f"{server.api_url}/gateway".replace("http", "ws"))
        assert channel.messages == []
