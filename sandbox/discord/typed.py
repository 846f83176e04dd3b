"""What a person types after the slash, checked as Discord's own client would before it sends anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.discord import messages, payloads, rules_commands
from sandbox.discord.components import FILE_UPLOAD
from sandbox.discord.foreign import Json, items
from sandbox.discord.interactions import permissions_of
from sandbox.discord.permissions import Permission
from sandbox.discord.rules import Upload
from sandbox.discord.rules_commands import INTEGER, NUMBER, STRING
from sandbox.discord.state import Command, Message, Role, User
from sandbox.discord.uploads import store
from sandbox.discord.world import Channel, World

BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 5, 6, 7, 8, 9, 11
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
OPTION_OF = {
    USER_SELECT: USER,
    ROLE_SELECT: ROLE,
    MENTIONABLE_SELECT: MENTIONABLE,
    CHANNEL_SELECT: CHANNEL,
}
"""An option's kind for each kind of select."""


class NotOffered(AssertionError):
    """Discord's client would not let a person send this."""


@dataclass(slots=True)
class Typed:
    """An interaction's `data`, the command that it means, and the type of the option in focus (0: none)."""

    command: Command
    data: Json
    focused_type: int = 0


def typed(
    world: World, user: User, channel: Channel, words: str, given: dict[str, Any], *, focus: str | None = None
) -> Typed:
    """`words` is the command's name, then its sub-commands'. Raises NotOffered."""
    name, *subs = words.split()
    command = _command(world, user, channel, name)
    reader = _Reader(world, channel)
    level = command.payload
    trail: list[Json] = []
    for sub in subs:
        level = next(
            (one for one in items(level, "options") if one["name"] == sub and one["type"] in (1, 2)), None
        )
        if level is None:
            raise NotOffered(f"/{name} has no sub-command {sub!r}")
        trail.append({"type": level["type"], "name": sub})
    offered = items(level, "options")
    if any(one["type"] in (1, 2) for one in offered):
        raise NotOffered(f"/{words} needs one of its sub-commands: {[one['name'] for one in offered]}")
    options, focused_type = reader.options(words, offered, given, focus)
    for step in reversed(trail):
        options = [step | {"options": options}]
    data: Json = {"id": str(command.id), "name": command.name, "type": 1, "options": options}
    if command.guild_id:
        data["guild_id"] = str(command.guild_id)
    if reader.resolved:
        data["resolved"] = reader.resolved
    return Typed(command, data, focused_type)


def on_message(world: World, user: User, channel: Channel, name: str, message: Message) -> Typed:
    """A command of a message's context menu. Raises NotOffered."""
    command = _command(world, user, channel, name, rules_commands.MESSAGE)
    target = str(message.id)
    shown = {"messages": {target: messages.payload(message, world)}}
    data: Json = {"id": str(command.id), "name": command.name, "type": command.type}
    if command.guild_id:
        data["guild_id"] = str(command.guild_id)
    return Typed(command, data | {"target_id": target, "resolved": shown})


def _command(
    world: World, user: User, channel: Channel, name: str, kind: int = rules_commands.CHAT_INPUT
) -> Command:
    guild_id = channel.guild.id if channel.guild else None
    known = list(world.commands.get(guild_id, {}).values()) if guild_id else []
    known += list(world.commands[None].values())
    command = next((one for one in known if one.name == name and one.type == kind), None)
    if command is None:
        raise NotOffered(f"no command /{name}; there are {sorted({one.name for one in known})}")
    contexts = command.payload.get("contexts")
    if guild_id is None and (
        command.payload.get("dm_permission") is False or (contexts and 1 not in contexts)
    ):
        raise NotOffered(f"/{name} is not offered in a DM")
    if guild_id and contexts and 0 not in contexts:
        raise NotOffered(f"/{name} is not offered in a guild")
    granted = permissions_of(channel, user)
    needed = command.payload.get("default_member_permissions")
    if not granted & Permission.USE_APPLICATION_COMMANDS:
        raise NotOffered(f"{user.username} may not use commands in #{channel.name}")
    guild = channel.guild
    if guild and not guild.all_commands and needed is not None and not granted & Permission.ADMINISTRATOR:
        bits = int(needed)
        if bits == 0 or granted & bits != bits:
            raise NotOffered(f"/{name} is hidden from {user.username}: it needs permissions {bits}")
    return command


