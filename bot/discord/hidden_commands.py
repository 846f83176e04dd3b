"""Which commands Discord itself hides, and from whom: Discord's own door before ours."""

from typing import Any

import discord
from discord import app_commands

from bot.domain.access import Capability

CAPABILITY = "capability"
"""Under this name a command's extras hold what its caller must be able to do; without it: an admin."""
PERMISSIONS = {
    Capability.CREATE: discord.Permissions(manage_messages=True),
    Capability.OPERATE: discord.Permissions(manage_messages=True),
    Capability.ADMIN: discord.Permissions(manage_guild=True),
}
AnyCommand = app_commands.Command[Any, ..., Any]


def needed(command: object) -> Capability:
    """What the caller must be able to do; of a group the least that one of its commands takes."""
    if isinstance(command, app_commands.Group):
        return min(map(needed, command.commands), default=Capability.ADMIN)
    extras: dict[Any, Any] = getattr(command, "extras", {})
    return extras.get(CAPABILITY, Capability.ADMIN)


def hide_by_permission(tree: app_commands.CommandTree[Any], *, creator_roles: bool) -> None:
    """Discord offers no command to those who lack the permission that it takes, unless a guild's admins say
    otherwise. A command can carry that only as a whole, with its sub-commands.

    `creator_roles`: roles, of which Discord knows nothing here, make creators too.
    """
    for command in tree.get_commands():
        takes = needed(command)
        hidden = takes is not Capability.CREATE or not creator_roles
        command.default_permissions = PERMISSIONS.get(takes) if hidden else None
