"""The InvokeAIs that keep the same promises: the real versions, and the sandbox's families."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from members import Member, change, invite, remove, set_up
from real_invokeai import VERSIONS, RealInvokeAI

from sandbox.invokeai import Account, SandboxInvokeAI

DOCUMENTED = "documented"
TO_COME = "7.0.0"
PLAYED = (TO_COME, DOCUMENTED)
"""Families that only the sandbox has."""
REAL = [pytest.mark.real_invokeai, pytest.mark.timeout(900)]  # the first start installs it

SINCE = {
    "retry": "5.7",
    "interrupted_jobs_stay": "6.0",
    "accounts": "6.12",
    "account_changes_count_at_once": "6.14",
    "bulk_cancel_is_told": "6.14",
    "image_files_are_guarded": "6.14",
    "saved_workflows": "6.14",
    "videos": "6.14",
}
"""What came with which version."""

AS_DOCUMENTED = frozenset({"interrupted_jobs_stay"})


def can(family: str, what: str) -> bool:
    if family == DOCUMENTED:
        return what in AS_DOCUMENTED
    return _numbers(family) >= _numbers(SINCE[what])


def everywhere(what: str | None = None) -> list[object]:
    """Parameters: each sandbox family and each real version (that can do this)."""
    families = [family for family in (*VERSIONS, *PLAYED) if what is None or can(family, what)]
    real = [pytest.param(family, marks=REAL, id=family) for family in families if family not in PLAYED]
    return [*(f"sandbox-{family}" for family in families), *real]


@dataclass(frozen=True, slots=True)
class Address:
    """Where an InvokeAI answers, and which version it tells. `family` is that, or DOCUMENTED."""

    url: str
    version: str
    family: str

    def can(self, what: str) -> bool:
        return can(self.family, what)


class Server(Protocol):
    """An InvokeAI. It keeps its port, and its jobs until `new_database`."""

    @property
    def address(self) -> Address: ...
    async def start(self) -> None: ...
    async def kill(self) -> None: ...
    async def new_database(self) -> None: ...
    async def revoke(self, member: Member) -> None: ...
    async def change(
        self, member: Member, *, is_admin: bool | None = None, password: str | None = None
    ) -> None:
        """The admin changes the account."""
        ...

    def logins(self) -> int: ...


class RealServer:
    """With members it has accounts, and the first of them is its admin."""

    def __init__(self, root: Path, version: str, members: Sequence[Member] = ()) -> None:
        self.real = RealInvokeAI(root, version, multi_user=bool(members))
        self._members = members
        self._invited = False

    @property
    def address(self) -> Address:
        return Address(self.real.url, self.real.version, self.real.version)

    async def start(self) -> None:
        """Nothing if it runs."""
        if self.real.running:
            return
        await asyncio.to_thread(self.real.start)
        if self._members and not self._invited:
            await set_up(self.real.url, *self._members)
            self._invited = True

    async def kill(self) -> None:
        await asyncio.to_thread(self.real.kill)

    async def new_database(self) -> None:
        self.real.new_database()

    async def revoke(self, member: Member) -> None:
        """The admin removes the account and makes it anew: the old token is worth nothing."""
        await remove(self.real.url, self._members[0], member)
        await invite(self.real.url, self._members[0], member)

    async def change(
        self, member: Member, *, is_admin: bool | None = None, password: str | None = None
    ) -> None:
        told = {"is_admin": is_admin, "password": password}
        await change(self.real.url, self._members[0], member, told)

    def logins(self) -> int:
        """How often somebody tried to log in so far."""
        return sum(access.path.endswith("/auth/login") for access in self.real.accesses())


class SandboxServer:
    def __init__(self, family: str, members: Sequence[Member] = ()) -> None:
        accounts = [Account(who.email, who.password, who.name, who.is_admin) for who in members]
        self.sandbox = SandboxInvokeAI(version=family, accounts=accounts or None)
        self._family = family

    @property
    def address(self) -> Address:
        told = "unknown" if self._family == DOCUMENTED else self._family
        return Address(self.sandbox.url, told, self._family)

    async def start(self) -> None:
        await self.sandbox.start(port=self.sandbox.port)

    async def stop(self) -> None:
        await self.sandbox.stop()

    async def kill(self) -> None:
        await self.sandbox.kill()

    async def new_database(self) -> None:
        self.sandbox.new_database()

    async def revoke(self, member: Member) -> None:
        self.sandbox.members.revoke_tokens()

    async def change(
        self, member: Member, *, is_admin: bool | None = None, password: str | None = None
    ) -> None:
        if is_admin is not None:
            await self.sandbox.members.set_admin(member.email, is_admin=is_admin)
        if password is not None:
            self.sandbox.members.set_password(member.email, password)

    def logins(self) -> int:
        return len(self.sandbox.logins)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


class RealServers:
    """One running server for each version that was asked for, and one more where accounts were."""

    def __init__(self, roots: pytest.TempPathFactory) -> None:
        self._roots = roots
        self._known: dict[tuple[str, Sequence[Member]], RealServer] = {}

    async def of(self, version: str, members: Sequence[Member] = ()) -> RealServer:
        """Running, also if the last test left it dead."""
        which = (version, members)
        if which not in self._known:
            self._known[which] = RealServer(self._roots.mktemp(f"invokeai-{version}"), version, members)
        await self._known[which].start()
        return self._known[which]

    def stop(self) -> None:
        for server in self._known.values():
            server.real.kill()  # nobody misses its folder
