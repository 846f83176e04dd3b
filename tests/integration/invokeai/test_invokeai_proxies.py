"""What stands before an InvokeAI: each wrong turn is told with what to do about it."""

import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from invokeai_stand_in import StandIn

from bot.errors import InvokeAIUnavailable, LoginNeeded
from bot.invokeai.client import InvokeAIClient
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Patience, open_session
from bot.invokeai.socket.client import InvokeAISocket
from bot.invokeai.socket.events import Disconnected

TLS = Path(__file__).parents[2] / "fixtures" / "tls"
CA = TLS / "ca.pem"
AT_ONCE = Patience(pause=0, max_pause=0)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def tls() -> ssl.SSLContext:
    """A server's, with a certificate for `localhost` of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "localhost.pem")
    return context


@asynccontextmanager
async def proxy(answer: web.Response) -> AsyncGenerator[str]:
    """Something that gives this answer to everybody; its address."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)

    app = web.Application()
    app.router.add_route("*", "/{any:.*}", handler)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


def response(
    status: int, text: str = "<html>", content_type: str = "text/html", **headers: str
) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, text=text, content_type=content_type, headers=named)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (response(401, WWW_Authenticate='Basic realm="x"'), "A proxy before .* wants a name and a password"),
        (response(401, "no", "text/plain", WWW_Authenticate="Digest x"), "wants a name and a password"),
        (response(401), r"does not let the bot through \(HTTP 401\)\. Set INVOKEAI_HEADERS"),
        (response(403), r"does not let the bot through \(HTTP 403\)\. Set INVOKEAI_HEADERS"),
        (
            response(302, Location="https://login.example/?token=s3cret"),
            "sends us on to another one. Check",
        ),
        (response(302, Location="/login?s3cret"), "sends us on to .*set INVOKEAI_HEADERS"),
        (response(302, Location="http://[s3cret"), "sends us on to another one"),
        (response(308, Location="https://127.0.0.1/x"), "Write https:// in INVOKEAI_URL"),
        (response(200), "is not an InvokeAI.*login page.*INVOKEAI_HEADERS"),
        (
            response(400, "<h1>The plain HTTP request was sent to HTTPS port</h1>"),
            "wants TLS. Write https://",
        ),
        (response(400, "Client sent an HTTP request to an HTTPS server.", "text/plain"), "wants TLS"),
    ],
)
async def test_what_a_proxy_says_is_not_taken_for_invokeai_s_word(
    session: aiohttp.ClientSession, answer: web.Response, sentence: str
) -> None:
    async with proxy(answer) as url:
        endpoint = Endpoint(url, email="me@example.com", password="right")
        with pytest.raises(InvokeAIUnavailable, match=sentence) as raised:
            await InvokeAIClient(session, endpoint, "studio", patience=AT_ONCE).connect()
    told = raised.value.with_details
    assert "s3cret" not in told
    assert ("https://login.example)" in told) is ("login.example" in answer.headers.get("Location", ""))
    assert not re.search(r"//(?!NAME)\w", str(raised.value))  # no address


async def test_invokeai_s_own_401_still_asks_for_an_account(session: aiohttp.ClientSession) -> None:
    answer = response(
        401, '{"detail": "Authentication required"}', "application/json", WWW_Authenticate="Basic"
    )
    async with proxy(answer) as url:
        with pytest.raises(LoginNeeded, match="INVOKEAI_EMAIL"):
            await InvokeAIClient(session, Endpoint(url), "studio", patience=AT_ONCE).connect()


async def test_a_private_authority_is_trusted_when_it_is_named(
    session: aiohttp.ClientSession, tls: ssl.SSLContext
) -> None:
    async with StandIn().served("/invoke", tls) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        with pytest.raises(InvokeAIUnavailable, match=r"nobody here trusts\. Set INVOKEAI_CA_FILE"):
            await InvokeAIClient(session, Endpoint(url), "studio", patience=AT_ONCE).connect()
        client = InvokeAIClient(session, Endpoint(url, ca_file=CA), "studio", patience=AT_ONCE)
        assert (await client.connect()).url == url
        assert server.count("GET /api/v1/app/version") == 1  # an untrusted server was told nothing


async def test_a_certificate_of_another_host_is_told(
    session: aiohttp.ClientSession, tls: ssl.SSLContext
) -> None:
    async with StandIn().served(tls=tls) as server:
        endpoint = Endpoint(server.url, ca_file=CA)
        with pytest.raises(InvokeAIUnavailable, match=r"not valid\. Check INVOKEAI_URL") as raised:
            await InvokeAIClient(session, endpoint, "studio", patience=AT_ONCE).connect()
    assert "mismatch" in raised.value.with_details


async def test_tls_at_a_plain_port_is_told(session: aiohttp.ClientSession) -> None:
    async with StandIn().served() as server:
        endpoint = Endpoint(server.url.replace("http:", "https:"))
        with pytest.raises(InvokeAIUnavailable, match=r"does not speak TLS as the bot does. Write http://"):
            await InvokeAIClient(session, endpoint, "studio", patience=AT_ONCE).connect()


@pytest.mark.parametrize("trusted", [True, False])
async def test_the_socket_trusts_the_same_authority(tls: ssl.SSLContext, trusted: bool) -> None:
    async def no_token() -> str | None:
        return None

    async def no_pause(_: float) -> None:
        return

    async with StandIn().served("/invoke", tls) as server:
        endpoint = Endpoint(server.url.replace("127.0.0.1", "localhost"), ca_file=CA if trusted else None)
        events = InvokeAISocket(endpoint, "studio", token=no_token, sleep=no_pause).events()
        told = await anext(events)
        await events.aclose()
    assert isinstance(told, Disconnected)  # the stand-in has no socket
    assert ("lets no WebSocket through" in told.reason) is trusted
    assert ("Set INVOKEAI_CA_FILE" in told.reason) is not trusted


async def test_headers_and_the_login_of_the_address_go_with_every_request(
    session: aiohttp.ClientSession,
) -> None:
    seen: set[tuple[str | None, str | None]] = set()
    server = StandIn()

    async def version(request: web.Request) -> web.Response:
        seen.add((request.headers.get("X-Key"), request.headers.get("Authorization")))
        return web.json_response({"version": "6.14.2"})

    server.answers["/api/v1/app/version"] = version
    async with server.served():
        url = server.url.replace("http://", "http://me:word@")
        await InvokeAIClient(session, Endpoint(url, headers={"X-Key": "key"}), "studio").connect()
    assert seen == {("key", "Basic bWU6d29yZA==")}


async def test_a_request_that_aiohttp_can_not_send_stays_in_the_tree_of_errors(
    session: aiohttp.ClientSession,
) -> None:
    async with StandIn().served() as server:
        endpoint = Endpoint(server.url, headers={"X-Key": "s3cret\r\nX-Other: 1"})
        with pytest.raises(InvokeAIUnavailable, match="can't be asked like this") as raised:
            await InvokeAIClient(session, endpoint, "studio", patience=AT_ONCE).connect()
    told = raised.value.with_details
    assert "s3cret" not in told
    assert not re.search(r"//(?!NAME)\w", str(raised.value))  # no address
