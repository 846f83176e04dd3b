"""Who asks: the operations under /api/v1/auth, and the check before every other one."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from sandbox.invokeai.accounts import Accounts, LoginRefused, TokenRefused
from sandbox.invokeai.operations import Refused, answer, read_body
from sandbox.invokeai.parameters import LoginBody
from sandbox.invokeai.users import SYSTEM, User

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CHALLENGE = {"www-authenticate": "Bearer"}


class Gate:
    """`accounts` None: single-user, everyone is the system's admin."""

    def __init__(self, accounts: Accounts | None) -> None:
        self._accounts = accounts

    def viewer(self, request: web.Request) -> User:
        """Who asks. 401 without a good Bearer token."""
        if self._accounts is None:
            return SYSTEM
        token = bearer(request.headers.get("authorization", ""))
        if token is None:
            raise Refused(401, "Authentication required")
        try:
            return self._accounts.check(token)
        except TokenRefused as refused:
            raise Refused(401, str(refused)) from refused

    def require_admin(self, request: web.Request) -> None:
        if not self.viewer(request).is_admin:
            raise Refused(403, "Admin privileges required")

    def guard(self, handler: Handler) -> Handler:
        """Nobody passes without a login; a mutating call's answer carries a fresh token."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            self.viewer(request)
            response = await handler(request)
            token = bearer(request.headers.get("authorization", ""))
            if self._accounts is not None and token is not None and request.method not in {"GET", "HEAD"}:
                response.headers["x-refreshed-token"] = self._accounts.refreshed(token)
            return response

        return guarded

    async def status(self, _request: web.Request) -> web.Response:
        return answer(
            {
                "setup_required": self._accounts is not None and not self._accounts.has_admin,
                "multiuser_enabled": self._accounts is not None,
                "strict_password_checking": False,
                "admin_email": None,
            }
        )

    async def login(self, request: web.Request) -> web.Response:
        body = await read_body(LoginBody, request)
        if self._accounts is None:
            raise Refused(
                403, "Multiuser mode is disabled. Authentication is not required in single-user mode."
            )
        try:
            return answer(self._accounts.login(body.email, body.password, remember_me=body.remember_me))
        except LoginRefused as refused:
            raise Refused(401, "Incorrect email or password", CHALLENGE) from refused

    async def me(self, request: web.Request) -> web.Response:
        """Asks for a token of its own, on a single-user server too."""
        token = bearer(request.headers.get("authorization", ""))
        if token is None:
            raise Refused(401, "Missing authentication credentials", CHALLENGE)
        if self._accounts is None:
            raise Refused(401, "Invalid or expired authentication token", CHALLENGE)
        try:
            return answer(self._accounts.profile(self._accounts.check(token)))
        except TokenRefused as refused:
            raise Refused(401, "Invalid or expired authentication token", CHALLENGE) from refused

    async def users(self, request: web.Request) -> web.Response:
        """For admins; a single-user server has the system's user alone, whom it leaves out."""
        self.require_admin(request)
        return answer([] if self._accounts is None else self._accounts.profiles())


def bearer(header: str) -> str | None:
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" and token else None
