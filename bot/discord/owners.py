"""Who owns the application, as Discord says it: read at the login, and anew now and then."""

from collections.abc import Awaitable, Callable

import aiohttp
import discord
import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

INTERVAL = 3600.0
"""Seconds after which the owners are read anew."""
OWNING_ROLES = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)


class Owners:
    """`read` asks Discord for the application. Nobody is an owner before it was known."""

    def __init__(
        self, read: Callable[[], Awaitable[discord.AppInfo]], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._read = read
        self._sleep = sleep
        self.ids: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Read them anew every hour, for ever."""
        while True:
            await self._sleep(INTERVAL)
            await self.refresh()

    def learn(self, application: discord.AppInfo) -> None:
        """From what Discord told just now."""
        self.ids = owner_ids(application)

    async def refresh(self) -> None:
        """As Discord says now; as before where it does not answer."""
        try:
            self.learn(await self._read())
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("owners_read_failed", reason=type(error).__name__)


def owner_ids(application: discord.AppInfo) -> frozenset[int]:
    """The owner; of a team its owner, and who accepted the invitation and is an admin or a developer."""
    team = application.team
    if team is None:
        return frozenset({application.owner.id})
    members = {
        member.id
        for member in team.members
        if member.membership_state is discord.TeamMembershipState.accepted and member.role in OWNING_ROLES
    }
    return frozenset(members if team.owner_id is None else members | {team.owner_id})
