"""The same promises for a real InvokeAI of each kind and for the sandbox's families."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from ear import Ear
from person import Person
from servers import Address, RealServers, SandboxServer, Server, everywhere

from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import Connected


@pytest.fixture(scope="session")
def real_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServers]:
    servers = RealServers(tmp_path_factory)
    yield servers
    servers.stop()


@pytest.fixture(params=everywhere())
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """It answers, and may be killed. A real one has lived already, and lives on."""
    kind, _, family = request.param.rpartition("-")
    if kind != "sandbox":
        yield await request.getfixturevalue("real_servers").of(family)
        return
    sandbox = SandboxServer(family)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def invokeai(server: Server) -> Address:
    return server.address


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def person(http: aiohttp.ClientSession, invokeai: Address) -> Person:
    """Has emptied the queue."""
    person = Person(http, invokeai.url)
    await person.start_afresh()
    return person


@pytest.fixture
async def client(http: aiohttp.ClientSession, invokeai: Address) -> InvokeAIClient:
    return InvokeAIClient(http, Endpoint(invokeai.url), "studio")


@pytest.fixture
async def ear(invokeai: Address, client: InvokeAIClient) -> AsyncIterator[Ear]:
    """Hears everything from now on."""
    async with Ear(InvokeAISocket(Endpoint(invokeai.url), "studio", token=client.token)) as ear:
        await ear.until(lambda event: event == Connected())
        yield ear
