"""Our account on a multi-user InvokeAI: e-mail and password for a token that ages."""

import asyncio
from collections.abc import Callable

from pydantic import TypeAdapter

from bot.errors import LoginNeeded
from bot.invokeai.api import AUTH_STATUS, LOGIN, Api
from bot.invokeai.models import Login, SetupStatus
from bot.invokeai.wire import Request, TokenRefused, Wire, read_json

SETUP_SHAPE = TypeAdapter(SetupStatus)
LOGIN_SHAPE = TypeAdapter(Login)


class Account:
    """Keeps one token, and fetches another when it is half as old as it may get. `clock` counts seconds."""

    def __init__(
        self, wire: Wire, email: str | None, password: str | None, clock: Callable[[], float]
    ) -> None:
        self._wire = wire
        self._email = email
        self._password = password
        self._clock = clock
        self._ages_at = 0.0
        self._lock = asyncio.Lock()
        self.token: str | None = None

    async def open(self, api: Api) -> None:
        """Logs in if this server has accounts at all. LoginNeeded if it wants one and we have none."""
        self.token = None
        if AUTH_STATUS not in api:
            return
        answer = await self._wire.send(Request("GET", api.operation(AUTH_STATUS).path({})), again=True)
        if read_json(answer, SETUP_SHAPE, self._wire.address).multiuser_enabled:
            await self.renew(api, None)

    async def fresh(self, api: Api) -> str | None:
        """The token, renewed if it has aged; None where there are no accounts."""
        if self.token is not None and self._clock() >= self._ages_at:
            await self.renew(api, self.token)
        return self.token

    async def renew(self, api: Api, used: str | None) -> str:
        """A token other than `used`: the one that somebody fetched meanwhile, or a new one."""
        async with self._lock:
            if self.token is not None and self.token != used:
                return self.token
            self.token = None
            login = await self._log_in(api)
            self._ages_at = self._clock() + login.expires_in / 2
            self.token = login.token
            return login.token

    async def _log_in(self, api: Api) -> Login:
        address = self._wire.address
        if not self._email or not self._password:
            raise LoginNeeded(f"{address} wants an account. Set INVOKEAI_EMAIL and INVOKEAI_PASSWORD.")
        operation = api.operation(LOGIN)
        body = {"email": self._email, "password": self._password, "remember_me": True}
        try:
            answer = await self._wire.send(Request(operation.method, operation.path({}), body), again=False)
        except TokenRefused as error:
            raise LoginNeeded(
                f"{address} does not take the bot's login. Check INVOKEAI_EMAIL and INVOKEAI_PASSWORD."
            ) from error
        return read_json(answer, LOGIN_SHAPE, address)
