"""What each way in which an exchange goes wrong means, in one sentence that says what to do."""

import re
from dataclasses import dataclass
from json import JSONDecodeError, loads
from typing import Any, TypeVar, cast

import aiohttp
from yarl import URL

from bot.errors import (
    InvokeAIError,
    InvokeAIRefused,
    InvokeAIUnavailable,
    LoginNeeded,
    OperationMissing,
)
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.foreign_json import one_line
from bot.settings.servers import SettingNames

ErrorT = TypeVar("ErrorT", bound=InvokeAIError)

MAX_ERROR_TEXT = 200  # characters of a server's own words in an error
_PORT = r"(?::\d{1,5})?"
_ADDRESS = re.compile(
    rf"\w+://\S+|\[?\b[0-9a-f]{{0,4}}(?::[0-9a-f]{{0,4}}){{2,7}}\b\]?{_PORT}"
    rf"|\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}\b{_PORT}|\b[a-z][\w.-]*:\d{{2,5}}\b",
    re.IGNORECASE,
)
"""A URL, an IP address, or a name with a port: too much rather than too little."""
NO_REASON = "Internal Server Error"
NOT_OF_THE_AUTHORITY = frozenset({9, 10, 62, 64})
"""OpenSSL's codes: not valid yet, expired, of another host, of another address."""


class TemporarilyUnavailable(InvokeAIUnavailable):
    """Away, or 5xx: worth another try within seconds, if asking twice does no harm."""


class NotReached(TemporarilyUnavailable):
    """No connection was made: InvokeAI has heard nothing of the request."""


class BrokenOff(TemporarilyUnavailable):
    """The connection ended before an answer: whether InvokeAI has heard of the request is not known."""


class Unauthorized(LoginNeeded):
    """401: the token is old, or there was none."""


class MethodNotAllowed(OperationMissing):
    """405: nothing was done; another method may do it."""


class BareServerError(InvokeAIUnavailable):
    """A 500 without a reason: trouble, or (up to InvokeAI 5.15) there is no such job."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than 2xx. `challenge` is its WWW-Authenticate, `page` says that it is no JSON but HTML.

    `wants_tls`: it complains of plain HTTP at a port that speaks TLS.
    """

    status: int
    reason: str
    challenge: str = ""
    page: bool = False
    location: str = ""
    wants_tls: bool = False


def detailed(error: ErrorT, details: str) -> ErrorT:
    """With what only admins and the log are told."""
    error.details = details
    return error


def error_for(
    at: Endpoint, refusal: Refusal, *, missing: InvokeAIError | None = None, bare: bool = False
) -> InvokeAIError:
    """What that answer means. `missing` and `bare` are those of the request."""
    status, reason, address = refusal.status, refusal.reason, at.address
    unknown_here = status == 500 and "404: " in reason  # noqa: PLR2004 - an item of another queue, 6.14
    if missing is not None and not refusal.page and (status == 404 or unknown_here):  # noqa: PLR2004
        return missing
    said = f"{address} said: {reason}" if reason else address
    if bare and status == 500 and reason == NO_REASON:  # noqa: PLR2004 - HTTP's own numbers
        return detailed(BareServerError(f"InvokeAI has trouble (HTTP {status})."), said)
    if status >= 500 or status == 429:  # noqa: PLR2004
        return detailed(TemporarilyUnavailable(f"InvokeAI has trouble (HTTP {status})."), said)
    if status < 400:  # noqa: PLR2004
        return _moved(at, refusal.location)
    of_invokeai = _of_invokeai(status, _without_places(reason, address), at.names)
    return detailed(_of_a_proxy(refusal, at.names) or of_invokeai, said)


def _without_places(reason: str, address: str) -> str:
    """InvokeAI's words without an address, and without its own host's name even where no port follows it."""
    text = _ADDRESS.sub("…", reason)
    try:
        host = URL(address).host
    except ValueError:
        return text
    return re.sub(rf"(?<!\w){re.escape(host)}(?!\w)", "…", text, flags=re.IGNORECASE) if host else text


def _of_a_proxy(refusal: Refusal, names: SettingNames) -> InvokeAIError | None:
    """What InvokeAI itself does not say: a login, a page; None if it may be InvokeAI's own."""
    status = refusal.status
    if refusal.wants_tls:
        return InvokeAIUnavailable(f"InvokeAI's address wants TLS. Write https:// in {names.url}.")
    scheme = refusal.challenge.partition(" ")[0].lower()
    if status == 401 and scheme in {"basic", "digest", "negotiate", "ntlm"}:  # noqa: PLR2004
        return InvokeAIUnavailable(
            "A proxy before InvokeAI wants a name and a password that it knows. Write them into "
            f"{names.url}, as in https://NAME:PASSWORD@HOST."
        )
    if status in {401, 403, 407} and refusal.page:
        return InvokeAIUnavailable(
            f"A proxy before InvokeAI does not let the bot through (HTTP {status}). Set {names.headers} to "
            "what it takes from programs."
        )
    return None


