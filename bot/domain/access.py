"""Who may do what: role ids and names, permissions and guilds in; a capability or a refusal out. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum

from bot.errors import AccessRefused

_ID = re.compile(r"[0-9]{15,20}")


class Capability(IntEnum):
    """view ⊂ operate ⊂ admin."""

    VIEW = 1
    OPERATE = 2
    ADMIN = 3


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

    Where no operator role is named, Manage Messages makes an operator; where no admin role is named,
    Manage Server makes an admin. The application's owner is always an admin.
    """

    operator_roles: frozenset[str] = frozenset()
    admin_roles: frozenset[str] = frozenset()

    def capability(self, caller: Caller) -> Capability:
        if caller.owner or _holds(caller, self.admin_roles, otherwise=caller.manage_guild):
            return Capability.ADMIN
        if _holds(caller, self.operator_roles, otherwise=caller.manage_messages):
            return Capability.OPERATE
        return Capability.VIEW

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
        roles, permission = {
            Capability.ADMIN: (self.admin_roles, "the Manage Server permission"),
            Capability.OPERATE: (self.operator_roles, "the Manage Messages permission"),
        }.get(needed, (frozenset[str](), "a place in this server"))
        return f"{'an admin' if needed is Capability.ADMIN else 'an operator'} role" if roles else permission


def _holds(caller: Caller, roles: frozenset[str], *, otherwise: bool) -> bool:
    if not roles:
        return otherwise
    ids = {int(role) for role in roles if _ID.fullmatch(role)}
    names = {role.casefold() for role in roles if not _ID.fullmatch(role)}
    return bool(ids & caller.role_ids or names & {name.casefold() for name in caller.role_names})
