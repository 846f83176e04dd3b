"""Who has an account on a multi-user InvokeAI."""

from pydantic import TypeAdapter

from bot.errors import LoginNeeded
from bot.invokeai.connection import Connection
from bot.invokeai.models import Person
from bot.invokeai.operations import USERS

PEOPLE = TypeAdapter(list[Person])


class InvokeAIPeople:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def users(self) -> list[str] | None:
        """The names that jobs tell of accounts; none where there are none, None where we may not know."""
        accounts = await self.accounts()
        return None if accounts is None else list(accounts.values())

    async def accounts(self) -> dict[str, str] | None:
        """The same by id."""
        if await self._connection.token() is None:
            return {}
        if USERS not in await self._connection.operations():
            return None
        try:
            people = await self._connection.ask(USERS, PEOPLE)
        except LoginNeeded:  # for admins only
            return None
        return {person.user_id: person.display_name or person.user_id for person in people}
