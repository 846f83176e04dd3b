"""Who may do what in a channel, computed as Discord documents it (topics/permissions)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The bits that the sandbox knows by name."""

    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    PIN_MESSAGES = 1 << 51


ALL = (1 << 53) - 1
EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What @everyone may do in a new guild, as far as the sandbox knows these bits."""

NEEDS_SEND_MESSAGES = Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE


@dataclass(slots=True)
class Overwrite:
    """A channel's exception for one role (`kind` 0) or one member (`kind` 1)."""

    target_id: int
    kind: int
    allow: int = 0
    deny: int = 0


def in_guild(*, owner: bool, everyone: int, roles: Iterable[int]) -> int:
    """`everyone` and `roles` are permission sets."""
    granted = everyone
    for role in roles:
        granted |= role
    return ALL if owner or granted & Permission.ADMINISTRATOR else granted


def in_channel(
    base: int,
    overwrites: Iterable[Overwrite],
    *,
    guild_id: int,
    role_ids: Iterable[int],
    member_id: int,
    thread: bool = False,
) -> int:
    """@everyone's overwrite first, then all of the roles' together, then the member's own.

    A thread has the overwrites of its channel, and its own permission to send.
    """
    if base & Permission.ADMINISTRATOR:
        return ALL
    by_target = {overwrite.target_id: overwrite for overwrite in overwrites}
    granted = base
    if everyone := by_target.get(guild_id):
        granted = granted & ~everyone.deny | everyone.allow
    of_roles = [by_target[role_id] for role_id in role_ids if role_id in by_target and role_id != guild_id]
    deny = allow = 0
    for overwrite in of_roles:
        deny |= overwrite.deny
        allow |= overwrite.allow
    granted = granted & ~deny | allow
    if own := by_target.get(member_id):
        granted = granted & ~own.deny | own.allow
    if not granted & Permission.VIEW_CHANNEL:
        return 0
    if not granted & (Permission.SEND_MESSAGES_IN_THREADS if thread else Permission.SEND_MESSAGES):
        granted &= ~NEEDS_SEND_MESSAGES
    return granted
