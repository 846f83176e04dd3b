"""The accounts of a multi-user InvokeAI, and what its admin does with them over plain HTTP."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True)
class Member:
    email: str
    name: str
    is_admin: bool = False
    password: str = "Passw0rd123"


ADMIN = Member("owner@example.com", "Owner", is_admin=True)
BOT = Member("bot@example.com", "Bot", is_admin=True)
ALICE = Member("alice@example.com", "Alice")
MEMBERS = (ADMIN, BOT, ALICE)


async def set_up(url: str, admin: Member, *others: Member) -> None:
    """The admin is the first who comes, and invites the others."""
    async with aiohttp.ClientSession() as http:
        await _post(http, f"{url}/api/v1/auth/setup", _told(admin), 200)
    for member in others:
        await invite(url, admin, member)


async def invite(url: str, admin: Member, member: Member) -> None:
    async with logged_in(url, admin) as http:
        await _post(http, f"{url}/api/v1/auth/users", {**_told(member), "is_admin": member.is_admin}, 201)


async def remove(url: str, admin: Member, member: Member) -> None:
    async with (
        logged_in(url, admin) as http,
        http.delete(await _address(http, url, member)) as response,
    ):
        assert response.status == 204, await response.text()


async def change(url: str, admin: Member, member: Member, told: dict[str, Any]) -> None:
    async with (
        logged_in(url, admin) as http,
        http.patch(await _address(http, url, member), json=told) as response,
    ):
        assert response.status == 200, await response.text()


async def _address(http: aiohttp.ClientSession, url: str, member: Member) -> str:
    async with http.get(f"{url}/api/v1/auth/users") as response:
        ids = {user["email"]: user["user_id"] for user in await response.json()}
    return f"{url}/api/v1/auth/users/{ids[member.email]}"


@asynccontextmanager
async def logged_in(url: str, member: Member) -> AsyncGenerator[aiohttp.ClientSession]:
    """A session that carries this member's token."""
    async with aiohttp.ClientSession() as http:
        told = {"email": member.email, "password": member.password, "remember_me": False}
        answer = await _post(http, f"{url}/api/v1/auth/login", told, 200)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {answer['token']}"}) as http:
        yield http


def _told(member: Member) -> dict[str, Any]:
    return {"email": member.email, "display_name": member.name, "password": member.password}


async def _post(http: aiohttp.ClientSession, url: str, body: dict[str, Any], status: int) -> Any:
    async with http.post(url, json=body) as response:
        assert response.status == status, await response.text()
        return await response.json()
