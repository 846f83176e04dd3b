"""A few of InvokeAI's answers over real HTTP, and whatever a test puts in their place."""

import inspect
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

STATUS: dict[str, Any] = {
    "queue": {"pending": 2, "in_progress": 1, "waiting": 0, "completed": 3, "failed": 0, "canceled": 0},
    "processor": {"is_started": True, "is_processing": True},
}
ITEM: dict[str, Any] = {
    "item_id": 7,
    "status": "canceled",
    "batch_id": "b",
    "session_id": "s",
    "created_at": "2026-11-24 05:31:44.894",
}
OPERATIONS = {
    "app_version": ("get", "/api/v1/app/version"),
    "get_queue_status": ("get", "/api/v1/queue/{queue_id}/status"),
    "get_queue_item": ("get", "/api/v1/queue/{queue_id}/i/{item_id}"),
    "cancel_queue_item": ("put", "/api/v1/queue/{queue_id}/i/{item_id}/cancel"),
    "cancel_all_except_current": ("put", "/api/v1/queue/{queue_id}/cancel_all_except_current"),
    "get_queue_item_ids": ("get", "/api/v1/queue/{queue_id}/item_ids"),
    "get_queue_items_by_item_ids": ("post", "/api/v1/queue/{queue_id}/items_by_ids"),
    "get_image_full": ("get", "/api/v1/images/i/{image_name}/full"),
    "get_image_metadata": ("get", "/api/v1/images/i/{image_name}/metadata"),
    "get_setup_status_api_v1_auth_status_get": ("get", "/api/v1/auth/status"),
    "login_api_v1_auth_login_post": ("post", "/api/v1/auth/login"),
}


class StandIn:
    """`answers[path]` is JSON to send, or a handler; a key "METHOD path" goes before a path.

    `asked` is what came: method and path.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.operations = dict(OPERATIONS)
        self.url = ""
        self.answers: dict[str, Any] = {
            "/api/v1/app/version": {"version": "99.0.0"},
            "/api/v1/auth/status": {"multiuser_enabled": False},
            "/api/v1/queue/default/status": STATUS,
            "/api/v1/queue/default/i/7": ITEM,
            "/api/v1/queue/default/i/7/cancel": ITEM,
            "/openapi.json": self._openapi,
        }

    def count(self, line: str) -> int:
        return self.asked.count(line)

    @asynccontextmanager
    async def served(self, prefix: str = "", tls: ssl.SSLContext | None = None) -> AsyncGenerator["StandIn"]:
        async def answer(request: web.Request) -> web.StreamResponse:
            path = request.path.removeprefix(prefix)
            self.asked.append(f"{request.method} {path}")
            line = self.asked[-1]
            told: Any = self.answers.get(line, self.answers.get(path))
            if not request.path.startswith(prefix):
                told = None
            if told is None:
                return web.json_response({"detail": "Not Found"}, status=404)
            return await told(request) if inspect.isroutine(told) else web.json_response(told)

        app = web.Application(client_max_size=2**20)
        app.router.add_route("*", "/{any:.*}", answer)
        server = TestServer(app)
        await server.start_server(ssl=tls)
        self.url = str(server.make_url(prefix))
        try:
            yield self
        finally:
            await server.close()

    async def _openapi(self, _request: web.Request) -> web.Response:
        paths: dict[str, dict[str, Any]] = {}
        for name, (method, path) in self.operations.items():
            paths.setdefault(path, {})[method] = {"operationId": name}
        return web.json_response({"paths": paths})
