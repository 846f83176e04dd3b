"""Who may do what: role ids and names, permissions and guilds in; a capability or a refusal out. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from bot.errors import AccessRefused

_ID = re.compile(r"[0-9]{15,20}")


class Capability(IntEnum):
    """none ⊂ view ⊂ create ⊂ operate ⊂ admin."""

    NONE = 0
    VIEW = 1
    CREATE = 2
    OPERATE = 3
    ADMIN = 4


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and from where. `guild_id` is None in a direct message.

    `guild_install`: the guild has installed the application; else somebody brought it along for themselves.
    """

    guild_id: int | None
    owner: bool
    guild_install: bool
    role_ids: frozenset[int] = frozenset()
    role_names: frozenset[str] = frozenset()
    manage_messages: bool = False
    manage_guild: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Roles, by id or by name (case does not matter), that give a capability. 15 to 20 digits are an id,
    and never a name: whoever may name a role could give it any.

    Where no viewer role is named, everybody may look. Where no creator role is named, only operators queue
    pictures. Where no operator role is named, Manage Messages makes an operator; where no admin role is
    named, Manage Server makes an admin. The application's owner is always an admin.
    """

    operator_roles: frozenset[str] = frozenset()
    admin_roles: frozenset[str] = frozenset()
    viewer_roles: frozenset[str] = frozenset()
    creator_roles: frozenset[str] = frozenset()

    @property
    def by_permission(self) -> bool:
        """Whether nothing but Discord's own permissions makes operators and admins."""
        return not self.operator_roles and not self.admin_roles

    def capability(self, caller: Caller) -> Capability:
        if caller.owner or _holds(caller, self.admin_roles, otherwise=caller.manage_guild):
            return Capability.ADMIN
        if _holds(caller, self.operator_roles, otherwise=caller.manage_messages):
            return Capability.OPERATE
        if _holds(caller, self.creator_roles, otherwise=False):
            return Capability.CREATE
        return Capability.VIEW if _holds(caller, self.viewer_roles, otherwise=True) else Capability.NONE

    def require(self, caller: Caller, needed: Capability, adopted: Collection[int]) -> None:
        """AccessRefused, saying what would be needed, unless the caller may do it there."""
        if caller.owner:
            return
        if caller.guild_id is None:
            raise AccessRefused("In direct messages I answer only the owner of this application.")
        if not caller.guild_install:
            raise AccessRefused("Installed for yourself I answer only the owner of this application.")
        if caller.guild_id not in adopted:
            raise AccessRefused(
                "This server is not one that I work for. My owner can adopt it: run /notify here, or add "
                f"{caller.guild_id} to DISCORD_GUILD_IDS."
            )
        if self.capability(caller) < needed:
            raise AccessRefused(f"That needs {self._needed(needed)}. Nothing was changed.")

    def _needed(self, needed: Capability) -> str:
        if needed is Capability.ADMIN:
            return "an admin role" if self.admin_roles else "the Manage Server permission"
        if needed is Capability.CREATE and self.creator_roles:
            return "a creator role"
        if needed in {Capability.CREATE, Capability.OPERATE}:
            return "an operator role" if self.operator_roles else "the Manage Messages permission"
        return "a viewer role"


def _holds(caller: Caller, roles: frozenset[str], *, otherwise: bool) -> bool:
    if not roles:
        return otherwise
    ids = {int(role) for role in roles if _ID.fullmatch(role)}
    names = {role.casefold() for role in roles if not _ID.fullmatch(role)}
    return bool(ids & caller.role_ids or names & {name.casefold() for name in caller.role_names})
