"""Commands that wait until it is said which InvokeAI is meant, and then run as if it had been typed."""

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, cast

import discord

from bot.discord.server_options import SERVER
from bot.domain.personal_cache import PersonalCache
from bot.errors import RequestRefused

KEPT = timedelta(minutes=14)
"""For a quarter of an hour Discord lets the message with the question be deleted."""
MAX_COMMANDS = 200
GONE = "The bot no longer knows that command. Type it again."
_TEXT = discord.AppCommandOptionType.string.value
_NESTED = {discord.AppCommandOptionType.subcommand.value, discord.AppCommandOptionType.subcommand_group.value}


class UnclearCommands:
    """The newest ones, in memory: a custom id is too short for what was typed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept = PersonalCache[discord.Interaction[Any]](clock, lifetime=KEPT, most=MAX_COMMANDS)

    def keep(self, command: discord.Interaction[Any]) -> None:
        """It has been answered with the question, and is known by its id."""
        self._kept.put(command.id, command.user.id, command)

    def named(self, command_id: int, pick: discord.Interaction[Any], server: str) -> discord.Interaction[Any]:
        """The press of a menu becomes the command, with that server named. RequestRefused for one that is no
        longer kept, and for one of somebody else.
        """
        command = self._kept.get(command_id, pick.user.id)
        if command is None:
            raise RequestRefused(GONE)
        data = deepcopy(cast("dict[str, Any]", command.data))
        options = _options(data)
        options[:] = [one for one in options if one["name"] != SERVER]
        options.append({"name": SERVER, "type": _TEXT, "value": server})
        pick.type, pick.data = discord.InteractionType.application_command, cast("Any", data)
        return pick

    async def answered(self, command_id: int, user_id: int) -> None:
        """The question goes. What was asked stays known until then: a second press comes to a new answer."""
        command = self._kept.get(command_id, user_id)
        self._kept.drop(command_id)
        if command is not None:
            with suppress(discord.NotFound):  # somebody has dismissed it
                await command.delete_original_response()


def _options(command: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the command itself, below the group that it may be in."""
    options: list[dict[str, Any]] = command.setdefault("options", [])
    if options and options[0]["type"] in _NESTED:
        return _options(options[0])
    return options
