"""`check` through a real nginx or Caddy: content where docs/running.md is followed, each wrong turn told."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from proxies import TLS, caddy, documented, leading_to, nginx
from pydantic import SecretStr

from bot.cli.check import report
from bot.settings import Settings
from sandbox.invokeai import SandboxInvokeAI

STRIPPED, KEPT = range(2)
"""The examples for nginx in docs/running.md."""
TRUST: dict[str, Any] = {"invokeai_ca_file": TLS / "ca.pem"}
LOGIN = 'auth_basic "box"; auth_basic_user_file {folder}/people;'
PASSWORD, QUOTED = "p@ss:w/rd", "p%40ss:w%2Frd"
ACCESS = """
if ($http_cf_access_client_id != "bot.access") {{
    return 302 https://team.cloudflareaccess.com/cdn-cgi/access/login?kid=s3cret;
}}
if ($http_cf_access_client_secret != "word") {{ return 403; }}
"""
ACCESS_HEADERS = {
    "CF-Access-Client-Id": SecretStr("bot.access"),
    "CF-Access-Client-Secret": SecretStr("word"),
}


@pytest.fixture
async def upstream() -> AsyncIterator[str]:
    server = SandboxInvokeAI()
    await server.start()
    yield server.url
    await server.stop()


def behind_nginx(folder: Path, upstream: str, server: str, *, tls: bool = False) -> Any:
    """`server` may name the documented ways, `{stripped}` and `{kept}`, and the `{folder}`."""
    digest = b64encode(sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()
    (folder / "people").write_text(f"me:{{SHA}}{digest}\n", encoding="utf-8")
    stripped, kept = (leading_to(upstream, documented("nginx", number)) for number in (STRIPPED, KEPT))
    return nginx(folder, server.format(folder=folder, stripped=stripped, kept=kept), tls=tls)


async def checked(proxy: AbstractAsyncContextManager[str], url: str, folder: Path, **more: Any) -> str:
    """What `check` says; `url` has PLACE where host and port belong."""
    said: list[str] = []
    database = f"sqlite+aiosqlite:///{folder / 'bot.sqlite3'}"
    async with proxy as place:
        settings = Settings(invokeai_url=url.replace("PLACE", place), bot_database_url=database, **more)
        await report(settings, said.append, socket_timeout=2.0)
    return "\n".join(line for line in said if "InvokeAI" in line or line.startswith("    "))


@pytest.mark.parametrize(
    ("server", "url", "more"),
    [
        pytest.param("{stripped}", "https://PLACE/invoke", {}, id="a sub-path over TLS"),
        pytest.param(LOGIN + "{stripped}", f"https://me:{QUOTED}@PLACE/invoke/", {}, id="a password"),
        pytest.param(
            ACCESS + "{stripped}", "https://PLACE/invoke", {"invokeai_headers": ACCESS_HEADERS}, id="headers"
        ),
    ],
)
async def test_check_is_content_behind_nginx_as_documented(
    server: str, url: str, more: dict[str, Any], upstream: str, tmp_path: Path
) -> None:
    proxy = behind_nginx(tmp_path, upstream, server, tls=True)
    said = await checked(proxy, url, tmp_path, **TRUST, **more)
    assert re.search(r"✓ InvokeAI: 6\.14\.2 at https://localhost:\d+/invoke$", said, re.MULTILINE), said
    assert "✓ InvokeAI rights: admin" in said
    assert "✓ InvokeAI socket: connected" in said


async def test_check_is_content_behind_caddy_as_documented(upstream: str, tmp_path: Path) -> None:
    proxy = caddy(tmp_path, leading_to(upstream, documented("caddy")))
    said = await checked(proxy, "http://PLACE/invoke", tmp_path)
    assert re.search(r"✓ InvokeAI: 6\.14\.2 at http://localhost:\d+/invoke$", said, re.MULTILINE), said
    assert "✓ InvokeAI socket: connected" in said


@pytest.mark.parametrize(
    ("server", "url", "finding"),
    [
        pytest.param(
            "{stripped}",
            "https://PLACE/invoke",
            (
                "shows a certificate that nobody here trusts",
                "Set INVOKEAI_CA_FILE to the certificate of the authority that it comes from.",
            ),
            id="an authority of one's own",
        ),
        pytest.param(
            "{stripped}",
            "http://PLACE/invoke",
            ("wants TLS", "Write https:// in INVOKEAI_URL."),
            id="http at the port for TLS",
        ),
        pytest.param(
            "location / {{ return 301 https://$host$request_uri; }}",
            "plain http://PLACE/invoke",
            ("sends us on to https", "Write https:// in INVOKEAI_URL."),
            id="http that is sent on to https",
        ),
        pytest.param(
            "{stripped}",
            "plain https://PLACE/invoke",
            (
                "does not speak TLS as the bot does",
                "Write http:// in INVOKEAI_URL, or the port that speaks TLS.",
            ),
            id="TLS at the port for http",
        ),
        pytest.param(
            LOGIN + "{stripped}",
            "plain http://PLACE/invoke",
            (
                r"A proxy before InvokeAI wants a name and a password that it knows",
                "Write them into INVOKEAI_URL, as in https://NAME:PASSWORD@HOST.",
            ),
            id="no password",
        ),
        pytest.param(
            LOGIN + "{stripped}",
            "plain http://me:wrong@PLACE/invoke",
            (
                r"A proxy before InvokeAI wants a name and a password that it knows",
                "Write them into INVOKEAI_URL, as in https://NAME:PASSWORD@HOST.",
            ),
            id="a wrong password",
        ),
        pytest.param(
            "location / {{ return 401; }}",
            "plain http://PLACE/invoke",
            (
                r"A proxy before InvokeAI does not let the bot through \(HTTP 401\)",
                "Set INVOKEAI_HEADERS to what it takes from programs.",
            ),
            id="a 401 that asks for no password",
        ),
        pytest.param(
            ACCESS + "{stripped}",
            "plain http://PLACE/invoke",
            (
                r"sends us on to another one \(from \S+ to https://team.cloudflareaccess.com\)",
                (
                    "Check INVOKEAI_URL; if a proxy wants a login there, "
                    "set INVOKEAI_HEADERS to what it takes from programs."
                ),
            ),
            id="on to a login page",
        ),
        pytest.param(
            "default_type text/html; location / {{ return 200 '<title>Log in</title>'; }}",
            "plain http://PLACE/invoke",
            (
                r"What answers is not an InvokeAI \(\S+ sent text/html\)",
                (
                    "Check INVOKEAI_URL, above all its port and path; "
                    "if a proxy shows its login page there, set INVOKEAI_HEADERS."
                ),
            ),
            id="a login page",
        ),
        pytest.param(
            "{stripped}",
            "plain http://PLACE",
            (
                "What answers is not an InvokeAI",
                (
                    "Check INVOKEAI_URL, above all its port and path; "
                    "if a proxy shows its login page there, set INVOKEAI_HEADERS."
                ),
            ),
            id="the sub-path forgotten",
        ),
        pytest.param(
            "{kept}",
            "plain http://PLACE/invoke",
            (
                r"InvokeAI's page answers, but not its API \(\S+: base_url would be /invoke\)",
                (
                    "If a proxy keeps the path, set it as base_url in invokeai.yaml; "
                    "otherwise correct INVOKEAI_URL."
                ),
            ),
            id="a sub-path that InvokeAI does not know",
        ),
        pytest.param(
            "location / {{ proxy_pass http://127.0.0.1:9; }}",
            "plain http://PLACE/invoke",
            (r"InvokeAI has trouble \(HTTP 502\)\.", "Start InvokeAI, or correct INVOKEAI_URL."),
            id="no InvokeAI behind it",
        ),
    ],
)
async def test_each_wrong_turn_at_nginx_has_its_own_sentence(
    server: str, url: str, finding: tuple[str, str], upstream: str, tmp_path: Path
) -> None:
    """`plain` before an address: nginx speaks no TLS there. `finding`: what is wrong, and the fix."""
    proxy = behind_nginx(tmp_path, upstream, server, tls=not url.startswith("plain "))
    said = await checked(proxy, url.removeprefix("plain "), tmp_path)
    [(wrong, fix)] = re.findall(r"✗ InvokeAI: (.*)\n    → (.*)", said)
    assert re.search(rf"{finding[0]}( \(.*\))?$", wrong), wrong
    assert fix == finding[1]
    assert "s3cret" not in said


async def test_a_proxy_without_websockets_is_told_as_that(upstream: str, tmp_path: Path) -> None:
    lines = documented("nginx", STRIPPED).splitlines()
    deaf = leading_to(upstream, "\n".join(line for line in lines if "pgrade" not in line))
    said = await checked(nginx(tmp_path, deaf), "http://PLACE/invoke", tmp_path)
    assert "✓ InvokeAI: 6.14.2 at http://localhost" in said
    assert "✗ InvokeAI socket: no connection within 2 s: A proxy lets no WebSocket through" in said
    assert said.endswith("    → If a proxy stands before InvokeAI, let it pass WebSockets at /ws/socket.io.")
