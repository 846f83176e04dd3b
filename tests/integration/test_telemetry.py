"""/healthz and /metrics, over HTTP."""

import socket
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from ports import free_port

from bot.errors import AddressUnusable
from bot.telemetry.http import HealthServer
from bot.telemetry.metrics import Metrics


class Bot:
    """What the bot would say of itself."""

    def __init__(self) -> None:
        self.connected = True

    def state(self) -> tuple[bool, Mapping[str, object]]:
        return self.connected, {"discord": self.connected, "invokeai": False}


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def url(bot: Bot, metrics: Metrics) -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_port()}"
    stop = await HealthServer(address, metrics, bot.state).start()
    yield f"http://{address}"
    await stop()


async def test_healthz_is_200_while_discord_is_connected_and_503_while_not(url: str, bot: Bot) -> None:
    async with aiohttp.ClientSession() as http:
        for connected, status in ((True, 200), (False, 503)):
            bot.connected = connected
            async with http.get(f"{url}/healthz") as answer:
                assert answer.status == status
                assert await answer.json() == {
                    "healthy": connected,
                    "discord": connected,
                    "invokeai": False,
                }


async def test_an_ipv6_address_is_written_with_or_without_brackets(bot: Bot) -> None:
    for host in ("[::1]", "::1"):
        port = free_port(socket.AF_INET6)
        stop = await HealthServer(f"{host}:{port}", Metrics(), bot.state).start()
        async with aiohttp.ClientSession() as http, http.get(f"http://[::1]:{port}/healthz") as answer:
            assert answer.status == 200
        await stop()


async def test_metrics_are_prometheus_text(url: str, metrics: Metrics) -> None:
    metrics.notices.labels("studio", "delivered").inc()
    metrics.pending.labels("studio").set(3)
    metrics.dead_lettered.set(2)
    metrics.suspended.set(1)
    metrics.delay.labels("studio").observe(0.2)
    async with aiohttp.ClientSession() as http, http.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        lines = (await answer.text()).splitlines()
    for line in (
        'bot_notices_total{outcome="delivered",server="studio"} 1.0',
        'bot_notices_pending{server="studio"} 3.0',
        "bot_notices_dead_lettered 2.0",
        "bot_channels_suspended 1.0",
        'bot_notice_delay_seconds_bucket{le="0.25",server="studio"} 1.0',
        'bot_notice_delay_seconds_count{server="studio"} 1.0',
    ):
        assert line in lines


@pytest.mark.parametrize("path", ["/", "/healthz/", "/metrics/../healthz/x", "/favicon.ico"])
async def test_nothing_else_is_served(url: str, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{url}{path}") as answer:
        assert answer.status == 404
    async with aiohttp.ClientSession() as http, http.post(f"{url}/metrics") as answer:
        assert answer.status == 405


async def test_an_address_that_is_taken_or_impossible_is_one_sentence(url: str, bot: Bot) -> None:
    taken = url.removeprefix("http://")
    for address in (taken, "127.0.0.1:99999"):
        with pytest.raises(AddressUnusable, match=f"BOT_HTTP_ADDRESS {address} can't be used: ") as caught:
            await HealthServer(address, Metrics(), bot.state).start()
        assert caught.value.exit_code == 1
        assert "\n" not in str(caught.value)