def chosen(world: World, channel: Channel, kind: int, ids: Iterable[str]) -> Json:
    """`resolved` of what a select of people, roles or channels (`kind`) chose. Raises NotOffered."""
    reader = _Reader(world, channel)
    guild = channel.guild
    people = {str(one.user.id): one.user for one in guild.members.values()} if guild else {}
    roles = {str(one.id): one for one in guild.roles.values()} if guild else {}
    channels = {str(one.id): one for one in guild.channels.values()} if guild else {}
    offered: dict[int, dict[str, Any]] = {
        USER_SELECT: people,
        ROLE_SELECT: roles,
        MENTIONABLE_SELECT: people | roles,
        CHANNEL_SELECT: channels,
    }
    for one in ids:
        if one not in offered[kind]:
            raise NotOffered(f"{one!r} is not offered by a select of kind {kind}")
        reader.resolve(OPTION_OF[kind], offered[kind][one])
    return reader.resolved


def sent(world: World, channel: Channel, field: Json, upload: Upload) -> Json:
    """`resolved` of a file that is sent with a form. Raises NotOffered for a field that takes none."""
    if field["type"] != FILE_UPLOAD:
        raise NotOffered(f"the field {field['custom_id']!r} takes no file")
    reader = _Reader(world, channel)
    reader.resolve(ATTACHMENT, upload)
    return reader.resolved


class _Reader:
    """Turns what was typed into option values; `resolved` collects the people, roles and files they name."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self.resolved: Json = {}

    def options(
        self, words: str, offered: list[Json], given: dict[str, Any], focus: str | None
    ) -> tuple[list[Json], int]:
        by_name = {one["name"]: one for one in offered}
        if unknown := set(given) - set(by_name):
            raise NotOffered(f"/{words} has no options {sorted(unknown)}; it has {sorted(by_name)}")
        if focus and not by_name[focus].get("autocomplete"):
            raise NotOffered(f"the option {focus!r} of /{words} has no autocomplete")
        found: list[Json] = []
        for name, value in given.items():
            sent: Json = {"name": name, "type": by_name[name]["type"]}
            if name == focus:
                found.append(sent | {"value": str(value), "focused": True})
            else:
                found.append(sent | {"value": self._value(by_name[name], value)})
        missing = [one["name"] for one in offered if one.get("required") and one["name"] not in given]
        if missing and focus is None:
            raise NotOffered(f"/{words} needs {missing}")
        return found, by_name[focus]["type"] if focus else 0

    def resolve(self, kind: int, value: Any) -> None:
        """Notes a person, role or channel among what is resolved."""
        self._value({"name": "choice", "type": kind}, value)

    def _value(self, option: Json, value: Any) -> Any:
        """The value as it is sent. People, channels, roles are given as they are, a file as `Upload`."""
        kind = option["type"]
        if kind in (STRING, INTEGER, NUMBER):
            _check_plain(option, value)
            return value
        if kind == BOOLEAN and isinstance(value, bool):
            return value
        if kind in (USER, MENTIONABLE) and isinstance(value, User):
            return self._user(value)
        if kind == CHANNEL and isinstance(value, Channel) and 0 in (option.get("channel_types") or [0]):
            return self._resolve("channels", value.id, payloads.channel(value) | {"permissions": "0"})
        if kind in (ROLE, MENTIONABLE) and isinstance(value, Role):
            return self._resolve("roles", value.id, payloads.role(value))
        if kind == ATTACHMENT and isinstance(value, Upload):
            file = store(self._world, self._channel.id, value, {})
            return self._resolve("attachments", file.id, messages.attachment(file, ephemeral=True))
        raise NotOffered(f"{value!r} is no value for the option {option['name']!r} of type {kind}")

    def _user(self, user: User) -> str:
        guild = self._channel.guild
        if guild and user.id in guild.members:
            member = payloads.member(guild.members[user.id], with_user=False)
            permissions = str(int(permissions_of(self._channel, user)))
            self._resolve("members", user.id, member | {"permissions": permissions})
        return self._resolve("users", user.id, payloads.user(user))

    def _resolve(self, what: str, target: int, data: Json) -> str:
        self.resolved.setdefault(what, {})[str(target)] = data
        return str(target)


def _check_plain(option: Json, value: Any) -> None:
    name, kind = option["name"], option["type"]
    if kind == STRING:
        if not isinstance(value, str):
            raise NotOffered(f"{name!r} takes a string, not {value!r}")
        size = len(value)
        low, high = option.get("min_length") or 0, option.get("max_length") or 6000
    else:
        if not rules_commands.fits(kind, value):
            raise NotOffered(f"{name!r} takes a number, not {value!r}")
        size = value
        low = -(2**53) if option.get("min_value") is None else option["min_value"]
        high = 2**53 if option.get("max_value") is None else option["max_value"]
    if not low <= size <= high:
        raise NotOffered(f"{name!r} takes {low} to {high}, not {value!r}")
    choices = [choice["value"] for choice in items(option, "choices")]
    if choices and value not in choices:
        raise NotOffered(f"{name!r} takes one of {choices}, not {value!r}")
