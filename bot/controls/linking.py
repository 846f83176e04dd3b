"""Which InvokeAI account is which person on Discord: what admins say of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.limits import AUTOCOMPLETE_TIMEOUT
from bot.domain.links import AccountLink
from bot.errors import InvokeAIError, RequestRefused
from bot.store.links import Links

NO_ACCOUNTS = "This InvokeAI has no accounts, so no job of it has a user."
NOT_SEEN = "InvokeAI does not tell the bot's account which users there are. That takes an admin's account."


class AccountsClient(Protocol):
    """What InvokeAI is asked; `InvokeAIClient.people` has it."""

    async def accounts(self) -> Mapping[str, str] | None: ...


@dataclass(frozen=True, slots=True)
class Linking:
    """Of one server."""

    server: str
    people: AccountsClient
    links: Links
    clock: Callable[[], datetime]

    async def names(self) -> Mapping[str, str]:
        """Of the accounts, by id; none where InvokeAI does not tell in time."""
        try:
            async with asyncio.timeout(AUTOCOMPLETE_TIMEOUT):
                return await self.people.accounts() or {}
        except (InvokeAIError, TimeoutError):
            return {}

    async def link(self, user: str, person: int, guild_id: int, channel_id: int) -> AccountLink:
        """RequestRefused for a user that InvokeAI does not have, or has twice."""
        accounts = await self.people.accounts()
        if accounts is None:
            raise RequestRefused(NOT_SEEN)
        if not accounts:
            raise RequestRefused(NO_ACCOUNTS)
        account = _the_one(user, accounts)
        link = AccountLink(self.server, account, accounts[account], person, guild_id, channel_id)
        await self.links.put(link, self.clock())
        return link

    async def unlink(self, user: str, guild_id: int) -> AccountLink:
        """RequestRefused where none of that user was made in the guild. InvokeAI need not answer."""
        made = {one.account: one for one in await self.links.of_guild(self.server, guild_id)}
        link = made[_the_one(user, {account: one.name for account, one in made.items()})]
        await self.links.remove(link)
        return link

    async def all(self, guild_id: int) -> Sequence[AccountLink]:
        return await self.links.of_guild(self.server, guild_id)


def _the_one(user: str, accounts: Mapping[str, str]) -> str:
    """The id of the one account of that id or name."""
    if user in accounts:
        return user
    wanted = user.strip().casefold()
    found = [account for account, name in accounts.items() if name.casefold() == wanted]
    if not found:
        raise RequestRefused(f"There is no user {user.strip()}. Pick one of those that are offered.")
    if len(found) > 1:
        raise RequestRefused(f"There are {len(found)} users {user.strip()}. Pick one of those offered.")
    return found[0]
