"""Reads a request as FastAPI reads it: the same 422 bodies, path by path and field by field."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Json = dict[str, Any]


class Refused(Exception):
    """Answer with this status, FastAPI's `detail`, and these headers."""

    def __init__(self, status: int, detail: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(detail))
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class Broken(Exception):
    """Nobody caught it: 500 in plain text, as Starlette answers."""


def answer(body: Any, status: int = 200) -> web.Response:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return web.Response(body=text.encode(), status=status, content_type="application/json")


def refusal(refused: Refused) -> web.Response:
    response = answer({"detail": refused.detail}, refused.status)
    response.headers.update(refused.headers)
    return response


def breakdown() -> web.Response:
    return web.Response(text="Internal Server Error", status=500)


def not_found() -> web.Response:
    return answer({"detail": "Not Found"}, 404)


def not_allowed(allowed: str | None) -> web.Response:
    response = answer({"detail": "Method Not Allowed"}, 405)
    if allowed is not None:
        response.headers["allow"] = allowed
    return response


def read_path(model: type[Model], request: web.Request) -> Model:
    return _read(model, dict(request.match_info), "path")


def read_query(model: type[Model], request: web.Request) -> Model:
    return _read(model, dict(request.query), "query")


async def read_body(model: type[Model], request: web.Request) -> Model:
    """A body whose top-level names are the operation's parameters."""
    return _read(model, await _json(request), "body")


async def read_id_list(request: web.Request) -> list[int]:
    """retry_items_by_id takes the bare list."""
    body = await _json(request)
    if body is None:
        raise Refused(422, [{"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}])
    try:
        return TypeAdapter(list[int]).validate_python(body)
    except ValidationError as error:
        raise _unprocessable(error, "body") from error


async def _json(request: web.Request) -> Any:
    text = await request.text()
    if not text:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        detail: Json = {
            "type": "json_invalid",
            "loc": ["body", error.pos],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        raise Refused(422, [detail]) from error


def _read(model: type[Model], value: Any, place: str) -> Model:
    if value is not None and not isinstance(value, dict):
        missing = [
            {"type": "missing", "loc": [place, name], "msg": "Field required", "input": None}
            for name in model.model_fields
        ]
        raise Refused(422, missing)
    try:
        return model.model_validate(value or {}, from_attributes=True)
    except ValidationError as error:
        raise _unprocessable(error, place) from error


def _unprocessable(error: ValidationError, place: str) -> Refused:
    details: list[Json] = []
    for found in error.errors(include_url=False):
        detail: Json = {**found, "loc": [place, *found["loc"]]}
        if detail["type"] == "missing" and len(found["loc"]) == 1:
            detail["input"] = None
        if isinstance(detail.get("ctx", {}).get("error"), Exception):
            detail["ctx"] = {"error": {}}
        details.append(detail)
    return Refused(422, details)
