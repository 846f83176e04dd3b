"""Read the body of a request: JSON, or multipart with `payload_json` and `files[n]`."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.discord.refusals import Refusal, invalid, too_large
from sandbox.discord.rules import MAX_REQUEST, Upload

_FILE = re.compile(r"files\[(\d+)\]")


@dataclass(slots=True)
class Body:
    payload: Any = None
    files: list[Upload] = field(default_factory=list[Upload])


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise Refusal(400, 50109, "The request body contains invalid JSON.") from None


async def read(request: web.Request) -> Body:
    """Raises `Refusal`: 413 above 25 MiB in all, 400 for what is no JSON."""
    kind = request.content_type
    if not request.can_read_body:
        return Body()
    if kind == "application/json":
        raw = await request.read()
        if len(raw) > MAX_REQUEST:
            raise too_large()
        return Body(_json(raw) if raw else None)
    if kind == "multipart/form-data":
        return await _multipart(request)
    await request.read()
    message = "Expected \"Content-Type\" header to be one of {'application/json'}."
    raise invalid(("_errors",), "CONTENT_TYPE_INVALID", message)


async def _multipart(request: web.Request) -> Body:
    body = Body()
    total = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid((), "CONTENT_TYPE_INVALID", "Nested multipart bodies are not read.")
        data = bytes(await part.read(decode=False))
        total += len(data)
        if total > MAX_REQUEST:
            data = b""
        name = part.name or ""
        if name == "payload_json":
            body.payload = _json(data) if data else None
        elif match := _FILE.fullmatch(name):
            content_type = part.headers.get("Content-Type", "application/octet-stream")
            body.files.append(Upload(int(match[1]), part.filename or "unknown", data, content_type))
        else:
            raise invalid((name,), "UNKNOWN_FIELD", "Form parts are payload_json and files[n].")
    if total > MAX_REQUEST:
        raise too_large()
    if body.payload is None and body.files:
        body.payload = {}
    return body
