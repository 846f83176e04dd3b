"""The bot's side of one InvokeAI: what is known of it, and one way to ask it anything."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import TypeAdapter

from bot.domain.queue import ServerInfo
from bot.invokeai.account import Account
from bot.invokeai.compatibility import OPENAPI, learn
from bot.invokeai.http import PLAIN, Answer, Http, Request, read_json
from bot.invokeai.http_errors import MethodNotAllowed, Unauthorized
from bot.invokeai.known_operations import KnownForNow, KnownOperations
from bot.invokeai.operations import Operations

T = TypeVar("T")

ANY: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Known:
    """What one connect has found out."""

    operations: Operations
    info: ServerInfo


class Connection:
    """Learns what the server is when it is first asked, and afresh at each `connect`."""

    def __init__(
        self,
        http: Http,
        account: Account,
        server: str,
        queue_id: str,
        known_operations: KnownOperations | None = None,
    ) -> None:
        self._http = http
        self._account = account
        self._server = server
        self._queue_id = queue_id
        self._known_operations = known_operations or KnownForNow()
        self._connecting = asyncio.Lock()
        self.known: Known | None = None

    @property
    def address(self) -> str:
        return self._http.address

    async def connect(self) -> Known:
        async with self._connecting:
            self.known = None
            self.known = await self._learn()
            return self.known

    async def ready(self) -> Known:
        async with self._connecting:
            if self.known is None:
                self.known = await self._learn()
            return self.known

    async def operations(self) -> Operations:
        """What the server can do."""
        return (await self.ready()).operations

    async def token(self) -> str | None:
        """A fresh enough token; None where InvokeAI has no accounts."""
        return await self._account.fresh(await self.operations())

    async def ask(self, name: str, shape: TypeAdapter[T], request: Request = PLAIN) -> T:
        """The operation's answer, read."""
        return read_json(await self.send(name, request), shape, self._http.endpoint)

    async def send(self, name: str, request: Request = PLAIN) -> Answer:
        """One operation, with a new login and a second try if the token is old.

        Where it is not known which method the server takes, they are tried in turn: a 405 means that nothing
        was done.
        """
        operations = await self.operations()
        operation = operations.operation(name)
        whole = replace(request, path={"queue_id": self._queue_id, **request.path})
        token = await self._account.fresh(operations)
        try:
            answer = await self._http.send(operation, whole, token)
        except Unauthorized:
            token = await self._account.renew(operations, token)
            answer = await self._http.send(operation, whole, token)
        except MethodNotAllowed:
            if not operations.drop_method(operation):
                raise
            return await self.send(name, request)
        self._account.refreshed(token, answer.refreshed_token)
        return answer

    async def document(self) -> Any:
        """The server's own description of itself: its OpenAPI document, whole and unread."""
        return read_json(await self._http.send(OPENAPI), ANY, self._http.endpoint)

    async def _learn(self) -> Known:
        learnt = await learn(self._http, self._queue_id, self._known_operations)
        await self._account.open(learnt.operations)
        return Known(learnt.operations, ServerInfo(self._server, self.address, learnt.version))
