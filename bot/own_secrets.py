"""Our own secrets, taken out of every text that leaves the process: letter by letter, wherever they turn up.

`register` is called once, at the start. What leaves by message, file, log, page or terminal passes `hide`.
"""

import html
import json
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from pydantic import BaseModel, SecretStr

HIDDEN = "***"
MIN_LENGTH = 6
"""A shorter secret is not known from ordinary words (`admin`, `1234`): those stay where they turn up."""

_IN_ADDRESS = re.compile(r"://[^\s/:@]*:(?P<short>[^@\s]*)@(?:(?P<more>[^\s/]*)@)?")
"""A password in it; `more` if it holds an @ of its own."""
_LOGIN = re.compile(r"(?:bearer|basic|digest|bot|token)\s+(?P<rest>\S.*)", re.IGNORECASE | re.DOTALL)
_COOKIE = re.compile(r"[\w.-]+=(?P<value>[^;\s]+)")
_PERCENT = re.compile(r"%[0-9A-F]{2}")

_forms: list[str] = []
"""Each way in which one of them may be written, the longest first."""


def register(*things: object) -> None:
    """Has `hide` know every SecretStr and every password in an address that `things` hold, however deep."""
    forms = (form for thing in things for secret in _secrets_in(thing) for form in _written(secret))
    known = {*_forms, *(form for form in forms if len(form) >= MIN_LENGTH)}
    _forms[:] = sorted(known, key=len, reverse=True)


def hide(text: str) -> str:
    """The same text, with `***` for each of our secrets, also where it is escaped, URL-encoded or base64."""
    for form in _forms:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def _secrets_in(thing: object) -> Iterator[str]:
    match thing:
        case SecretStr():
            yield from _parts(thing.get_secret_value())
        case str():
            for found in _IN_ADDRESS.finditer(thing):
                short, more = found["short"], found["more"]
                yield from (short, f"{short}@{more}") if more else (short,)
        case Mapping():
            for each in thing.values():  # pyright: ignore[reportUnknownVariableType]  # of anything
                yield from _secrets_in(each)  # pyright: ignore[reportUnknownArgumentType]  # the same
        case BaseModel():
            for name in type(thing).model_fields:
                yield from _secrets_in(getattr(thing, name))
        case _:
            return


def _parts(secret: str) -> Iterator[str]:
    """The whole, and what of a header is a secret by itself: after `Bearer`, a login's password, cookies."""
    yield secret
    login = _LOGIN.fullmatch(secret)
    if login is None:
        yield from (cookie["value"] for cookie in _COOKIE.finditer(secret))
        return
    yield login["rest"]
    try:
        _, _, password = b64decode(login["rest"], validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        return
    yield password


def _written(secret: str) -> Iterator[str]:
    """As it is, and as programs write it: URL-encoded or decoded, in Python, in JSON, in HTML, and base64."""
    for text in {secret, unquote(secret)}:
        if len(text) < MIN_LENGTH:
            continue
        for shown in {text, _printable(text), repr(text)[1:-1]}:
            yield from (shown, html.escape(shown))
            yield from (json.dumps(shown, ensure_ascii=pure)[1:-1] for pure in (True, False))
        for encoded in (quote(text), quote(text, safe=""), quote_plus(text)):
            yield from (encoded, _PERCENT.sub(lambda found: found[0].lower(), encoded))
        yield from _base64(text.encode())


def _printable(text: str) -> str:
    """As a terminal and a message show it: without invisible characters."""
    return "".join(" " if each.isspace() else each for each in text if each.isspace() or each.isprintable())


def _base64(data: bytes) -> Iterator[str]:
    """By itself and amid other bytes, such as a login's `name:password`, where it may begin at any of three.

    There an edge of it is left, of at most six bits.
    """
    stems = [b64encode(data).decode().rstrip("=")]
    for before in range(3):
        begin = -(-8 * before // 6)
        end = 8 * (before + len(data)) // 6
        stems.append(b64encode(bytes(before) + data).decode()[begin:end])
    for stem in stems:
        yield from (stem, stem.replace("+", "-").replace("/", "_"))