def _moved(at: Endpoint, location: str) -> InvokeAIError:
    try:
        here = at.base
        there = here.join(URL(location))
    except ValueError:
        here = there = URL()
    if there.host and there.host == here.host and there.scheme == "https" != here.scheme:
        sentence = f"InvokeAI's address sends us on to https. Write https:// in {at.names.url}."
        return detailed(InvokeAIUnavailable(sentence), at.address)
    place = str(there.origin()) if there.absolute else "nowhere"
    return detailed(
        InvokeAIUnavailable(
            f"InvokeAI's address sends us on to another one. Check {at.names.url}; if a proxy wants a login "
            f"there, set {at.names.headers} to what it takes from programs."
        ),
        f"from {at.address} to {place[:MAX_ERROR_TEXT]}",
    )


def _of_invokeai(status: int, reason: str, names: SettingNames) -> InvokeAIError:
    said = f" It said: {reason}" if reason else ""
    match status:
        case 401:
            return Unauthorized(f"InvokeAI wants an account it knows. Check {names.account}.")
        case 403:
            return LoginNeeded("InvokeAI does not allow this to the bot's account; make it an admin there.")
        case 404:
            return OperationMissing(f"InvokeAI can't do that (HTTP {status}).")
        case 405:
            return MethodNotAllowed(f"InvokeAI can't do that (HTTP {status}).")
        case 409:
            return InvokeAIRefused(f"InvokeAI can't do that just now. Try again in a few minutes.{said}")
        case _:
            return InvokeAIRefused(f"InvokeAI refused (HTTP {status}).{said}")


def connection_error(at: Endpoint, error: Exception) -> InvokeAIError:
    """Why there was no answer. `error` is aiohttp's, or the system's."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            words = str(getattr(error.certificate_error, "verify_message", "")) or "not trusted"
            untrusted = InvokeAIUnavailable(_untrusted(error.certificate_error, at.names))
            return detailed(untrusted, f"{at.address}: {words}")
        case _:
            return detailed(_connection_error(error, at.names), at.address)


def _connection_error(error: Exception, names: SettingNames) -> InvokeAIError:
    match error:
        case TimeoutError():
            return TemporarilyUnavailable("InvokeAI took too long to answer.")
        case aiohttp.ClientConnectorSSLError():
            return InvokeAIUnavailable(
                f"InvokeAI's address does not speak TLS as the bot does. Write http:// in {names.url}, or "
                "the port that speaks TLS."
            )
        case aiohttp.ClientConnectorError():
            return NotReached("InvokeAI does not answer. Is it running?")
        case aiohttp.ClientResponseError():
            return BrokenOff(
                "InvokeAI's address answers, but not in HTTP. If it speaks TLS, write https:// in "
                f"{names.url}."
            )
        case aiohttp.ClientError() | OSError():
            return BrokenOff("InvokeAI broke off in the middle of an answer.")
        case _:  # aiohttp's plain ValueError, whose words may hold a secret
            return InvokeAIUnavailable(
                f"InvokeAI can't be asked like this. Check {names.url} and {names.headers}."
            )


def _untrusted(error: Exception, names: SettingNames) -> str:
    if getattr(error, "verify_code", None) in NOT_OF_THE_AUTHORITY:
        return f"InvokeAI's address shows a certificate that is not valid. Check {names.url}, or renew it."
    return (
        f"InvokeAI's address shows a certificate that nobody here trusts. Set {names.ca_file} to the "
        "certificate of the authority that it comes from."
    )


def reason_in(data: bytes | None) -> str:
    """The server's own words: FastAPI's `detail` or plain text, as one short line; nothing of HTML."""
    text = (data or b"").decode("utf-8", errors="replace")
    try:
        read: Any = loads(text)
        text = _detail(cast("dict[str, Any]", read).get("detail")) if isinstance(read, dict) else ""
    except (JSONDecodeError, RecursionError):
        text = "" if text.lstrip().startswith("<") else text
    line = one_line(text)
    return line if len(line) <= MAX_ERROR_TEXT else line[: MAX_ERROR_TEXT - 1] + "…"


def _detail(detail: object) -> str:
    """FastAPI's sentence. From a 422 only the messages: its `input` would repeat a password."""
    if isinstance(detail, list):
        faults = [
            cast("dict[str, Any]", fault) for fault in cast("list[Any]", detail) if isinstance(fault, dict)
        ]
        return "; ".join(str(fault.get("msg")) for fault in faults[:3])
    return detail if isinstance(detail, str) else ""
