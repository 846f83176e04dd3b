"""What Discord refuses when an application registers its commands or suggests choices."""

import re
from typing import Any

from sandbox.discord import forms, shapes
from sandbox.discord.foreign import Json, Path, items
from sandbox.discord.refusals import FormErrors, invalid
from sandbox.discord.shapes import Anything, Flag, Id, Many, Model, Number, Text

CHAT_INPUT, MESSAGE = 1, 3
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10
MAX_COMMANDS = {1: 100, 2: 15, 3: 15}
MAX_TOTAL = 8000
_NAME = re.compile(r"^[-_'\w]{1,32}$")


def _is_name(name: str) -> bool:
    r"""`^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, lower case where there is a lower case."""
    return bool(_NAME.match(name)) and name == name.lower()


_NAME_TEXT = Text(1, 32, _is_name, "APPLICATION_COMMAND_INVALID_NAME")
_CHOICE = Model(
    {"name": Text(1, 100), "name_localizations": Anything(), "value": Anything()}, ("name", "value")
)


def _option(nested: shapes.Shape) -> Model:
    return Model(
        {
            "type": Number(1, 11),
            "name": _NAME_TEXT,
            "name_localizations": Anything(),
            "description": Text(1, 100),
            "description_localizations": Anything(),
            "required": Flag(),
            "choices": Many(_CHOICE, 0, 25),
            "options": nested,
            "channel_types": Many(Number(0, 20), 0, 20),
            "min_value": Number(-(2**53), 2**53, whole=False),
            "max_value": Number(-(2**53), 2**53, whole=False),
            "min_length": Number(0, 6000),
            "max_length": Number(1, 6000),
            "autocomplete": Flag(),
        },
        ("type", "name", "description"),
    )


_OPTIONS = Many(_option(Many(_option(Many(_option(Anything()), 0, 25)), 0, 25)), 0, 25)
_COMMAND = Model(
    {
        "id": Id(),
        "type": Number(1, 4),
        "name": Text(1, 32),
        "name_localizations": Anything(),
        "description": Text(0, 100),
        "description_localizations": Anything(),
        "options": _OPTIONS,
        "default_member_permissions": Id(),
        "dm_permission": Flag(),
        "nsfw": Flag(),
        "contexts": Many(Number(0, 2), 1, 3),
        "integration_types": Many(Number(0, 1), 1, 2),
        "handler": Number(1, 3),
    },
    ("name",),
)


def check_commands(given: Any) -> list[Json]:
    """The body of a bulk overwrite. Raises `Refusal` 50035."""
    shapes.check(Many(_COMMAND, 0, sum(MAX_COMMANDS.values())), given)
    commands: list[Json] = given
    errors = FormErrors()
    seen: set[tuple[int, str]] = set()
    counts = dict.fromkeys(MAX_COMMANDS, 0)
    for index, command in enumerate(commands):
        kind = command.get("type") or CHAT_INPUT
        key = (kind, command["name"])
        if key in seen:
            code = "APPLICATION_COMMANDS_DUPLICATE_NAME"
            errors.add((index, "name"), code, "Application command names must be unique")
        seen.add(key)
        counts[kind] = counts.get(kind, 0) + 1
        _check_command(command, kind, (index,), errors)
    for kind, count in counts.items():
        if count > MAX_COMMANDS.get(kind, 1):
            errors.add(
                (), "APPLICATION_COMMANDS_TOO_MANY", f"At most {MAX_COMMANDS[kind]} commands of type {kind}."
            )
    errors.refuse()
    return commands


def _check_command(command: Json, kind: int, path: Path, errors: FormErrors) -> None:
    description = command.get("description")
    if kind != CHAT_INPUT:
        if description:
            errors.add((*path, "description"), "BASE_TYPE_MAX_LENGTH", "Must be 0 or fewer in length.")
        return
    if not _is_name(command["name"]):
        code = "APPLICATION_COMMAND_INVALID_NAME"
        errors.add((*path, "name"), code, "Command name is invalid")
    if not description:
        errors.add((*path, "description"), "BASE_TYPE_REQUIRED", "This field is required")
    _check_options(items(command, "options"), (*path, "options"), errors, depth=0)
    if _size(command) > MAX_TOTAL:
        code = "APPLICATION_COMMAND_TOO_LARGE"
        errors.add(path, code, f"Command exceeds maximum size ({MAX_TOTAL})")


def _check_options(options: list[Json], path: Path, errors: FormErrors, *, depth: int) -> None:
    optional_seen = False
    names: set[str] = set()
    nests = [option["type"] in (SUBCOMMAND, GROUP) for option in options]
    if any(nests) and not all(nests):
        errors.add(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group are exclusive.",
        )
    for index, option in enumerate(options):
        here = (*path, index)
        kind = option["type"]
        if option["name"] in names:
            code = "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"
            errors.add((*here, "name"), code, "Option names must be unique")
        names.add(option["name"])
        if option.get("required") and optional_seen:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            errors.add(
                (*here, "required"), code, "Required options must be placed before non-required options"
            )
        optional_seen |= not option.get("required")
        if (kind == GROUP and depth > 0) or (kind == SUBCOMMAND and depth > 1):
            code = "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
            errors.add((*here, "type"), code, "Nested too deep.")
        if kind in (SUBCOMMAND, GROUP):
            _check_options(items(option, "options"), (*here, "options"), errors, depth=depth + 1)
        elif option.get("choices") and option.get("autocomplete"):
            code = "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES"
            errors.add((*here, "autocomplete"), code, "Choices and autocomplete are exclusive.")
        for place, choice in enumerate(items(option, "choices")):
            if not fits(kind, choice["value"]):
                errors.add(
                    (*here, "choices", place, "value"),
                    "CHOICE_TYPE",
                    "The value is not of the option's type.",
                )


def fits(kind: int, value: Any) -> bool:
    """Is `value` a value of an option of this type (string, integer or number)?"""
    if kind == STRING:
        return isinstance(value, str) and 1 <= len(value) <= 100  # noqa: PLR2004 - Discord's limit of a choice's value
    kinds = int if kind == INTEGER else (int, float)
    return not isinstance(value, bool) and isinstance(value, kinds)


def _size(node: Json) -> int:
    """Discord counts the characters of all names, descriptions and values of one command."""
    own = len(node["name"]) + len(node.get("description") or "")
    choices = sum(len(choice["name"]) + len(str(choice["value"])) for choice in items(node, "choices"))
    return own + choices + sum(map(_size, items(node, "options")))


def check_choices(data: Json, kind: int) -> list[Json]:
    """The answer to an autocomplete of an option of type `kind`."""
    shapes.check(Model({"choices": forms.CHOICES}, ("choices",)), data, ("data",))
    choices: list[Json] = data["choices"]
    for index, choice in enumerate(choices):
        if not fits(kind, choice["value"]):
            path = ("data", "choices", index, "value")
            raise invalid(path, "CHOICE_TYPE", "The value is not of the option's type.")
    return choices
