"""What the tests of the sandbox Discord share: the sandbox itself, a clock, raw requests."""

import contextlib
import functools
import json
from collections.abc import AsyncGenerator
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from sandbox.discord import SandboxDiscord
from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.openapi import OpenAPICheck
from sandbox.discord.world import Channel

OPENAPI = Path(__file__).parents[1] / "fixtures" / "discord" / "openapi.json"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301"
    "0100c9fe92ef0000000049454e44ae426082"
)


@functools.cache
def check() -> OpenAPICheck:
    """Discord's own schema; one serves all sandboxes of a process."""
    return OpenAPICheck(OPENAPI)


NOW = 1_790_000_000.0


@contextlib.asynccontextmanager
async def sandbox(**options: Any) -> AsyncGenerator[SandboxDiscord]:
    """A sandbox that listens. At the end nothing may have violated Discord's own schema."""
    options.setdefault("check", check())
    server = SandboxDiscord(**options)
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
            form.add_field("payload_json", json.dumps(body or {}))  # pyright: ignore[reportPrivateUsage] - any JSON would do
            for index, (name, data) in enumerate(files.items()):
                form.add_field(
                    f"files[{index}]", BytesIO(data), filename=name, content_type="application/octet-stream"
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


def places(errors: dict[str, Any], path: str = "") -> list[str]:
    """Where Discord's error tree has its leaves."""
    if "_errors" in errors:
        assert all({"code", "message"} == set(one) for one in errors["_errors"])
        return [path]
    return [leaf for key, value in errors.items() for leaf in places(value, f"{path}.{key}" if path else key)]
