"""The bot's side of one InvokeAI: what is known of it, and one way to ask it anything."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from pydantic import TypeAdapter

from bot.domain.queue import ServerInfo
from bot.errors import InvokeAIError
from bot.invokeai.account import Account
from bot.invokeai.compatibility import learn
from bot.invokeai.http import (
    MAX_JSON_BYTES,
    Answer,
    Http,
    MethodRefused,
    Request,
    TokenRefused,
    read_json,
)
from bot.invokeai.models import AppVersion
from bot.invokeai.operations import Operations

T = TypeVar("T")

log = structlog.stdlib.get_logger()

VERSION = TypeAdapter(AppVersion)
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """What one connect has found out."""

    api: Operations
    info: ServerInfo


@dataclass(frozen=True, slots=True)
class Call:
    """How one operation is asked. `again`: it only reads. The rest as in `wire.Request`."""

    again: bool = False
    body: object = None
    query: Mapping[str, str | int] | None = None
    limit: int = MAX_JSON_BYTES
    missing: InvokeAIError | None = None
    bare: bool = False


class Connection:
    """Learns what the server is when it is first asked, and afresh at each `connect`."""

    def __init__(self, wire: Http, account: Account, server: str, queue_id: str) -> None:
        self._wire = wire
        self._account = account
        self._server = server
        self._queue_id = queue_id
        self._connecting = asyncio.Lock()
        self.known: Known | None = None

    @property
    def address(self) -> str:
        return self._wire.address

    async def connect(self) -> Known:
        async with self._connecting:
            self.known = None
            self.known = await self._look()
            return self.known

    async def ready(self) -> Known:
        async with self._connecting:
            if self.known is None:
                self.known = await self._look()
            return self.known

    async def token(self) -> str | None:
        """A fresh enough token; None where InvokeAI has no accounts."""
        return await self._account.fresh((await self.ready()).api)

    async def ask(
        self,
        name: str,
        shape: TypeAdapter[T],
        *,
        again: bool = False,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        missing: InvokeAIError | None = None,
        bare: bool = False,
        **values: str | int,
    ) -> T:
        """The operation's answer, read."""
        call = Call(again=again, body=body, query=query, missing=missing, bare=bare)
        return read_json(await self.send(name, call, **values), shape, self.address)

    async def send(self, name: str, call: Call, **values: str | int) -> Answer:
        """One operation, with a new login and a second try if the token is old.

        Where it is not known which method the server takes they are tried in turn: a 405 means that nothing
        was done.
        """
        api = (await self.ready()).api
        operation = api.operation(name)
        path = operation.path({"queue_id": self._queue_id, **values}, call.query)
        refused: list[MethodRefused] = []
        for method in (operation.method, *operation.others):
            try:
                answer = await self._logged_in(api, method, path, call)
            except MethodRefused as error:
                refused.append(error)
                continue
            if operation.others:
                api.settle(name, method)
            return answer
        raise refused[-1]

    async def _logged_in(self, api: Operations, method: str, path: str, call: Call) -> Answer:
        used = await self._account.fresh(api)
        try:
            return await self._exchange(method, path, call, used)
        except TokenRefused:
            return await self._exchange(method, path, call, await self._account.renew(api, used))

    async def _exchange(self, method: str, path: str, call: Call, token: str | None) -> Answer:
        request = Request(method, path, call.body, token, call.limit, call.missing, call.bare)
        answer = await self._wire.send(request, again=call.again or method == "GET")
        if answer.refreshed:
            self._account.refreshed(token, answer.refreshed)
        return answer

    async def _look(self) -> Known:
        api = await learn(self._wire, self._queue_id)
        version = await self._version(api)
        await self._account.open(api)
        return Known(api, ServerInfo(self._server, self.address, version))

    async def _version(self, api: Operations) -> str:
        try:
            answer = await self._wire.send(Request("GET", api.operation("app_version").path({})), again=True)
            return read_json(answer, VERSION, self.address).version
        except InvokeAIError as error:
            log.warning("version_unknown", server=self._server, reason=str(error))
            return UNKNOWN
