"""The whole program: the bot as a child process between an InvokeAI and the sandbox Discord."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from house import InvokeAI, Studio, bot_process, real, serving
from members import ADMIN, ALICE
from person import Person
from real_invokeai import RealInvokeAI
from sandbox_discord_support import check

from sandbox.bot_process import BotProcess
from sandbox.discord import SandboxDiscord
from sandbox.invokeai import SandboxInvokeAI
from sandbox.invokeai.accounts import Account

MANAGE_MESSAGES = 1 << 13
MANAGE_GUILD = 1 << 5
ADMINISTRATOR = 1 << 3


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], RealInvokeAI]]:
    """The server of a version; it runs until the session ends."""
    running: dict[str, RealInvokeAI] = {}

    def of(version: str) -> RealInvokeAI:
        if version not in running:
            running[version] = RealInvokeAI(tmp_path_factory.mktemp(f"invokeai-{version}"), version)
            running[version].start()
        return running[version]

    yield of
    for server in running.values():
        server.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture(params=["sandbox", real()])
async def invokeai(request: pytest.FixtureRequest, http: aiohttp.ClientSession) -> AsyncIterator[InvokeAI]:
    if request.param != "sandbox":
        server = request.getfixturevalue("real_server")(request.param)
        yield InvokeAI(server.url, server, http)
        return
    sandbox = SandboxInvokeAI()
    await sandbox.start()
    yield InvokeAI(sandbox.url, sandbox, http)
    await sandbox.stop()


@pytest.fixture
async def person(http: aiohttp.ClientSession, invokeai: InvokeAI) -> Person:
    """Somebody at InvokeAI's own page."""
    person = Person(http, invokeai.url)
    await person.start_afresh()
    return person


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    discord = SandboxDiscord(check=check())
    await discord.start()
    guild = discord.add_guild("Studio")
    channel = guild.add_text_channel("renders")
    foreign = discord.add_guild("A stranger's")
    lobby = foreign.add_text_channel("lobby")
    studio = Studio(discord, guild, channel, foreign)
    operators = guild.add_role("operators", permissions=MANAGE_MESSAGES)
    admins = guild.add_role("admins", permissions=MANAGE_GUILD | MANAGE_MESSAGES)
    creators = guild.add_role("creators")
    theirs = foreign.add_role("administrators", permissions=ADMINISTRATOR)
    studio.people = {
        "guest": (guild.add_member("guest"), channel),
        "creator": (guild.add_member("creator", roles=[creators]), channel),
        "operator": (guild.add_member("operator", roles=[operators]), channel),
        "admin": (guild.add_member("admin", roles=[admins]), channel),
        "owner": (discord.owner, channel),
        "stranger": (foreign.add_member("stranger", roles=[theirs]), lobby),
    }
    yield studio
    await discord.stop()
    assert discord.violations == []


@pytest.fixture
async def shared() -> AsyncIterator[SandboxInvokeAI]:
    """An InvokeAI of which Alice and an admin have an account."""
    accounts = [Account(one.email, one.password, one.name, is_admin=one.is_admin) for one in (ADMIN, ALICE)]
    server = SandboxInvokeAI(accounts=accounts)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def bot(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    """Running, with its baseline taken and its commands known."""
    del person  # the queue is empty before the bot looks at it
    async with serving(bot_process(studio, invokeai.url, tmp_path, BOT_CREATOR_ROLES="creators")) as process:
        yield process
