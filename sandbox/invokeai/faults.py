"""Ways in which an InvokeAI, or the proxy before it, can be unwell."""

import asyncio
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
