"""The bot's account at a multi-user InvokeAI: that it is refused, or is no admin any more, is told once."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.domain.events import EventKind
from bot.domain.jobs import Job
from bot.errors import OperationMissing
from bot.watching.lasting import Lasting
from bot.watching.ongoing import Ongoing

MIN_REFUSED = timedelta(minutes=2)
"""A password that was changed at InvokeAI may follow in the bot's settings so soon."""


class AccountWatch:
    """Raises InvokeAIError and DatabaseTrouble: then again.

    An account that was no admin's from the start is taken as it is, and so is one at a restart of the bot.
    """

    def __init__(
        self,
        is_admin: Callable[[], Awaitable[bool]],
        *,
        login: Ongoing,
        rights: Ongoing,
        clock: Callable[[], datetime],
    ) -> None:
        self._is_admin = is_admin
        self._login = login
        self._rights = rights
        self._clock = clock
        self._was_admin = False
        self._refused = Lasting(clock)

    async def refused(self) -> None:
        """InvokeAI did not take our login just now."""
        since = self._refused.seen()
        if self._clock() - since >= MIN_REFUSED:
            await self._login.begin(EventKind.LOGIN_REFUSED, since)

    async def answered(self) -> None:
        """InvokeAI let us in just now."""
        self._refused.over()
        await self._login.end(EventKind.ACCOUNT_BACK, self._clock())

    def lost_sight(self, job: Job) -> bool:
        """Whether the job is hidden from us as none was before."""
        return job.hidden and self._was_admin

    async def sees_all(self) -> bool:
        """False once our account is no admin's any more: what it is shown of others' jobs is not all."""
        try:
            admin = await self._is_admin()
        except OperationMissing:
            return True
        if admin:
            self._was_admin = True
            await self._rights.end(EventKind.ACCOUNT_BACK, self._clock())
        elif self._was_admin:
            await self._rights.begin(EventKind.RIGHTS_LOST, self._clock())
        else:
            await self._rights.forget()  # since this start the account is taken as it is
        return admin or not self._was_admin
