"""Ways in which an InvokeAI, or the proxy before it, can be unwell."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from aiohttp import web


class Fault(Enum):
    """HTML: a page with 200. SERVER_ERROR: 500. HALF_JSON: the true answer, cut in the middle. HANG: none."""

    HTML = "html"
    SERVER_ERROR = "server_error"
    HALF_JSON = "half_json"
    HANG = "hang"


SPA = """<!DOCTYPE html>
<html lang="en">

<head>
  <meta charset="UTF-8" />
  <title>Invoke - Community Edition</title>
</head>

<body dir="ltr">
  <div id="root"></div>
</body>

</html>"""


def page() -> web.Response:
    """What InvokeAI answers for every path that it does not know: its web app."""
    return web.Response(
        text=SPA,
        content_type="text/html",
        headers={"cache-control": "max-age=0, no-cache, no-store, , must-revalidate"},
    )


async def suffer(fault: Fault, well_again: asyncio.Event, healthy: web.StreamResponse | None) -> web.Response:
    """The sick answer; `healthy` is the true one, given for HALF_JSON only."""
    if fault is Fault.HTML:
        return page()
    if fault is Fault.HALF_JSON and isinstance(healthy, web.Response) and isinstance(healthy.body, bytes):
        half = healthy.body[: len(healthy.body) // 2]
        return web.Response(body=half, status=healthy.status, content_type=healthy.content_type)
    if fault is Fault.HANG:
        await well_again.wait()
    return web.Response(text="Internal Server Error", status=500)


@dataclass(frozen=True, slots=True)
class Moment:
    path: str
    act: Callable[[], None]
    after: bool
    cut: bool


class Moments:
    """What happens while the next requests to a path are under way."""

    def __init__(self) -> None:
        self._waiting: list[Moment] = []

    def call_at_next(
        self, path: str, act: Callable[[], None] = lambda: None, *, after: bool = False, cut: bool = False
    ) -> None:
        """`act` when a request whose path ends so has come in (`after`: when it is carried out), before it is
        answered. `cut`: the connection breaks then.
        """
        self._waiting.append(Moment(path, act, after, cut))

    async def around(
        self, request: web.Request, respond: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        moment = next((one for one in self._waiting if request.path.endswith(one.path)), None)
        if moment is None:
            return await respond()
        self._waiting.remove(moment)
        if not moment.after:
            moment.act()
            return _cut(request) if moment.cut else await respond()
        response = await respond()
        moment.act()
        return _cut(request) if moment.cut else response


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
