"""What a browser is given: messages, the push that each one is, commands, names. Plain JSON."""

import re
from typing import Any, cast

from sandbox.discord import messages, payloads
from sandbox.discord.foreign import Json
from sandbox.discord.interactions import permissions_of
from sandbox.discord.permissions import Permission
from sandbox.discord.rules_commands import CHAT_INPUT, MESSAGE
from sandbox.discord.state import Message, User
from sandbox.discord.world import Channel, World

_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")
_URLS = ("url", "proxy_url", "icon_url", "proxy_icon_url")


def message(shown: Message, world: World) -> Json:
    """Discord's own JSON with a few keys more; addresses of attachments are those of the page's server."""
    body = cast("Json", _at_home(messages.payload(shown, world), world.base))
    body.pop("nonce", None)
    return body | {
        "ephemeral": shown.ephemeral_for is not None,
        "typed": shown.typed,
        "asked_by": (shown.interaction or {}).get("user", {}).get("id"),
        "push": push(shown, world),
    }


def push(shown: Message, world: World) -> list[str] | None:
    """A lock screen's lines: content and file names only, nothing of embeds or components. None: no buzz."""
    if not shown.push:
        return None
    if shown.v2:
        return []
    names = names_of(world)
    lines = [
        _MENTION.sub(lambda found: f"{found[1][0]}{names.get(found[2], 'unknown')}", one)
        for one in shown.content.splitlines()
    ]
    return [*lines, *(f"📎 {file.filename}" for file in shown.files)]


def names_of(world: World) -> dict[str, str]:
    """Of every user, role and channel, by id."""
    found = {str(user.id): display_name(user) for user in world.users.values()}
    for guild in world.guilds.values():
        found |= {str(role.id): role.name for role in guild.roles.values()}
        found |= {str(channel.id): channel.name for channel in guild.channels.values()}
    return found


def display_name(user: User) -> str:
    return payloads.user(user)["global_name"] or user.username


def commands(world: World, user: User, channel: Channel) -> list[Json]:
    """The commands that Discord's client would offer to this person here, typed or in the menu of a message,
    by name.
    """
    granted = permissions_of(channel, user)
    if not granted & Permission.USE_APPLICATION_COMMANDS:
        return []
    guild = channel.guild
    guild_id = guild.id if guild else None
    everything = granted & Permission.ADMINISTRATOR or guild is None or guild.all_commands
    known = [*world.commands.get(guild_id, {}).values(), *world.commands[None].values()]
    offered: list[Json] = []
    for command in known:
        needed = command.payload.get("default_member_permissions")
        hidden = needed is not None and not (int(needed) and granted & int(needed) == int(needed))
        contexts = command.payload.get("contexts")
        elsewhere = bool(contexts) and 0 not in contexts
        if command.type in (CHAT_INPUT, MESSAGE) and not elsewhere and (everything or not hidden):
            offered.append(payloads.command(command, world.application_id))
    return sorted(offered, key=lambda one: one["name"])


def _at_home(node: Any, base: str) -> Any:
    if isinstance(node, list):
        return [_at_home(one, base) for one in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    body: Json = {}
    for key, value in cast("Json", node).items():
        if key in _URLS and isinstance(value, str):
            body[key] = value.removeprefix(base) if value.startswith(f"{base}/attachments/") else value
        else:
            body[key] = _at_home(value, base)
    return body
