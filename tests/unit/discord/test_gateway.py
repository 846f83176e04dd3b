import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from discord.http import HTTPClient
from gateway_stand_in import Gateway, KeptInMemory, at_once, connected, new_client, seconds

DAY = 24 * 3600
LIMIT = 100
"""So many IDENTIFYs a day are allowed here: a tenth of what Discord allows most bots."""
AWAY: dict[str, Callable[[Gateway], Any]] = {
    "refuses connections": lambda gateway: gateway.refuse,
    "swallows packets": lambda gateway: gateway.swallow,
    "answers 503": lambda gateway: gateway.error_page,
}


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()

    async def ws_connect(_: HTTPClient, url: str, *, compress: int = 0) -> Any:
        return await gateway.ws_connect(url, compress=compress)

    monkeypatch.setattr(HTTPClient, "ws_connect", ws_connect)
    return gateway


@pytest.mark.parametrize("minutes", [2, 20])
@pytest.mark.parametrize("kind", AWAY)
def test_the_bot_is_back_within_30_s_of_a_gateway_that(kind: str, minutes: int, gateway: Gateway) -> None:
    async def work() -> None:
        running = await connected(new_client(), gateway)
        for _ in range(5):
            await asyncio.sleep(3600)
            before = len(gateway.tries)
            await gateway.go(AWAY[kind](gateway))
            await asyncio.sleep(minutes * 60)
            assert len(gateway.tries) - before <= 12 * minutes
            await gateway.come_back()
            back = seconds()
            await gateway.online.wait()
            assert seconds() - back < 30
        running.cancel()

    at_once(work)


@pytest.mark.parametrize("kind", AWAY)
def test_a_session_outlives_half_a_minute_without_the_gateway_that(kind: str, gateway: Gateway) -> None:
    async def work() -> None:
        running = await connected(new_client(), gateway)
        await gateway.go(AWAY[kind](gateway))
        await asyncio.sleep(30)
        await gateway.come_back()
        await gateway.online.wait()
        running.cancel()

    at_once(work)
    assert len(gateway.resumed) == 1
    assert len(gateway.identified) == 1


def test_the_bot_is_back_within_30_s_of_the_end_of_a_gateway_that_ends_each_session(gateway: Gateway) -> None:
    async def work() -> None:
        running = await connected(new_client(), gateway)
        gateway.ends_sessions = True
        await gateway.go(gateway.accept)
        await asyncio.sleep(600)
        await gateway.come_back()
        back = seconds()
        await gateway.online.wait()
        assert seconds() - back < 30
        running.cancel()

    at_once(work)
    assert len(gateway.identified) < 40


def test_a_gateway_that_ends_each_session_for_days_sees_fewer_identifies_than_a_day_allows(
    gateway: Gateway,
) -> None:
    days = 2

    async def work() -> None:
        running = await connected(new_client(KeptInMemory(LIMIT)), gateway)
        gateway.ends_sessions = True
        await gateway.go(gateway.accept)
        await asyncio.sleep(days * DAY)
        await gateway.come_back()
        await gateway.online.wait()
        running.cancel()

    at_once(work)
    for first in gateway.identified:
        assert sum(first <= each < first + DAY for each in gateway.identified) < LIMIT
    assert len(gateway.identified) > LIMIT
    assert all(socket.closed for socket in gateway.made[:-1])


def test_a_bot_that_is_started_again_and_again_sends_fewer_identifies_than_a_day_allows(
    gateway: Gateway,
) -> None:
    identifies = KeptInMemory(LIMIT)

    async def work() -> None:
        while seconds() < 2 * DAY:
            running = await connected(new_client(identifies), gateway)
            await asyncio.sleep(20)
            running.cancel()
            gateway.online.clear()

    at_once(work)
    for first in gateway.identified:
        assert sum(first <= each < first + DAY for each in gateway.identified) < LIMIT
