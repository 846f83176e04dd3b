"""A multi-user InvokeAI, from 6.12: who we are there, and how we stay logged in."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from ear import Ear
from fakes import Seconds
from members import ADMIN, ALICE, BOT, MEMBERS, Member, logged_in
from person import Person, picture
from servers import RealServers, SandboxServer, Server, everywhere

from bot.domain.jobs import JobStatus
from bot.errors import InvokeAIRefused, LoginNeeded
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import Connected, Disconnected

FAR = 25 * 1024 * 1024
WEEK = 7 * 24 * 3600  # how long a remembered login lasts


ClientOf = Callable[[Member], InvokeAIClient]


@pytest.fixture(params=everywhere("accounts"))
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    kind, _, family = request.param.rpartition("-")
    if kind != "sandbox":
        servers: RealServers = request.getfixturevalue("real_servers")
        yield await servers.of(family, MEMBERS)
        return
    sandbox = SandboxServer(family, MEMBERS)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def owner(server: Server) -> AsyncIterator[Person]:
    """At the page with the admin's account. Has emptied the queue."""
    async with logged_in(server.address.url, ADMIN) as http:
        person = Person(http, server.address.url)
        await person.start_afresh()
        yield person


@pytest.fixture
async def alice(server: Server) -> AsyncIterator[Person]:
    async with logged_in(server.address.url, ALICE) as http:
        yield Person(http, server.address.url)


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def client_of(http: aiohttp.ClientSession, server: Server, clock: Seconds) -> ClientOf:
    """The bot's client, logged in as this member."""

    def build(member: Member) -> InvokeAIClient:
        account = Endpoint(server.address.url, email=member.email, password=member.password)
        return InvokeAIClient(http, account, "studio", clock=clock)

    return build


def socket_of(client: InvokeAIClient, server: Server) -> InvokeAISocket:
    return InvokeAISocket(Endpoint(server.address.url), "studio", token=client.token)


async def test_an_admin_s_bot_sees_whose_job_it_is_and_its_image(
    server: Server, owner: Person, alice: Person, client_of: ClientOf
) -> None:
    client = client_of(BOT)
    await client.connect()
    assert await client.is_admin()
    async with Ear(socket_of(client, server)) as ear:
        await ear.until(lambda event: event == Connected())
        (number,) = (await alice.enqueue(picture())).numbers
        await ear.until_job(number, JobStatus.COMPLETED)
    job = await client.job(number)
    assert job.user == "Alice"
    assert await client.image(job.images[0], FAR)
    assert [job.user for job in await client.jobs_changed(number - 1, [])] == ["Alice"]
    assert (await client.pause()).paused


