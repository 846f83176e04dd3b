"""The same promises for a real InvokeAI and for the sandbox's."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import aiohttp
import pytest
from ear import Ear
from person import Person
from real_invokeai import NEWEST, RealInvokeAI

from bot.invokeai import Connected, InvokeAIClient, InvokeAISocket

VERSIONS = (NEWEST, "6.13.5", "6.9.0")
REAL = [pytest.mark.real_invokeai, pytest.mark.timeout(900)]  # the first start installs it


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    version: str

    def older_than(self, version: str) -> bool:
        numbers, wanted = ([int(part) for part in text.split(".")] for text in (self.version, version))
        return numbers < wanted


class RealServers:
    """One running server for each version that was asked for."""

    def __init__(self, roots: pytest.TempPathFactory) -> None:
        self._roots = roots
        self._running: dict[str, RealInvokeAI] = {}

    def of(self, version: str) -> RealInvokeAI:
        if version not in self._running:
            server = RealInvokeAI(self._roots.mktemp(f"invokeai-{version}"), version)
            server.start()
            self._running[version] = server
        return self._running[version]

    def stop(self) -> None:
        for server in self._running.values():
            server.kill()  # nobody misses its folder


@pytest.fixture(scope="session")
def real_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServers]:
    servers = RealServers(tmp_path_factory)
    yield servers
    servers.stop()


@pytest.fixture(params=["sandbox", *(pytest.param(version, marks=REAL) for version in VERSIONS)])
async def invokeai(request: pytest.FixtureRequest) -> AsyncIterator[Address]:
    """Where an InvokeAI with an empty queue answers."""
    if request.param != "sandbox":
        server = request.getfixturevalue("real_servers").of(request.param)
        yield Address(server.url, server.version)
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
