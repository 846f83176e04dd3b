"""Where an InvokeAI answers: what is refused before anything is asked, and what is never shown."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingWrong
from bot.invokeai.endpoint import Endpoint

BOX: dict[str, Any] = {"url": "http://box"}
CA = Path(__file__).parents[2] / "fixtures" / "tls" / "ca.pem"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"url": "http://me:s3cret@box", "email": "a@b.c"},
            "INVOKEAI_URL has a name and password for a proxy",
        ),
        (
            {"headers": {"authorization": "s3cret"}, "email": "a@b.c"},
            "INVOKEAI_HEADERS has a login for a proxy",
        ),
        ({"url": "http://me:s3cret@box", "headers": {"Authorization": "x"}}, "Keep one of them"),
        ({"url": "http://me:s3cret@box:909O"}, "INVOKEAI_URL is wrong"),
        ({"url": "http://box:99999"}, "INVOKEAI_URL is wrong"),
        ({"ca_file": Path("/nowhere.pem")}, "INVOKEAI_CA_FILE is no PEM file"),
        ({"ca_file": Path(__file__)}, "INVOKEAI_CA_FILE is no PEM file"),
    ],
)
def test_what_can_not_be_used_is_refused_in_one_sentence_without_the_secret(
    given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingWrong, match=sentence) as raised:
        Endpoint(**BOX | given)
    assert "s3cret" not in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://box:9090", "http://box:9090"),
        ("http://box:9090/", "http://box:9090"),
        ("https://me:s3cret@box/invoke/?a=1#b", "https://box/invoke"),
        ("https://box/a%20b/", "https://box/a%20b"),
        ("http://[::1]:9090", "http://[::1]:9090"),
    ],
)
def test_the_address_is_shown_without_name_password_and_query(url: str, address: str) -> None:
    endpoint = Endpoint(url, password="s3cret", headers={"X-Key": "s3cret"})
    assert endpoint.address == address
    assert "s3cret" not in repr(endpoint)


def test_a_name_and_password_in_the_address_become_a_login_in_utf_8() -> None:
    assert Endpoint("http://me:p%C3%A9%40@box").request_headers() == {"Authorization": "Basic bWU6cMOpQA=="}


def test_headers_go_along_with_the_token_of_an_account() -> None:
    endpoint = Endpoint("http://box", email="a@b.c", headers={"X-Key": "word"})
    assert endpoint.request_headers("t") == {"X-Key": "word", "Authorization": "Bearer t"}
    assert endpoint.request_headers() == {"X-Key": "word"}


def test_an_authority_of_ones_own_is_trusted_beside_the_system_s() -> None:
    plain, own = Endpoint("https://box"), Endpoint("https://box", ca_file=CA)
    assert plain.tls() is True
    context = own.tls()
    assert not isinstance(context, bool)
    assert "A test authority" in str(context.get_ca_certs())
    assert len(context.get_ca_certs()) == 1 + len(ssl.create_default_context().get_ca_certs())
    assert context.check_hostname
