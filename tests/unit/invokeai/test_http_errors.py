"""No sentence about an InvokeAI says where it is; the details do."""

from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.errors import InvokeAIError
from bot.invokeai.connection import ANY
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http import Answer, read_json
from bot.invokeai.http_errors import Refusal, connection_error, error_for
from bot.settings.servers import Origin, ServerSettings

ADDRESS = "http://10.0.0.5:9090"
BOX = Endpoint(ADDRESS)
UPSTREAM = "upstream http://10.0.0.5:9090/api gone"
KEY: Any = SimpleNamespace(host="10.0.0.5", port=9090, is_ssl=False, ssl=True)


def refusals(at: Endpoint = BOX) -> list[InvokeAIError]:
    found = [
        error_for(at, Refusal(status, UPSTREAM, page=page, location=location))
        for status in (301, 400, 401, 403, 404, 405, 407, 409, 422, 429, 500, 502, 503)
        for page in (True, False)
        for location in ("", "https://10.0.0.5/x", "http://10.0.0.6/login")
    ]
    found += [
        error_for(at, Refusal(500, "Internal Server Error"), bare=True),
        error_for(at, Refusal(401, "", challenge="Basic realm=10.0.0.5")),
        error_for(at, Refusal(400, "", wants_tls=True)),
    ]
    return found


PLACES = [
    "10.0.0.5",
    "10.0.0.5:9090",
    "[fd00::5]:9090",
    "fd00::5",
    "gpu-box.lan:9090",
    "GPU-BOX:9090",
    "gpu-box",
    "http://gpu-box/api?token=x",
]


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize("place", PLACES)
def test_invokeais_own_words_name_no_place_in_the_sentence(place: str, status: int) -> None:
    words = f"model server {place} is gone, 12:30 was too late for step 3"
    error = error_for(Endpoint("http://gpu-box:9090/invoke"), Refusal(status, words))
    assert "It said: model server … is gone, " in str(error)
    assert place not in str(error)
    assert words in error.with_details


def test_other_words_of_invokeai_stay_as_they_are() -> None:
    words = "Input should be less than 8: width, at node 3f2a of 1.5.3"
    assert words in str(error_for(Endpoint("http://gpu-box:9090"), Refusal(422, words)))


def silences(at: Endpoint = BOX) -> list[InvokeAIError]:
    refused = OSError(111, "Connect call failed ('10.0.0.5', 9090)")
    request: Any = SimpleNamespace(real_url=ADDRESS)
    certificate = ValueError("Hostname mismatch, certificate is not valid for '10.0.0.5'.")
    errors = [
        TimeoutError(),
        aiohttp.ClientConnectorError(KEY, refused),
        aiohttp.ClientConnectorSSLError(KEY, refused),
        aiohttp.ClientConnectorCertificateError(KEY, certificate),
        aiohttp.ClientResponseError(request, ()),
        aiohttp.ServerDisconnectedError(),
        ValueError(ADDRESS),
    ]
    return [connection_error(at, error) for error in errors]


def unreadable(at: Endpoint = BOX) -> list[InvokeAIError]:
    found: list[InvokeAIError] = []
    for answer in (
        Answer("text/html", b"<html>"),
        Answer("application/json", b"{"),
        Answer("application/json", None),
    ):
        with pytest.raises(InvokeAIError) as raised:
            read_json(answer, ANY, at)
        found.append(raised.value)
    return found


@pytest.mark.parametrize("error", [*refusals(), *silences(), *unreadable()], ids=str)
def test_only_the_details_say_where_invokeai_is(error: InvokeAIError) -> None:
    assert "10.0.0" not in str(error)
    assert "InvokeAI" in str(error)
    assert ADDRESS in error.with_details


@pytest.mark.parametrize(
    ("origin", "url", "account"),
    [
        ("list", "studio's address in INVOKEAI_SERVERS", "INVOKEAI_EMAIL and INVOKEAI_PASSWORD"),
        ("table", "url of [servers.studio]", "email and password of [servers.studio]"),
    ],
)
def test_of_several_the_sentence_names_the_setting_of_the_one_that_is_meant(
    origin: Origin, url: str, account: str
) -> None:
    studio = ServerSettings("studio", ADDRESS, "default", origin=origin)
    at = Endpoint(ADDRESS, names=studio.names)
    said = {str(error) for error in (*refusals(at), *silences(at), *unreadable(at))}
    assert f"InvokeAI's address wants TLS. Write https:// in {url}." in said
    assert f"InvokeAI wants an account it knows. Check {account}." in said
    assert not [one for one in said if "INVOKEAI_URL" in one]
    if origin == "table":
        assert not [one for one in said if "INVOKEAI_" in one]