async def test_without_admin_s_rights_the_jobs_of_others_are_hidden(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client, admin = client_of(ALICE), client_of(BOT)
    assert not await client.is_admin()
    async with Ear(socket_of(admin, server)) as ear:
        await ear.until(lambda event: event == Connected())
        enqueued = await owner.enqueue(picture())
        (number,) = enqueued.numbers
        await ear.until_job(number, JobStatus.COMPLETED)
    hidden, whole = await client.job(number), await admin.job(number)
    assert whole.images
    assert hidden.status is JobStatus.COMPLETED
    assert (hidden.user, hidden.images, hidden.recipe) == (None, (), None)
    assert (hidden.hidden, hidden.batch_id, hidden.outputs) == (True, "", ())
    assert [one.hidden for one in await client.jobs_changed(number - 1, [])] == [True]
    assert (whole.hidden, whole.batch_id) == (False, enqueued.batch_id)
    own = (await admin.people.users(), await client.people.users())
    assert (set(own[0] or ()), own[1]) == ({member.name for member in MEMBERS}, None)
    with pytest.raises(InvokeAIRefused):
        await client.pause()
    with pytest.raises(InvokeAIRefused):
        await client.cancel(number)


async def test_a_stranger_s_image_is_open_to_who_knows_its_name_until_6_14(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client, admin = client_of(ALICE), client_of(BOT)
    async with Ear(socket_of(admin, server)) as ear:
        await ear.until(lambda event: event == Connected())
        (number,) = (await owner.enqueue(picture())).numbers
        await ear.until_job(number, JobStatus.COMPLETED)
    (image,) = (await admin.job(number)).images
    if server.address.can("image_files_are_guarded"):
        with pytest.raises(InvokeAIRefused):
            await client.image(image, FAR)
    else:
        assert await client.image(image, FAR) == await admin.image(image, FAR)


async def test_a_login_is_renewed_at_half_its_age(
    server: Server, owner: Person, client_of: ClientOf, clock: Seconds
) -> None:
    client = client_of(BOT)
    await client.status()
    before = server.logins()
    clock.now = WEEK / 2 - 60
    assert await client.token()
    assert server.logins() == before
    clock.now = WEEK / 2 + 60
    tokens = {await client.token(), await client.token()}
    assert len(tokens) == 1
    assert server.logins() == before + 1


async def test_a_revoked_login_is_renewed_once_for_requests_and_socket(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client = client_of(BOT)
    await client.status()
    await server.revoke(BOT)
    before = server.logins()
    await asyncio.gather(*(client.status() for _ in range(10)))
    assert server.logins() == before + 1
    async with Ear(socket_of(client, server)) as ear:
        await ear.until(lambda event: event == Connected())
    assert server.logins() == before + 1


async def test_a_socket_with_a_revoked_login_comes_back_after_the_next_request(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client = client_of(BOT)
    await client.status()
    await server.revoke(BOT)
    async with Ear(socket_of(client, server)) as ear:
        await ear.until(lambda event: isinstance(event, Disconnected))
        await client.status()
        await ear.until(lambda event: event == Connected())


AT_ONCE = pytest.mark.parametrize("server", everywhere("account_changes_count_at_once"), indirect=True)
"""Before 6.14 a token keeps its rights until it ends."""


@AT_ONCE
async def test_an_account_that_is_demoted_while_it_is_used_is_shown_less_and_no_error_at_all(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client = client_of(BOT)
    await client.status()
    async with Ear(socket_of(client, server)) as ear:
        await ear.until(lambda event: event == Connected())
        await server.change(BOT, is_admin=False)
        try:
            (number,) = (await owner.enqueue(picture())).numbers
            assert not await client.is_admin()
            await ear.until_job(number, JobStatus.COMPLETED)
            job = await client.job(number)
            assert job.hidden
            assert job.images == ()
        finally:
            await server.change(BOT, is_admin=True)
        assert await client.is_admin()
        job = await client.job(number)
        assert not job.hidden
        assert job.images


@AT_ONCE
async def test_a_password_that_is_changed_while_it_is_used_ends_the_login_until_it_is_changed_back(
    server: Server, owner: Person, client_of: ClientOf
) -> None:
    client = client_of(BOT)
    await client.status()
    async with Ear(socket_of(client, server)) as ear:
        await ear.until(lambda event: event == Connected())
        await server.change(BOT, password="An0ther-passw0rd")
        try:
            with pytest.raises(LoginNeeded, match="does not take the bot's login"):
                await client.status()
            await ear.until(lambda event: isinstance(event, Disconnected))
        finally:
            await server.change(BOT, password=BOT.password)


async def test_no_account_and_a_wrong_password_are_told_without_a_storm(
    server: Server, http: aiohttp.ClientSession, client_of: ClientOf
) -> None:
    before = server.logins()
    with pytest.raises(LoginNeeded):
        await InvokeAIClient(http, Endpoint(server.address.url), "studio").connect()
    assert server.logins() == before
    client = client_of(Member(BOT.email, BOT.name, password="wrong"))
    with pytest.raises(LoginNeeded):
        await client.connect()
    assert server.logins() == before + 1
    refused = await asyncio.gather(*(client.status() for _ in range(10)), return_exceptions=True)
    assert {type(error) for error in refused} == {LoginNeeded}
    assert server.logins() <= before + 2


async def test_a_socket_without_a_token_is_refused(server: Server) -> None:
    async def no_token() -> str | None:
        return None

    async with Ear(InvokeAISocket(Endpoint(server.address.url), "studio", token=no_token)) as ear:
        told = await ear.until(lambda event: isinstance(event, Disconnected))
        assert isinstance(told, Disconnected)
        assert "refuses us" in told.reason
