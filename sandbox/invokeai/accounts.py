"""The accounts of a multi-user InvokeAI: logins, signed tokens, their end and their revocation."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sandbox.invokeai.users import User

Json = dict[str, Any]
REMEMBERED = 7
"""How many times longer a remembered login lasts."""


@dataclass(frozen=True)
class Account:
    email: str
    password: str
    display_name: str
    is_admin: bool = False


class TokenRefused(Exception):
    """The words for the 401."""


class LoginRefused(Exception):
    """No such account, or another password."""


@dataclass
class _Member:
    account: Account
    user: User
    created_at: datetime
    last_login_at: datetime | None = None
    epoch: int = 0

    def as_json(self, *, with_epoch: bool) -> Json:
        """InvokeAI's UserDTO."""
        epoch = {"token_epoch": self.epoch} if with_epoch else {}
        created = self.created_at.astimezone(UTC).replace(tzinfo=None).isoformat()
        login = self.last_login_at and self.last_login_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return {
            "user_id": self.user.user_id,
            "email": self.user.email,
            "display_name": self.user.display_name,
            "is_admin": self.user.is_admin,
            "is_active": True,
            "created_at": created,
            "updated_at": created,
            "last_login_at": login,
            **epoch,
        }


class Accounts:
    """`token_seconds`: how long a login lasts. `logins`: every attempt, with its e-mail and its end."""

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        token_seconds: int,
        with_epochs: bool,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._token_seconds = token_seconds
        self._with_epochs = with_epochs
        self._key = new_id().encode()
        self.logins: list[tuple[str, bool]] = []
        self._members: dict[str, _Member] = {}
        for account in accounts:
            user = User(new_id(), account.display_name, account.email, account.is_admin)
            self._members[user.user_id] = _Member(account, user, clock())

    @property
    def has_admin(self) -> bool:
        return any(member.user.is_admin for member in self._members.values())

    def login(self, email: str, password: str, *, remember_me: bool) -> Json:
        """Token, user, expires_in. Raises LoginRefused."""
        member = next(
            (
                member
                for member in self._members.values()
                if (member.account.email, member.account.password) == (email, password)
            ),
            None,
        )
        self.logins.append((email, member is not None))
        if member is None:
            raise LoginRefused
        member.last_login_at = self._clock()
        token, seconds = self._token(member, remember_me=remember_me)
        return {"token": token, "user": member.as_json(with_epoch=self._with_epochs), "expires_in": seconds}

    def check(self, token: str) -> User:
        """Raises TokenRefused."""
        return self._member(token)[0].user

    def profile(self, user: User) -> Json:
        return self._members[user.user_id].as_json(with_epoch=self._with_epochs)

    def profiles(self) -> list[Json]:
        return [member.as_json(with_epoch=self._with_epochs) for member in self._members.values()]

    def refreshed(self, token: str) -> str:
        """A token like this one that starts now. Raises TokenRefused."""
        member, claims = self._member(token)
        return self._token(member, remember_me=claims["remember_me"])[0]

    def set_admin(self, email: str, *, is_admin: bool) -> User:
        """The account as it is from now on. StopIteration for an unknown one."""
        member = next(each for each in self._members.values() if each.account.email == email)
        member.user = replace(member.user, is_admin=is_admin)
        return member.user

    def set_password(self, email: str, password: str) -> None:
        """No token issued until now counts any more. StopIteration for an unknown account."""
        member = next(each for each in self._members.values() if each.account.email == email)
        member.account = replace(member.account, password=password)
        member.epoch += 1

    def revoke(self) -> None:
        """No token issued until now counts any more."""
        for member in self._members.values():
            member.epoch += 1

    def _member(self, token: str) -> tuple[_Member, Json]:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise TokenRefused("Invalid or expired token")
        claims: Json = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        if claims["exp"] <= self._clock().timestamp():
            raise TokenRefused("Invalid or expired token")
        member = self._members[claims["user_id"]]
        if member.epoch != claims["token_epoch"]:
            raise TokenRefused("User not found or inactive")
        return member, claims

    def _token(self, member: _Member, *, remember_me: bool) -> tuple[str, int]:
        """A JWT (HS256), and how many seconds it lasts."""
        seconds = self._token_seconds * (REMEMBERED if remember_me else 1)
        claims = {
            "user_id": member.user.user_id,
            "email": member.user.email,
            "is_admin": member.user.is_admin,
            "remember_me": remember_me,
            "token_epoch": member.epoch,
            "exp": self._clock().timestamp() + seconds,
        }
        parts = ({"alg": "HS256", "typ": "JWT"}, claims)
        signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        return f"{signed}.{self._sign(signed)}", seconds

    def _sign(self, signed: str) -> str:
        return _base64(hmac.digest(self._key, signed.encode(), hashlib.sha256))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
