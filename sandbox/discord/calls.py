"""One REST request: what came in, what goes out, and the routes' common shape."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sandbox.discord.foreign import Json
from sandbox.discord.refusals import invalid
from sandbox.discord.rules import Upload


@dataclass(slots=True)
class Call:
    """`payload` is the JSON body (of a multipart request: its `payload_json`), None where there is none."""

    params: dict[str, str]
    query: dict[str, str]
    payload: Any
    files: list[Upload]

    def form(self) -> Json:
        """The body where it must be an object."""
        given: object = self.payload
        if isinstance(given, dict):
            return cast("Json", given)
        raise invalid((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a MODEL_TYPE")

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A number of the query."""
        given = self.query.get(name)
        if given is None:
            return default
        if not given.isdecimal():
            raise invalid((name,), "NUMBER_TYPE_COERCE", f'Value "{given}" is not int.')
        if not low <= int(given) <= high:
            code = "NUMBER_TYPE_MIN" if int(given) < low else "NUMBER_TYPE_MAX"
            raise invalid((name,), code, f"int value should be between {low} and {high}.")
        return int(given)

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("1", "true")


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` None is an answer without a body."""

    status: int = 200
    body: Any = None


NO_CONTENT = Reply(204)
Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route:
    """`template` as in Discord's OpenAPI. `by_token`: the path itself carries the right to call."""

    method: str
    template: str
    handler: Handler
    by_token: bool = False


@dataclass(slots=True)
class Request:
    """One line of the transcript. `status` 0: cut off without an answer. `at` is the clock's time."""

    method: str
    route: str
    path: str
    query: dict[str, str]
    at: float
    payload: Any = None
    files: list[Upload] = field(default_factory=list[Upload])
    status: int = 0
    answer: Any = None
    retry_after: float | None = None
