"""What a connect costs: a released InvokeAI is not asked for its OpenAPI document, any other one once."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from invokeai_stand_in import StandIn
from structlog.testing import capture_logs

from bot.errors import DatabaseTrouble
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience, open_session
from bot.invokeai.known_operations import KnownForNow, KnownOperations

VERSION = "/api/v1/app/version"
DOCUMENT = "GET /openapi.json"
NEWER = "99.0.0"


class Held:
    """A database that is held."""

    async def get(self, version: str) -> str | None:
        raise DatabaseTrouble(version)

    async def put(self, version: str, operations: str) -> None:
        raise DatabaseTrouble(f"{version} {operations}")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn().served() as stand_in:
        yield stand_in


def client_of(
    session: aiohttp.ClientSession, server: StandIn, known: KnownOperations | None = None
) -> InvokeAIClient:
    patience = Patience(pause=0, max_pause=0)
    return InvokeAIClient(session, Endpoint(server.url), "studio", patience=patience, known_operations=known)


@pytest.mark.parametrize("version", ["6.14.2", "6.14.0", "6.13.5", "6.12.0"])
async def test_a_released_version_with_accounts_costs_two_small_requests(
    session: aiohttp.ClientSession, server: StandIn, version: str
) -> None:
    server.answers[VERSION] = {"version": version}
    assert (await client_of(session, server).connect()).version == version
    assert server.asked == [f"GET {VERSION}", "GET /api/v1/auth/status"]


@pytest.mark.parametrize("version", ["6.11.1", "6.9.0", "6.6.0", "6.3.0", "5.15.0", "5.7.0"])
async def test_a_released_version_without_accounts_costs_one(
    session: aiohttp.ClientSession, server: StandIn, version: str
) -> None:
    server.answers[VERSION] = {"version": version}
    client = client_of(session, server)
    for _ in range(2):
        await client.connect()
    assert server.asked == [f"GET {VERSION}"] * 2


async def test_a_newer_version_is_asked_once_and_its_word_is_kept(
    session: aiohttp.ClientSession, server: StandIn
) -> None:
    server.operations["cancel_queue_item"] = ("post", "/api/v9/stop/{item_id}")
    server.answers["/api/v9/stop/7"] = server.answers["/api/v1/queue/default/i/7/cancel"]
    known = KnownForNow()
    first = client_of(session, server, known)
    await first.connect()
    await first.connect()
    await client_of(session, server, known).cancel(7)  # another start
    assert server.count(DOCUMENT) == 1
    assert server.count("POST /api/v9/stop/7") == 1


@pytest.mark.parametrize("version", ["6.14.3", "6.13.4", "5.6.2", "6.14.2+local", "7.0.0rc1"])
async def test_a_version_that_is_no_release_in_the_table_is_asked(
    session: aiohttp.ClientSession, server: StandIn, version: str
) -> None:
    server.answers[VERSION] = {"version": version}
    await client_of(session, server).connect()
    assert server.count(DOCUMENT) == 1


@pytest.mark.parametrize("version", ["7.0.0.dev3", "7.0.0+ab12", "7", "nightly"])
async def test_a_version_in_the_making_is_asked_at_each_connect(
    session: aiohttp.ClientSession, server: StandIn, version: str
) -> None:
    server.answers[VERSION] = {"version": version}
    client = client_of(session, server)
    for _ in range(2):
        await client.connect()
    assert server.count(DOCUMENT) == 2


@pytest.mark.parametrize("kept", ["", "nonsense", "[1]", '{"pause": 7}'])
async def test_a_memory_that_can_not_be_read_is_asked_for_anew(
    session: aiohttp.ClientSession, server: StandIn, kept: str
) -> None:
    known = KnownForNow()
    await known.put(NEWER, kept)
    assert (await client_of(session, server, known).status()).pending == 2
    assert server.count(DOCUMENT) == 1
    assert await known.get(NEWER) != kept


async def test_a_database_that_is_held_keeps_nobody_from_connecting(
    session: aiohttp.ClientSession, server: StandIn
) -> None:
    with capture_logs() as told:
        assert (await client_of(session, server, Held()).connect()).version == NEWER
    assert [line["event"] for line in told].count("operations_store_failed") == 2


async def test_a_server_that_has_trouble_telling_its_version_is_asked_nothing_else(
    session: aiohttp.ClientSession, server: StandIn
) -> None:
    del server.answers["/openapi.json"]

    async def trouble(_: web.Request) -> web.Response:
        return web.Response(status=500)

    server.answers[VERSION] = trouble
    with pytest.raises(Exception, match="has trouble"):
        await client_of(session, server).connect()
    assert server.count(DOCUMENT) == 0
