"""Commands that wait until it is said which InvokeAI is meant, and then run as if it had been typed."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, cast

import discord
import structlog

from bot.discord.errors import UNANSWERED
from bot.discord.server_options import SERVER
from bot.domain.personal_cache import PersonalCache
from bot.errors import RequestRefused

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

KEPT = timedelta(minutes=14)
"""For a quarter of an hour Discord lets the message with the question be deleted."""
MAX_COMMANDS = 200
GONE = "That was chosen already, or too long ago. Type the command again."
_TEXT = discord.AppCommandOptionType.string.value
_NESTED = {discord.AppCommandOptionType.subcommand.value, discord.AppCommandOptionType.subcommand_group.value}


class UnclearCommands:
    """The newest ones, in memory: a custom id is too short for what was typed."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._kept = PersonalCache[discord.Interaction[Any]](clock, lifetime=KEPT, most=MAX_COMMANDS)

    def keep(self, command: discord.Interaction[Any]) -> None:
        """It has been answered with the question, and is known by its id."""
        self._kept.put(command.id, command.user.id, command)

    def name(self, command_id: int, pick: discord.Interaction[Any], server: str) -> discord.Interaction[Any]:
        """The press of a menu becomes the command, with that server named; once, however often it is pressed.
        Returns the command as it was typed. RequestRefused for one that is gone, or is somebody else's.
        """
        command = self._kept.get(command_id, pick.user.id)
        if command is None:
            raise RequestRefused(GONE)
        self._kept.drop(command_id)
        data = deepcopy(cast("dict[str, Any]", command.data))
        options = _options(data)
        options[:] = [one for one in options if one["name"] != SERVER]
        options.append({"name": SERVER, "type": _TEXT, "value": server})
        pick.type, pick.data = discord.InteractionType.application_command, cast("Any", data)
        return command


async def take_back(question: discord.Interaction[Any]) -> None:
    """The answer to that command, in which the question stood, goes."""
    try:
        await question.delete_original_response()
    except discord.NotFound:  # somebody has dismissed it
        return
    except UNANSWERED as error:
        log.warning("answer_failed", what="the end of a question", reason=str(error))


def _options(command: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the command itself, below the group that it may be in."""
    options: list[dict[str, Any]] = command.setdefault("options", [])
    if options and options[0]["type"] in _NESTED:
        return _options(options[0])
    return options
