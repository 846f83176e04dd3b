"""What only the real server can show: accounts, its own restart, its access log."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from conftest import REAL, RealServers
from ear import Ear
from person import Person, draw, picture
from real_invokeai import NEWEST, Access, RealInvokeAI

from bot.errors import LoginNeeded
from bot.events import JobStatus
from bot.invokeai import Connected, Disconnected, InvokeAIClient, InvokeAISocket

pytestmark = REAL
ADMIN = {"email": "bot@example.com", "display_name": "Bot", "password": "Passw0rd123"}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_server_with_accounts_lets_us_in_and_names_the_user(
    http: aiohttp.ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = RealInvokeAI(tmp_path_factory.mktemp("accounts"), multi_user=True)
    server.start()
    try:
        async with http.post(f"{server.url}/api/v1/auth/setup", json=ADMIN) as response:
            assert response.status == 200, await response.text()
        with pytest.raises(LoginNeeded):
            await InvokeAIClient(http, server.url, "studio").connect()
        with pytest.raises(LoginNeeded):
            await InvokeAIClient(http, server.url, "studio", email=ADMIN["email"], password="wrong").connect()
        client = InvokeAIClient(http, server.url, "studio", email=ADMIN["email"], password=ADMIN["password"])
        await client.connect()
        token = await client.token()
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as logged_in,
            Ear(InvokeAISocket(server.url, "studio", token=client.token)) as ear,
        ):
            await ear.until(lambda event: event == Connected())
            (number,) = (await Person(logged_in, server.url).enqueue(picture())).numbers
            await ear.until_job(number, JobStatus.COMPLETED)
            job = await client.job(number)
            assert job.user == "Bot"
            assert await client.image(job.images[0], 10_000_000)
        assert (await client.pause()).paused
    finally:
        server.kill()


async def test_a_socket_without_a_token_is_refused_where_there_are_accounts(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async def no_token() -> str | None:
        return None

    server = RealInvokeAI(tmp_path_factory.mktemp("accounts"), multi_user=True)
    server.start()
    try:
        async with Ear(InvokeAISocket(server.url, "studio", token=no_token)) as ear:
            told = await ear.until(lambda event: isinstance(event, Disconnected))
            assert isinstance(told, Disconnected)
            assert "refuses us" in told.reason
    finally:
        server.kill()


async def test_what_a_power_cut_did_is_found_afterwards(
    http: aiohttp.ClientSession, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = RealInvokeAI(tmp_path_factory.mktemp("power"))
    server.start()
    try:
        client = InvokeAIClient(http, server.url, "studio")
        async with Ear(InvokeAISocket(server.url, "studio", token=client.token)) as ear:
            await ear.until(lambda event: event == Connected())
            cut, after = (await Person(http, server.url).enqueue(draw(seconds=1.5, steps=30), runs=2)).numbers
            await ear.until_job(cut, JobStatus.IN_PROGRESS)
            server.kill()
            await ear.until(lambda event: isinstance(event, Disconnected))
            ear.heard.clear()
            server.start()
            await ear.until(lambda event: event == Connected(), seconds=30)
            was_cut, goes_on = await client.jobs_changed(cut - 1, [])
            assert (was_cut.number, was_cut.status) == (cut, JobStatus.CANCELED)
            assert goes_on.number == after
            await ear.until_job(after, JobStatus.COMPLETED)
    finally:
        server.kill()


async def test_reading_reaches_invokeai_as_reading(
    http: aiohttp.ClientSession, real_servers: RealServers
) -> None:
    real_invokeai = real_servers.of(NEWEST)
    before = len(real_invokeai.accesses())
    client = InvokeAIClient(http, real_invokeai.url, "studio")
    await client.status()
    await client.latest()
    accesses = real_invokeai.accesses()[before:]
    assert Access("GET", "/api/v1/queue/default/status", 200) in accesses
    assert {access.method for access in accesses} <= {"GET"} | {
        access.method for access in accesses if access.path.endswith("/item_summaries_by_ids")
    }
