"""The kinds of values that settings have."""

import json
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from yarl import URL

LINKABLE = r"^[A-Za-z0-9_.~:/?#@!$&'*+,;=%-]{1,500}$"
"""What a message can link to."""
QUEUE_ID = r"^[\w-]{1,64}$"
SERVER_NAME = r"^[a-z0-9-]{1,20}$"


def _split(value: Any) -> Any:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("not an address")
    if not value.isprintable() or " " in value or "@" in parts.path + parts.query + parts.fragment:
        raise ValueError("a / in a password, taken for the end of the host")
    URL(value)  # raises a ValueError of its own
    return value.rstrip("/")


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _addresses(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if not pairs or not all(equals for _, equals, _ in pairs):
        return value
    names = [name.strip() for name, _, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError("has one name twice")
    return {name.strip(): address.strip() for name, _, address in pairs}


def _printable(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\x20-\x7e]{1,8000}", value.get_secret_value()):
        raise ValueError("not what a header can hold")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("not a time zone")
    return value


Words = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]
Ids = Annotated[frozenset[int], NoDecode, BeforeValidator(_split)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
HeaderValue = Annotated[SecretStr, AfterValidator(_printable)]
Headers = Annotated[dict[HeaderName, HeaderValue], NoDecode, BeforeValidator(_from_json)]
Address = Annotated[str, AfterValidator(_address)]
PublicAddress = Annotated[Address, Field(pattern=LINKABLE)]
ServerName = Annotated[str, Field(pattern=SERVER_NAME)]
Addresses = Annotated[dict[ServerName, Address], NoDecode, BeforeValidator(_addresses), Field(min_length=1)]
"""By the name of an InvokeAI, as in `studio=http://10.0.0.5:9090, attic=http://10.0.0.6:9090`."""
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)]
TimeZone = Annotated[str, AfterValidator(_zone)]
