"""An InvokeAI with accounts."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from fakes import Seconds
from invokeai_stand_in import STATUS, StandIn

from bot.errors import LoginNeeded
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience

AT_ONCE = Patience(pause=0, max_pause=0)
LOGIN = "POST /api/v1/auth/login"
STATUS_PATH = "/api/v1/queue/default/status"


class Accounts:
    """Takes one password; its tokens are counted, and `valid` says which one is good."""

    def __init__(self) -> None:
        self.valid = 0
        self.password = "right"

    async def log_in(self, request: web.Request) -> web.Response:
        told = await request.json()
        if (told["email"], told["password"]) != ("me@example.com", self.password):
            return web.json_response({"detail": "Incorrect email or password"}, status=401)
        self.valid += 1
        return web.json_response({"token": f"token-{self.valid}", "expires_in": 100})

    async def status(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer token-{self.valid}":
            return web.json_response({"detail": "Authentication required"}, status=401)
        return web.json_response(STATUS)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
async def server(accounts: Accounts) -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    stand_in.answers["/api/v1/auth/status"] = {"multiuser_enabled": True}
    stand_in.answers["/api/v1/auth/login"] = accounts.log_in
    stand_in.answers[STATUS_PATH] = accounts.status
    async with stand_in.served():
        yield stand_in


@pytest.fixture
async def client(server: StandIn, clock: Seconds) -> AsyncIterator[InvokeAIClient]:
    async with aiohttp.ClientSession() as http:
        account = Endpoint(server.url, email="me@example.com", password="right")
        yield InvokeAIClient(http, account, "studio", patience=AT_ONCE, clock=clock)


async def test_it_logs_in_once_and_is_let_in(client: InvokeAIClient, server: StandIn) -> None:
    await client.status()
    await client.status()
    assert await client.token() == "token-1"
    assert server.count(LOGIN) == 1


async def test_an_old_token_is_renewed_once_for_all_who_ask(
    client: InvokeAIClient, server: StandIn, accounts: Accounts
) -> None:
    await client.connect()
    accounts.valid = 41
    await asyncio.gather(*(client.status() for _ in range(4)))
    assert server.count(LOGIN) == 2


async def test_the_socket_gets_a_token_that_is_not_about_to_end(
    client: InvokeAIClient, clock: Seconds
) -> None:
    assert await client.token() == "token-1"
    clock.now = 49
    assert await client.token() == "token-1"
    clock.now = 50
    assert await client.token() == "token-2"


async def test_a_wrong_password_is_said_plainly_and_not_told(
    client: InvokeAIClient, server: StandIn, accounts: Accounts
) -> None:
    accounts.password = "another"
    with pytest.raises(LoginNeeded, match="Check INVOKEAI_EMAIL and INVOKEAI_PASSWORD") as raised:
        await client.status()
    assert "right" not in str(raised.value)
    assert server.count(LOGIN) == 1


async def test_a_token_that_is_refused_at_once_is_not_renewed_for_ever(
    client: InvokeAIClient, server: StandIn
) -> None:
    async def never(_: web.Request) -> web.Response:
        return web.json_response({"detail": "Authentication required"}, status=401)

    server.answers[STATUS_PATH] = never
    with pytest.raises(LoginNeeded):
        await client.status()
    assert server.count(LOGIN) == 2


async def test_without_an_account_the_mend_is_named(server: StandIn) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(LoginNeeded, match="Set INVOKEAI_EMAIL and INVOKEAI_PASSWORD"):
            await InvokeAIClient(http, Endpoint(server.url), "studio", patience=AT_ONCE).connect()


async def test_a_login_that_the_server_finds_malformed_does_not_repeat_the_password(
    client: InvokeAIClient, server: StandIn
) -> None:
    async def malformed(request: web.Request) -> web.Response:
        fault = {"type": "value_error", "msg": "value is not a valid email", "input": await request.json()}
        return web.json_response({"detail": [fault]}, status=422)

    server.answers["/api/v1/auth/login"] = malformed
    with pytest.raises(Exception, match="value is not a valid email") as raised:
        await client.connect()
    assert "right" not in str(raised.value)


async def test_an_account_is_no_harm_where_there_are_none(client: InvokeAIClient, server: StandIn) -> None:
    server.answers["/api/v1/auth/status"] = {"multiuser_enabled": False}
    server.answers[STATUS_PATH] = STATUS
    assert await client.token() is None
    await client.status()
    assert server.count(LOGIN) == 0


async def test_a_refused_login_is_not_tried_again_before_the_next_connect(
    client: InvokeAIClient, server: StandIn, accounts: Accounts, clock: Seconds
) -> None:
    await client.connect()
    accounts.valid, accounts.password = 41, "another"
    clock.now = 1_000
    for _ in range(5):
        with pytest.raises(LoginNeeded, match="does not take the bot's login"):
            await client.status()
        with pytest.raises(LoginNeeded):
            await client.token()
    assert server.count(LOGIN) == 2


async def test_connects_try_a_refused_login_again_after_pauses_that_grow(
    client: InvokeAIClient, server: StandIn, accounts: Accounts, clock: Seconds
) -> None:
    accounts.password = "another"
    tries: list[float] = []
    for second in range(0, 4_000, 5):
        clock.now = second
        before = server.count(LOGIN)
        with pytest.raises(LoginNeeded, match="does not take the bot's login"):
            await client.connect()
        if server.count(LOGIN) > before:
            tries.append(second)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_a_login_that_is_taken_again_ends_the_pauses(
    client: InvokeAIClient, server: StandIn, accounts: Accounts, clock: Seconds
) -> None:
    accounts.password = "another"
    for clock.now in (0, 30, 90):
        with pytest.raises(LoginNeeded):
            await client.connect()
    accounts.password = "right"
    clock.now = 1_000
    await client.connect()
    assert (await client.status()).pending == 2
    accounts.password = "another"
    for clock.now in (2_000, 2_030):
        with pytest.raises(LoginNeeded):
            await client.connect()
    assert server.count(LOGIN) == 6


async def test_a_token_that_comes_with_an_answer_is_the_one_to_use(
    client: InvokeAIClient, server: StandIn, accounts: Accounts, clock: Seconds
) -> None:
    path = "/api/v1/queue/default/cancel_all_except_current"

    async def slides(_: web.Request) -> web.Response:
        accounts.valid = 77
        return web.json_response({"canceled": 0}, headers={"X-Refreshed-Token": "token-77"})

    server.answers[path] = slides
    await client.connect()
    clock.now = 40
    await client.cancel_waiting()
    clock.now = 80  # the first token would have aged
    assert await client.token() == "token-77"
    await client.status()
    clock.now = 90
    accounts.valid = 0
    assert await client.token() == "token-1"
    assert server.count(LOGIN) == 2


async def test_a_token_is_not_taken_from_a_server_without_accounts(
    client: InvokeAIClient, server: StandIn
) -> None:
    async def slides(_: web.Request) -> web.Response:
        return web.json_response({"canceled": 0}, headers={"X-Refreshed-Token": "token-77"})

    server.answers["/api/v1/auth/status"] = {"multiuser_enabled": False}
    server.answers["/api/v1/queue/default/cancel_all_except_current"] = slides
    await client.cancel_waiting()
    assert await client.token() is None


async def test_a_request_is_asked_with_a_token_that_is_not_about_to_end(
    client: InvokeAIClient, server: StandIn, clock: Seconds
) -> None:
    await client.connect()
    clock.now = 50
    await client.status()
    assert server.count(LOGIN) == 2
    assert server.count(f"GET {STATUS_PATH}") == 1
