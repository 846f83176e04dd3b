"""What each way in which an exchange goes wrong means, in one sentence that says what to do."""

from collections.abc import Callable, Mapping
from json import JSONDecodeError, loads
from typing import Any, cast

from bot.errors import (
    InvokeAIError,
    InvokeAIRefused,
    InvokeAIUnavailable,
    LoginNeeded,
    OperationMissing,
)

MAX_ERROR_TEXT = 200  # characters of a server's own words in an error
NO_REASON = "Internal Server Error"


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


def error_for(
    address: str, status: int, reason: str, *, missing: InvokeAIError | None, bare: bool
) -> InvokeAIError:
    """What an answer other than 2xx means. `missing` and `bare` are those of the request."""
    said = f" It said: {reason}" if reason else ""
    unknown_here = status == 500 and "404: " in reason  # noqa: PLR2004 - an item of another queue, 6.14
    if missing is not None and (status == 404 or unknown_here):  # noqa: PLR2004 - HTTP's own numbers
        return missing
    if bare and status == 500 and reason == NO_REASON:  # noqa: PLR2004
        return BareServerError(f"{address} has trouble (HTTP {status}).{said}")
    if status >= 500 or status == 429:  # noqa: PLR2004
        return TemporarilyUnavailable(f"{address} has trouble (HTTP {status}).{said}")
    return _BY_STATUS.get(status, _refused)(address, status, said)


def _unauthorized(address: str, _status: int, said: str) -> InvokeAIError:
    return Unauthorized(
        f"{address} wants an account it knows. Check INVOKEAI_EMAIL and INVOKEAI_PASSWORD.{said}"
    )


def _forbidden(address: str, _status: int, said: str) -> InvokeAIError:
    return LoginNeeded(f"{address} does not allow this to the bot's account; make it an admin there.{said}")


def _absent(address: str, status: int, _said: str) -> InvokeAIError:
    return OperationMissing(f"{address} can't do that (HTTP {status}).")


def _wrong_method(address: str, status: int, _said: str) -> InvokeAIError:
    return MethodNotAllowed(f"{address} can't do that (HTTP {status}).")


def _refused(address: str, status: int, said: str) -> InvokeAIError:
    if status < 400:  # noqa: PLR2004
        return InvokeAIUnavailable(f"{address} sends us on to another address. Check INVOKEAI_URL.")
    return InvokeAIRefused(f"{address} refused (HTTP {status}).{said}")


_BY_STATUS: Mapping[int, Callable[[str, int, str], InvokeAIError]] = {
    401: _unauthorized,
    403: _forbidden,
    404: _absent,
    405: _wrong_method,
}


def reason_in(data: bytes | None) -> str:
    """The server's own words: FastAPI's `detail` or plain text, as one short line; nothing of HTML."""
    text = (data or b"").decode("utf-8", errors="replace")
    try:
        read: Any = loads(text)
        text = _detail(cast("dict[str, Any]", read).get("detail")) if isinstance(read, dict) else ""
    except (JSONDecodeError, RecursionError):
        text = "" if text.lstrip().startswith("<") else text
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= MAX_ERROR_TEXT else line[: MAX_ERROR_TEXT - 1] + "…"


def _detail(detail: object) -> str:
    """FastAPI's sentence. From a 422 only the messages: its `input` would repeat a password."""
    if isinstance(detail, list):
        faults = [
            cast("dict[str, Any]", fault) for fault in cast("list[Any]", detail) if isinstance(fault, dict)
        ]
        return "; ".join(str(fault.get("msg")) for fault in faults[:3])
    return detail if isinstance(detail, str) else ""
