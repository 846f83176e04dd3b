"""One HTTP exchange with an InvokeAI. Every error that leaves it is of our tree."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp
import stamina
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from bot.errors import AnswerUnreadable, InvokeAIError, InvokeAIUnavailable
from bot.invokeai.endpoint import Endpoint
from bot.invokeai.http_errors import (
    Refusal,
    TemporarilyUnavailable,
    connection_error,
    detailed,
    error_for,
    reason_in,
)
from bot.invokeai.operations import Operation, Query

T = TypeVar("T")

MAX_JSON_BYTES = 64 * 1024 * 1024
CHUNK = 64 * 1024
BAD_REQUEST = 400
INVOKEAI_TITLE = b"<title>Invoke"  # of the page that InvokeAI shows at every path but its API's
KEEPALIVE_TIMEOUT = 4.0  # seconds; InvokeAI itself (uvicorn) closes what was idle for 5
REFRESHED_TOKEN = "X-Refreshed-Token"  # noqa: S105 - a header's name


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds, and how often to ask again."""

    connect: float = 3.0
    read: float = 15.0
    total: float = 60.0
    attempts: int = 3
    pause: float = 0.2
    max_pause: float = 1.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent as a form's `file`."""

    name: str
    content_type: str
    data: bytes = field(repr=False)

    def form(self) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("file", self.data, filename=self.name, content_type=self.content_type)
        return form


@dataclass(frozen=True, slots=True)
class Request:
    """How an operation is asked: its parameters in path and query, and a `body` that becomes JSON, or a file.

    A 404 raises `missing`; the answer may have `limit` bytes. `bare`: a 500 without a reason raises
    BareServerError at once. `repeatable`: asking twice does no harm, though it is no GET.
    """

    path: Mapping[str, str | int] = field(default_factory=dict[str, str | int])
    query: Query | None = None
    body: object = field(default=None, repr=False)
    file: Upload | None = None
    limit: int = MAX_JSON_BYTES
    missing: InvokeAIError | None = None
    bare: bool = False
    repeatable: bool = False


PLAIN = Request()


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer. `data` is None if it is larger than what was asked for.

    `refreshed_token` is a younger token, which a multi-user InvokeAI hands out with some answers. `length`:
    the whole answer's bytes, as the server said beforehand.
    """

    content_type: str
    data: bytes | None
    refreshed_token: str | None = field(default=None, repr=False)
    length: int | None = None


def open_session() -> aiohttp.ClientSession:
    """For any number of InvokeAIs. No idle connection is used that InvokeAI may be about to close."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_TIMEOUT))


class Http:
    """Speaks HTTP with one address."""

    def __init__(self, session: aiohttp.ClientSession, endpoint: Endpoint, patience: Patience) -> None:
        self._session = session
        self.endpoint = endpoint
        self._tls = endpoint.tls()
        self._patience = patience
        self.address = endpoint.address

    async def send(self, operation: Operation, request: Request = PLAIN, token: str | None = None) -> Answer:
        """One exchange, with a few more tries where asking twice does no harm."""
        if not _repeatable(operation, request):
            return await self._once(operation, request, token)
        retrying = stamina.AsyncRetryingCaller(
            attempts=self._patience.attempts,
            timeout=2.0,
            wait_initial=self._patience.pause,
            wait_max=self._patience.max_pause,
            wait_jitter=self._patience.pause,
        )
        return await retrying(TemporarilyUnavailable, self._once, operation, request, token)

    async def _once(self, operation: Operation, request: Request, token: str | None) -> Answer:
        patience = self._patience
        try:
            async with self._session.request(
                operation.method,
                URL(self.address + operation.path(request.path, request.query), encoded=True),
                json=request.body,
                data=request.file.form() if request.file else None,
                headers=self.endpoint.request_headers(token),
                ssl=self._tls,
                timeout=aiohttp.ClientTimeout(
                    total=patience.total, sock_connect=patience.connect, sock_read=patience.read
                ),
                allow_redirects=False,
                middlewares=() if _repeatable(operation, request) else (_OnlyOnce(),),
            ) as response:
                return await self._read(response, request)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise connection_error(self.endpoint, error) from error

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> Answer:
        if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's own numbers
            refusal = self._refusal(response, await _at_most(CHUNK, response.content) or b"")
            raise error_for(self.endpoint, refusal, missing=request.missing, bare=request.bare)
        length = response.content_length
        too_large = length is not None and length > request.limit
        data = None if too_large else await _at_most(request.limit, response.content)
        return Answer(response.content_type, data, response.headers.get(REFRESHED_TOKEN), length)

    def _refusal(self, response: aiohttp.ClientResponse, body: bytes) -> Refusal:
        json = response.content_type == "application/json"
        plain = URL(self.address).scheme == "http"
        return Refusal(
            response.status,
            reason_in(body),
            challenge="" if json else response.headers.get("WWW-Authenticate", ""),
            page=response.content_type == "text/html",
            location=response.headers.get("Location", ""),
            wants_tls=plain and not json and response.status == BAD_REQUEST and b"https" in body.lower(),
        )


def _repeatable(operation: Operation, request: Request) -> bool:
    return request.repeatable or operation.method == "GET"


class _OnlyOnce:
    """Of a PUT whose connection broke aiohttp makes a second try by itself: this one refuses it."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise aiohttp.ServerDisconnectedError
        self._sent = True
        return await handler(request)


async def _at_most(limit: int, stream: aiohttp.StreamReader) -> bytes | None:
    """All of it; None if that is more than `limit` bytes, and then no more than one chunk was read beyond."""
    data = bytearray()
    while len(data) <= limit:
        chunk = await stream.read(min(CHUNK, limit + 1 - len(data)))
        if not chunk:
            return bytes(data)
        data += chunk
    return None


def no_invokeai(at: Endpoint, answer: Answer | None = None) -> InvokeAIUnavailable:
    """Something else answers there, with 2xx if `answer` is given."""
    address, names = at.address, at.names
    path = at.base.path.rstrip("/")
    if answer is not None and path and INVOKEAI_TITLE in (answer.data or b""):
        sentence = (
            "InvokeAI's page answers, but not its API. If a proxy keeps the path, set it as base_url in "
            f"invokeai.yaml; otherwise correct {names.url}."
        )
        return detailed(InvokeAIUnavailable(sentence), f"{address}: base_url would be {path}")
    sent = f" sent {answer.content_type[:60]}" if answer is not None else ""
    sentence = (
        f"What answers is not an InvokeAI. Check {names.url}, above all its port and path; if a proxy shows "
        f"its login page there, set {names.headers}."
    )
    return detailed(InvokeAIUnavailable(sentence), f"{address}{sent}")


def read_json(answer: Answer, shape: TypeAdapter[T], at: Endpoint) -> T:
    """The answer as that shape. What is no JSON, or other JSON, does not come from an InvokeAI we know."""
    if answer.data is None:
        too_large = InvokeAIUnavailable("InvokeAI sent a larger answer than anybody should read.")
        raise detailed(too_large, at.address)
    if answer.content_type != "application/json":
        raise no_invokeai(at, answer)
    try:
        return shape.validate_json(answer.data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the whole"
        broken_off = fault["type"] == "json_invalid"
        unreadable = (InvokeAIUnavailable if broken_off else AnswerUnreadable)(
            f"InvokeAI sent an answer that can't be read ({place[:80]}: {fault['type']})."
        )
        raise detailed(unreadable, at.address) from None
