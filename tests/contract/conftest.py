"""The same promises for a real InvokeAI and for the sandbox's."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import aiohttp
import pytest
from ear import Ear
from person import Person
from real_invokeai import NEWEST, RealInvokeAI

from bot.invokeai import Connected, InvokeAIClient, InvokeAISocket

REAL = [pytest.mark.real_invokeai, pytest.mark.timeout(900)]  # the first start installs it


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    version: str


@pytest.fixture(scope="session")
def real_invokeai(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealInvokeAI]:
    server = RealInvokeAI(tmp_path_factory.mktemp("invokeai"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sandbox", pytest.param("real", marks=REAL)])
async def invokeai(request: pytest.FixtureRequest) -> AsyncIterator[Address]:
    """Where an InvokeAI with an empty queue answers."""
    if request.param == "real":
        server = request.getfixturevalue("real_invokeai")
        yield Address(server.url, NEWEST)
        return
    from sandbox.invokeai import SandboxInvokeAI  # noqa: PLC0415 - the real one needs no sandbox

    sandbox = SandboxInvokeAI()
    await sandbox.start(port=0)
    yield Address(sandbox.url, NEWEST)
    await sandbox.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def person(http: aiohttp.ClientSession, invokeai: Address) -> Person:
    person = Person(http, invokeai.url)
    await person.start_afresh()
    return person


@pytest.fixture
async def client(http: aiohttp.ClientSession, invokeai: Address) -> InvokeAIClient:
    return InvokeAIClient(http, invokeai.url, "studio")


@pytest.fixture
async def ear(invokeai: Address, client: InvokeAIClient) -> AsyncIterator[Ear]:
    """Hears everything from now on."""
    async with Ear(InvokeAISocket(invokeai.url, "studio", token=client.token)) as ear:
        await ear.until(lambda event: event == Connected())
        yield ear
