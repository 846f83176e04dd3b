"""Our account on a multi-user InvokeAI: e-mail and password for a token that ages."""

import asyncio
from collections.abc import Callable

from pydantic import TypeAdapter

from bot.backoff import backoff
from bot.errors import LoginNeeded
from bot.invokeai.http import Http, Request, read_json
from bot.invokeai.http_errors import Unauthorized, detailed
from bot.invokeai.models import Login, SetupStatus
from bot.invokeai.operations import AUTH_STATUS, LOGIN, Operations

SETUP_SHAPE = TypeAdapter(SetupStatus)
LOGIN_SHAPE = TypeAdapter(Login)

MIN_PAUSE = 30.0  # seconds
MAX_PAUSE = 900.0
MAX_TOKEN_LENGTH = 8 * 1024


class Account:
    """Keeps one token, and fetches another when it is half as old as it may get. `clock` counts seconds.

    A refused login is not tried again before the next `open`, and then only after a pause that doubles
    from 30 seconds to 15 minutes: until then the same refusal is told without asking.
    """

    def __init__(
        self, http: Http, email: str | None, password: str | None, clock: Callable[[], float]
    ) -> None:
        self._http = http
        self._email = email
        self._password = password
        self._clock = clock
        self._ages_at = 0.0
        self._half_life = 0.0
        self._lock = asyncio.Lock()
        self._needed = False
        self._refusal: str | None = None
        self._refusals = 0
        self._not_before = 0.0
        self.token: str | None = None

    async def open(self, operations: Operations) -> None:
        """Logs in if this server has accounts at all. LoginNeeded if it wants one and we have none."""
        self.token, self._needed = None, False
        if AUTH_STATUS not in operations:
            return
        answer = await self._http.send(operations.operation(AUTH_STATUS))
        self._needed = read_json(answer, SETUP_SHAPE, self._http.endpoint).multiuser_enabled
        if self._needed:
            if self._clock() >= self._not_before:
                self._refusal = None
            await self.renew(operations, None)

    async def fresh(self, operations: Operations) -> str | None:
        """The token, renewed if it has aged; None where there are no accounts."""
        if self._needed and (self.token is None or self._clock() >= self._ages_at):
            await self.renew(operations, self.token)
        return self.token

    async def renew(self, operations: Operations, used: str | None) -> str:
        """A token other than `used`: the one that somebody fetched meanwhile, or a new one."""
        async with self._lock:
            if self.token is not None and self.token != used:
                return self.token
            if self._refusal is not None:
                raise detailed(LoginNeeded(self._refusal), self._http.address)
            self.token = None
            login = await self._log_in(operations)
            self._refusals = 0
            self._half_life = login.expires_in / 2
            self._take(login.token)
            return login.token

    def refreshed(self, used: str | None, token: str | None) -> None:
        """A younger token, if one came with an answer to what was asked with `used`."""
        if used is None or used != self.token or token is None:
            return
        if token.isascii() and 0 < len(token) <= MAX_TOKEN_LENGTH:
            self._take(token)

    def _take(self, token: str) -> None:
        self._ages_at = self._clock() + self._half_life
        self.token = token

    async def _log_in(self, operations: Operations) -> Login:
        at = self._http.endpoint
        if not self._email or not self._password:
            needed = LoginNeeded(f"InvokeAI wants an account. Set {at.names.account}.")
            raise detailed(needed, at.address)
        body = {"email": self._email, "password": self._password, "remember_me": True}
        try:
            answer = await self._http.send(operations.operation(LOGIN), Request(body=body))
        except Unauthorized as error:
            self._refusal = f"InvokeAI does not take the bot's login. Check {at.names.account}."
            self._refusals += 1
            self._not_before = self._clock() + backoff(self._refusals, MIN_PAUSE, MAX_PAUSE)
            raise detailed(LoginNeeded(self._refusal), at.address) from error
        return read_json(answer, LOGIN_SHAPE, at)
