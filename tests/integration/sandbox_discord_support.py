"""What the tests of the sandbox Discord share: the sandbox, raw requests, and a tiny discord.py bot."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncGenerator, Generator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.openapi import OpenAPICheck
from sandbox.discord.world import Channel

OPENAPI = Path(__file__).parents[3] / "shared" / "discord" / "openapi.json"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


def check() -> OpenAPICheck | None:
    """Discord's own schema where it lies beside the checkout; else the sandbox's own rules stand alone."""
    return OpenAPICheck(OPENAPI) if OPENAPI.exists() else None


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def sandbox(**options: Any) -> AsyncGenerator[SandboxDiscord]:
    """A sandbox that listens. At the end nothing may have violated Discord's own schema."""
    given: dict[str, Any] = {"check": check()} | options
    server = SandboxDiscord(**given)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
    assert server.violations == []


@contextlib.asynccontextmanager
async def studio(**options: Any) -> AsyncGenerator[tuple[SandboxDiscord, SandboxGuild, Channel]]:
    """A sandbox with one guild and one channel."""
    async with sandbox(**options) as server:
        guild = server.add_guild("Studio")
        yield server, guild, guild.add_text_channel("renders")


class Raw:
    """Requests without a library between. Answers are (status, headers, JSON or text)."""

    def __init__(self, session: aiohttp.ClientSession, server: SandboxDiscord) -> None:
        self.session = session
        self.server = server

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        files: dict[str, bytes] | None = None,
    ) -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bot {token or self.server.token}"}
        options: dict[str, Any] = {"json": body} if body is not None else {}
        if files is not None:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", discord.utils._to_json(body or {}))  # pyright: ignore[reportPrivateUsage] - any JSON would do
            for index, (name, data) in enumerate(files.items()):
                form.add_field(
                    f"files[{index}]", data, filename=name, content_type="application/octet-stream"
                )
            options = {"data": form}
        url = self.server.api_url + path
        async with self.session.request(method, url, headers=headers, **options) as response:
            kind = response.headers.get("Content-Type")
            answer = await response.json() if kind == "application/json" else await response.text()
            return response.status, response.headers, answer


@contextlib.asynccontextmanager
async def raw(server: SandboxDiscord) -> AsyncGenerator[Raw]:
    async with aiohttp.ClientSession() as session:
        yield Raw(session, server)


class ZlibStream:
    """discord.py's own zlib reader, which it defines only where zstandard is not installed."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def decompress(self, data: bytes, /) -> str | None:
        return self._stream.decompress(data).decode()


@contextlib.contextmanager
def pointed_at(server: SandboxDiscord, *, compression: Any = None) -> Generator[None]:
    """discord.py's addresses, for a while."""
    utils: Any = discord.utils  # its choice of compression has no public name
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, utils._ActiveDecompressionContext)
    Route.BASE = server.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.world.base.replace("http", "ws") + "/gateway")
    if compression:
        utils._ActiveDecompressionContext = compression
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, utils._ActiveDecompressionContext = before


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"job:again:(?P<job>\d+)"):
    """A button that survives a restart."""

    def __init__(self, job: int) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"job:again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: Any, /
    ) -> "Again":
        return cls(int(match["job"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"job {self.job} once more", ephemeral=True)


class Panel(discord.ui.LayoutView):
    def __init__(self, file: discord.File) -> None:
        super().__init__(timeout=None)
        gallery = discord.ui.MediaGallery[Any]()
        gallery.add_item(media=file, description="a fox")
        row = discord.ui.ActionRow[Any](Again(813))
        text = discord.ui.TextDisplay[Any]("# The queue")
        self.add_item(
            discord.ui.Container[Any](text, gallery, discord.ui.Separator[Any](), row, accent_colour=0x5865F2)
        )


class Form(discord.ui.Modal, title="How many?"):
    count = discord.ui.TextInput[Any](label="Count", custom_id="count")

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        await interaction.response.send_message(f"{self.count.value} then")


def png(name: str = "fox.png") -> discord.File:
    return discord.File(BytesIO(PNG), name)


class TinyBot(commands.AutoShardedBot):
    """A bot with one of everything."""

    def __init__(self, **options: Any) -> None:
        options = {"intents": discord.Intents(guilds=True, guild_messages=True, dm_messages=True)} | options
        super().__init__(commands.when_mentioned, guild_ready_timeout=0.05, help_command=None, **options)
        self.heard: list[discord.Message] = []
        self.failures: list[Exception] = []
        self.resumed = asyncio.Event()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        self.tree.add_command(app_commands.Command(name="ping", description="Answers", callback=ping))
        self.tree.add_command(app_commands.Command(name="paint", description="Paints", callback=paint))
        self.tree.add_command(app_commands.Command(name="secret", description="Whispers", callback=secret))
        self.tree.add_command(app_commands.Command(name="panel", description="The queue", callback=panel))
        self.tree.add_command(app_commands.Command(name="form", description="Asks", callback=form))
        self.tree.add_command(
            app_commands.Command(name="silent", description="Says nothing", callback=silent)
        )
        job = app_commands.Command[Any, ..., Any](name="job", description="One job", callback=one_job)
        job.autocomplete("number")(numbers)
        self.tree.add_command(job)
        notify = app_commands.Group(
            name="notify", description="Notices", default_permissions=discord.Permissions(32)
        )
        notify.add_command(app_commands.Command(name="here", description="In this channel", callback=ping))
        self.tree.add_command(notify)
        await self.tree.sync()

    async def on_message(self, message: discord.Message, /) -> None:
        self.heard.append(message)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.resumed.set()


async def ping(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("pong")


async def paint(
    interaction: discord.Interaction[Any], prompt: str, steps: app_commands.Range[int, 1, 50] = 20
) -> None:
    await interaction.response.defer(thinking=True)
    embed = discord.Embed(title=prompt).set_image(url="attachment://fox.png")
    await interaction.edit_original_response(content=f"{steps} steps", embed=embed, attachments=[png()])


async def secret(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_message("psst", ephemeral=True)
    await interaction.followup.send("and more", ephemeral=True)


async def panel(interaction: discord.Interaction[Any]) -> None:
    file = png()
    await interaction.response.send_message(view=Panel(file), file=file)


async def form(interaction: discord.Interaction[Any]) -> None:
    await interaction.response.send_modal(Form())


async def silent(interaction: discord.Interaction[Any]) -> None:
    """Gives no answer."""


async def one_job(interaction: discord.Interaction[Any], number: int) -> None:
    await interaction.response.send_message(f"job {number}")


async def numbers(_interaction: discord.Interaction[Any], current: str) -> list[app_commands.Choice[int]]:
    return [
        app_commands.Choice(name=f"#{job}", value=job) for job in (812, 813) if str(job).startswith(current)
    ]


async def _until_ready(server: SandboxDiscord, client: TinyBot, task: asyncio.Task[None]) -> None:
    """Raises what the bot's start raised, instead of waiting for a bot that gave up."""

    async def ready() -> None:
        await server.gateway.wait_online()
        await client.wait_until_ready()

    waiting = asyncio.create_task(ready())
    await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        await task
    await waiting


@contextlib.asynccontextmanager
async def running(
    server: SandboxDiscord, bot: Any = None, *, compression: Any = None
) -> AsyncGenerator[TinyBot]:
    """A bot that is ready."""
    client = bot or TinyBot()
    with pointed_at(server, compression=compression):
        task = asyncio.create_task(client.start(server.token))
        try:
            await _until_ready(server, client, task)
            yield client
        finally:
            await client.close()
            await task
            await server.gateway.wait_offline()
