"""Every REST request's way: fault, body, token, rate limit, OpenAPI, handler, OpenAPI again, transcript."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from sandbox.discord import bodies
from sandbox.discord.calls import Call, Reply, Request, Route
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.foreign import Json
from sandbox.discord.ratelimit import RateLimits
from sandbox.discord.refusals import Refusal, unauthorized
from sandbox.discord.watch import Watch

HUNG_UP = 499
"""Nobody hears it."""
LOOK = 0.05
"""Seconds between two looks whether the sender of a slow body is still there."""
Fault_ = tuple[tuple[str | int, ...], str]


class Check(Protocol):
    """What checks against a published schema; each fault is a place in the JSON and a message."""

    def request(self, method: str, route: str, payload: Any, query: dict[str, str]) -> list[Fault_]: ...

    def answer(self, method: str, route: str, status: int, body: Any) -> list[Fault_]: ...


class Pipeline:
    """`requests` is the transcript, `violations` what the check found, in readable lines."""

    def __init__(
        self,
        *,
        token: str,
        limits: RateLimits,
        faults: Faults,
        check: Check | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.token = token
        self._limits = limits
        self._faults = faults
        self._check = check
        self._clock = clock
        self._sleep = sleep
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.watch = Watch()
        self.down_status: int | None = None

    def handler(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(route, request)

        return handle

    async def _handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        line = Request(request.method, route.template, request.path, dict(request.query), self._clock())
        self.requests.append(line)
        fault = self._faults.next(request.method, route.template)
        try:
            return await self._answer(route, request, line, fault)
        finally:
            self.watch.changed()

    async def _answer(
        self, route: Route, request: web.Request, line: Request, fault: Fault | None
    ) -> web.StreamResponse:
        headers: dict[str, str] = {}
        try:
            if fault and fault.upload:
                await request.content.readany()
                return self._fails(request, line, fault)
            body = await bodies.read(request)
            if fault and fault.bytes_per_second and not await self._comes(request, fault.bytes_per_second):
                return web.Response(status=HUNG_UP)
            line.payload, line.files = body.payload, body.files
            if fault:
                await self._suffer(fault)
            if self.down_status is not None:
                return self._fails(request, line, Fault(lambda _m, _r: True, 1, status=self.down_status))
            if fault and fault.breaks and not fault.after:
                return self._fails(request, line, fault)
            if not route.by_token and request.headers.get("Authorization") != f"Bot {self.token}":
                raise unauthorized()
            params = dict(request.match_info)
            verdict = self._limits.take(
                line.method, route.template, params, counts_globally=not route.by_token
            )
            headers = verdict.headers
            if verdict.retry_after is not None:
                return self._limited(line, headers, verdict.retry_after, everywhere=verdict.everywhere)
            _check_ids(params)
            reply = await self._carry_out(route, Call(params, line.query, body.payload, body.files), line)
        except Refusal as refusal:
            reply = Reply(refusal.status, refusal.body())
            if refusal.retry_after is not None:
                headers = headers | _later(refusal.retry_after)
        return self._done(request, line, fault, self._sent(line, reply, headers))

    async def _comes(self, request: web.Request, bytes_per_second: float) -> bool:
        """Whether the sender waits until its whole body has come."""
        left = (request.content_length or 0) / bytes_per_second
        while left > 0 and request.transport is not None:
            await self._sleep(min(left, LOOK))
            left -= LOOK
        return request.transport is not None

    async def _suffer(self, fault: Fault) -> None:
        if fault.meanwhile and not fault.after:
            fault.meanwhile()
        if fault.delay:
            await self._sleep(fault.delay)

    def _done(
        self, request: web.Request, line: Request, fault: Fault | None, answer: web.Response
    ) -> web.StreamResponse:
        """The request is carried out; the true answer arrives, or does not."""
        if fault and fault.after and fault.meanwhile:
            fault.meanwhile()
        if fault and fault.after and fault.breaks:
            return self._fails(request, line, fault)
        return answer

    async def _carry_out(self, route: Route, call: Call, line: Request) -> Reply:
        """The published schema is asked before the sandbox's own rules: a handler must not half-act."""
        faults: list[Fault_] = []
        if self._check:
            faults = self._check.request(line.method, route.template, call.payload, call.query)
            self._note(line, "request", faults)
        if faults:
            place, message = faults[0]
            tree: dict[str, Any] = {"_errors": [{"code": "OPENAPI", "message": message}]}
            for step in reversed(place):
                tree = {str(step): tree}
            raise Refusal(400, 50035, "Invalid Form Body", tree)
        return await route.handler(call)

    def _note(self, line: Request, direction: str, faults: list[Fault_]) -> None:
        for place, message in faults:
            pointer = "".join(f"/{step}" for step in place) or "/"
            self.violations.append(f"{line.method} {line.route} {direction} {pointer}: {message}")

    def _sent(self, line: Request, reply: Reply, headers: dict[str, str]) -> web.Response:
        line.status, line.answer = reply.status, reply.body
        if self._check:
            self._note(line, "answer", self._check.answer(line.method, line.route, reply.status, reply.body))
        if reply.body is None:
            return web.Response(status=reply.status, headers=headers)
        return web.Response(
            status=reply.status,
            body=json.dumps(reply.body).encode(),
            headers={"Content-Type": "application/json", **headers},
        )

    def _limited(
        self, line: Request, headers: dict[str, str], retry_after: float, *, everywhere: bool
    ) -> web.Response:
        line.retry_after = retry_after
        body: Json = {
            "message": "You are being rate limited.",
            "code": 0,
            "retry_after": round(retry_after, 3),
            "global": everywhere,
        }
        return self._sent(line, Reply(429, body), headers | _later(retry_after))

    def _fails(self, request: web.Request, line: Request, fault: Fault) -> web.Response:
        """Cut: the connection ends without an answer. Otherwise an error page, as of a proxy."""
        if fault.cut:
            if request.transport:
                request.transport.abort()
            return web.Response(status=500)
        line.status = fault.status or 500
        if line.status == 429 and not fault.page:  # noqa: PLR2004 - HTTP's own number
            retry_after = float(fault.headers.get("Retry-After", "1"))
            everywhere = "X-RateLimit-Global" in fault.headers
            return self._limited(line, dict(fault.headers), retry_after, everywhere=everywhere)
        if line.status == 401 and not fault.page:  # noqa: PLR2004 - HTTP's own number
            return self._sent(line, Reply(401, {"message": "401: Unauthorized", "code": 0}), fault.headers)
        if fault.code is not None:
            return self._sent(line, Reply(line.status, {"message": "no", "code": fault.code}), fault.headers)
        headers = {"Content-Type": "text/html", **fault.headers}
        return web.Response(status=line.status, body=b"<html>an error</html>", headers=headers)


def _later(seconds: float) -> dict[str, str]:
    """`Via` tells a 429 of Discord from one of the proxy before it."""
    return {"Retry-After": str(max(1, math.ceil(seconds))), "Via": "1.1 google"}


def _check_ids(params: dict[str, str]) -> None:
    for name, value in params.items():
        if name.endswith("_id") and not value.isdecimal():
            tree = {
                name: {
                    "_errors": [
                        {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{value}" is not snowflake.'}
                    ]
                }
            }
            raise Refusal(400, 50035, "Invalid Form Body", tree)
