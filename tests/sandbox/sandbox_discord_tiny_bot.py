"""A tiny discord.py bot with one of everything, and what points it at the sandbox."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncGenerator, Generator
from io import BytesIO
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from sandbox_discord_support import PNG

from sandbox.discord import SandboxDiscord


class ZlibStream:
    """discord.py's own zlib reader, which it defines only where zstandard is not installed."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def decompress(self, data: bytes, /) -> str | None:
        return self._stream.decompress(data).decode()


@contextlib.contextmanager
def pointed_at(server: SandboxDiscord, *, compression: Any = None) -> Generator[None]:
    """discord.py's addresses, for a while; `compression` replaces what it would choose for the gateway."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route, "BASE", server.api_url)
        gateway = yarl.URL(server.world.base.replace("http", "ws") + "/gateway")
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        if compression:
            patch.setattr(discord.utils, "_ActiveDecompressionContext", compression)
        yield


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


@contextlib.asynccontextmanager
async def running(
    server: SandboxDiscord, bot: Any = None, *, compression: Any = None
) -> AsyncGenerator[TinyBot]:
    """A bot that is ready."""
    client = bot or TinyBot()
    with pointed_at(server, compression=compression):
        task = asyncio.create_task(client.start(server.token))
        try:
            await server.gateway.wait_online()
            await client.wait_until_ready()
            yield client
        finally:
            await client.close()
            await task
            await server.gateway.wait_offline()
