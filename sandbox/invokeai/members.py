"""What an admin does to the accounts while the server runs."""

from sandbox.invokeai.accounts import Accounts
from sandbox.invokeai.sockets import Sockets


class Members:
    """`accounts` None: a single-user server, where each of these is a RuntimeError."""

    def __init__(self, accounts: Accounts | None, sockets: Sockets, *, has_epochs: bool) -> None:
        self._known = accounts
        self._sockets = sockets
        self._has_epochs = has_epochs

    @property
    def _accounts(self) -> Accounts:
        if self._known is None:
            raise RuntimeError("the sandbox has no accounts")
        return self._known

    async def set_admin(self, email: str, *, is_admin: bool) -> None:
        """As from 6.14 on: its connections stand, and silently join or leave the admins' room."""
        await self._sockets.rights_changed(self._accounts.set_admin(email, is_admin=is_admin))

    def set_password(self, email: str, password: str) -> None:
        """As from 6.14 on: the account's tokens are worth nothing, and its connections end."""
        self._accounts.set_password(email, password)
        self._sockets.drop_everyone()

    def revoke_tokens(self) -> None:
        """No token counts any more. In 6.14, as after each change of password, the sockets are closed too."""
        self._accounts.revoke()
        if self._has_epochs:
            self._sockets.drop_everyone()
