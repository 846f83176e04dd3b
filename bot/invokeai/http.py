"""One HTTP exchange with an InvokeAI, and what each way of going wrong means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError, loads
from typing import Any, TypeVar, cast

import aiohttp
import stamina
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from bot.errors import (
    InvokeAIError,
    InvokeAIRefused,
    InvokeAIUnavailable,
    LoginNeeded,
    OperationMissing,
)

T = TypeVar("T")

MAX_ERROR_TEXT = 200  # characters of a server's own words in an error
MAX_JSON_BYTES = 64 * 1024 * 1024
CHUNK = 64 * 1024
REFRESHED = "X-Refreshed-Token"
NO_REASON = "Internal Server Error"


class Hiccup(InvokeAIUnavailable):
    """Away, or 5xx: worth another try within seconds, if asking twice does no harm."""


class TokenRefused(LoginNeeded):
    """401: the token is old, or there was none."""


class MethodRefused(OperationMissing):
    """405: nothing was done; another method may do it."""


class Unexplained(InvokeAIUnavailable):
    """A bare 500 for something numbered: trouble, or (up to InvokeAI 5.15) there is no such thing."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how often to ask again."""

    connect: float = 3.0
    read: float = 15.0
    total: float = 60.0
    attempts: int = 3
    pause: float = 0.2
    longest_pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. A 404 raises `missing`; an answer may have `limit` bytes. `body` becomes JSON.

    `bare`: a 500 without a reason raises Unexplained, at once.
    """

    method: str
    path: str
    body: object = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    limit: int = MAX_JSON_BYTES
    missing: InvokeAIError | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. `data` is None if it is larger than what was asked for.

    `refreshed` is a younger token, which a multi-user InvokeAI hands out with some answers. `length`: the
    whole answer's bytes, as the server said beforehand.
    """

    content_type: str
    data: bytes | None
    refreshed: str | None = field(default=None, repr=False)
    length: int | None = None


class Http:
    """Speaks HTTP with one address. Every error that leaves it is of our tree."""

    def __init__(self, http: aiohttp.ClientSession, url: str, patience: Patience) -> None:
        self._http = http
        self._patience = patience
        whole = URL(url).with_query(None).with_fragment(None)
        self._base = str(whole).rstrip("/")
        self.address = str(whole.with_user(None)).rstrip("/")
        """The address as a person may see it: without name and password."""

    async def send(self, request: Request, *, again: bool) -> Answer:
        """One exchange; `again` allows a few more tries (for what only reads)."""
        if not again:
            return await self._once(request)
        patience = self._patience
        retrying = stamina.AsyncRetryingCaller(
            attempts=patience.attempts,
            timeout=2.0,
            wait_initial=patience.pause,
            wait_max=patience.longest_pause,
            wait_jitter=patience.pause,
        )
        return await retrying(Hiccup, self._once, request)

    async def _once(self, request: Request) -> Answer:
        patience = self._patience
        try:
            async with self._http.request(
                request.method,
                URL(self._base + request.path, encoded=True),
                json=request.body,
                headers={"Authorization": f"Bearer {request.token}"} if request.token else None,
                timeout=aiohttp.ClientTimeout(
                    total=patience.total, sock_connect=patience.connect, sock_read=patience.read
                ),
                allow_redirects=False,
            ) as response:
                if response.ok and response.status < 300:  # noqa: PLR2004 - HTTP's own number
                    too_large = (response.content_length or 0) > request.limit
                    data = None if too_large else await _read(response.content, request.limit)
                    return Answer(
                        response.content_type, data, response.headers.get(REFRESHED), response.content_length
                    )
                words = _words(await _read(response.content, CHUNK))
                raise self._translated(response.status, words, request)
        except TimeoutError as error:
            raise Hiccup(f"{self.address} took too long to answer.") from error
        except aiohttp.ClientConnectorError as error:
            raise Hiccup(f"{self.address} does not answer. Is InvokeAI running?") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Hiccup(f"{self.address} broke off in the middle of an answer.") from error

    def _translated(self, status: int, words: str, request: Request) -> InvokeAIError:
        missing = request.missing
        said = f" It said: {words}" if words else ""
        unknown_here = status == 500 and "404: " in words  # noqa: PLR2004 - an item of another queue, 6.14
        if missing is not None and (status == 404 or unknown_here):  # noqa: PLR2004
            return missing
        if request.bare and status == 500 and words == NO_REASON:  # noqa: PLR2004
            return Unexplained(f"{self.address} has trouble (HTTP {status}).{said}")
        if status >= 500 or status == 429:  # noqa: PLR2004
            return Hiccup(f"{self.address} has trouble (HTTP {status}).{said}")
        return _BY_STATUS.get(status, _refused)(self.address, status, said)


def _moved(address: str, _status: int, _said: str) -> InvokeAIError:
    return InvokeAIUnavailable(f"{address} sends us on to another address. Check INVOKEAI_URL.")


def _no_token(address: str, _status: int, said: str) -> InvokeAIError:
    return TokenRefused(
        f"{address} wants an account it knows. Check INVOKEAI_EMAIL and INVOKEAI_PASSWORD.{said}"
    )


def _forbidden(address: str, _status: int, said: str) -> InvokeAIError:
    return LoginNeeded(f"{address} does not allow this to the bot's account; make it an admin there.{said}")


def _absent(address: str, status: int, _said: str) -> InvokeAIError:
    return OperationMissing(f"{address} can't do that (HTTP {status}).")


def _wrong_method(address: str, status: int, _said: str) -> InvokeAIError:
    return MethodRefused(f"{address} can't do that (HTTP {status}).")


def _refused(address: str, status: int, said: str) -> InvokeAIError:
    if status < 400:  # noqa: PLR2004
        return _moved(address, status, said)
    return InvokeAIRefused(f"{address} refused (HTTP {status}).{said}")


_BY_STATUS: Mapping[int, Callable[[str, int, str], InvokeAIError]] = {
    401: _no_token,
    403: _forbidden,
    404: _absent,
    405: _wrong_method,
}


def read_json(answer: Answer, shape: TypeAdapter[T], address: str) -> T:
    """The answer as that shape. What is no JSON, or other JSON, does not come from an InvokeAI we know."""
    if answer.data is None:
        raise InvokeAIUnavailable(f"{address} sent a larger answer than anybody should read.")
    if answer.content_type != "application/json":
        raise InvokeAIUnavailable(
            f"{address} answers, but is not an InvokeAI: it sent {answer.content_type[:60]}."
            " Check INVOKEAI_URL."
        )
    try:
        return shape.validate_json(answer.data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise InvokeAIUnavailable(
            f"{address} sent an answer that can't be read ({place[:80]}: {fault['type']})."
        ) from None


async def _read(stream: aiohttp.StreamReader, limit: int) -> bytes | None:
    """At most `limit` bytes; None if there are more, and then no more than one chunk was read beyond."""
    data = bytearray()
    while len(data) <= limit:
        chunk = await stream.read(min(CHUNK, limit + 1 - len(data)))
        if not chunk:
            return bytes(data)
        data += chunk
    return None


def _words(data: bytes | None) -> str:
    """A server's own words: FastAPI's `detail` or plain text, one short line; nothing of HTML."""
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
