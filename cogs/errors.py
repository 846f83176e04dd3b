"""Every error of a command or a button becomes one plain sentence, in private."""

from collections.abc import Callable, Coroutine
from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot
from bot.discord.errors import NO_ANSWER, UNANSWERED
from bot.discord.replies import refuse, reply, whisper
from bot.domain.access import Capability
from bot.errors import BotError, DatabaseTrouble, InvokeAIError, LeadershipLost, RequestRefused
from bot.render.forms import typed_back
from bot.render.message import Panel
from bot.render.panels import refused
from cogs.which_server import ServerUnclear, ask_which

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

HANDED_BACK = "handed back"
"""Under this name a command's extras hold the options that a refusal gives back to be copied."""


class ErrorsCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._bot = bot
        self._before = bot.tree.on_error
        bot.tree.error(self.on_error)

    async def cog_unload(self) -> None:
        self._bot.tree.error(self._before)

    async def on_error(
        self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        name = interaction.command.qualified_name if interaction.command else "unknown"
        if isinstance(cause, ServerUnclear):
            await _tell(ask_which(interaction, cause), f"/{name}")
            return
        sentence = sentence_for(cause, f"/{name}", admin=await _is_admin(interaction))
        if sentence is not None:
            panel = typed_back(sentence, typed) if (typed := _typed(interaction)) else refused(sentence)
            await _tell(refuse(interaction, panel), f"/{name}")


def _typed(interaction: discord.Interaction[Any]) -> list[tuple[str, str]]:
    """What the person need not type again, by its option."""
    names: tuple[str, ...] = getattr(interaction.command, "extras", {}).get(HANDED_BACK, ())
    options = {name: value for name, value in interaction.namespace if isinstance(value, str)}
    return [(name, options[name]) for name in names if name in options]


async def explain(
    interaction: discord.Interaction[Any],
    error: Exception,
    what: str,
    shown: Callable[[str], Panel] = refused,
    *,
    in_place: bool = False,
) -> None:
    """For a press: the message that was pressed stays as it is, unless the answer is `in_place` of it.

    `shown`: how the sentence looks.
    """
    sentence = sentence_for(error, what, admin=await _is_admin(interaction))
    thinking = interaction.response.type is discord.InteractionResponseType.deferred_channel_message
    if sentence is not None:
        say = reply if in_place else refuse if thinking else whisper
        await _tell(say(interaction, shown(sentence)), what)


async def _tell(words: Coroutine[Any, Any, None], what: str) -> None:
    """Where even this does not get through, only the log knows."""
    try:
        await words
    except UNANSWERED as error:
        log.warning("answer_failed", what=what, reason=str(error))


async def _is_admin(interaction: discord.Interaction[InvokeAIBot]) -> bool:
    return await interaction.client.capability(interaction) >= Capability.ADMIN


def sentence_for(error: Exception, what: str, *, admin: bool) -> str | None:
    """Cases from the most to the least expected; None when it is too late to say anything."""
    match error:
        case BotError():
            return _ours(error, admin=admin)
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return "That command has changed. Restart Discord on your device and try again."
        case app_commands.TransformerError(__cause__=RequestRefused() as refusal):
            return str(refusal)
        case app_commands.TransformerError():
            return f"{error.value} does not fit there. Pick one of the choices."
        case discord.HTTPException() if error.code in NO_ANSWER:
            log.warning("answer_failed", what=what, reason=error.text)
            return None
        case _:
            log.error("command_failed", what=what, exc_info=error)
            return "Something went wrong in the bot. Nothing more was done; its log says why."


def _ours(error: BotError, *, admin: bool) -> str:
    """Only an admin is told where InvokeAI and the database are."""
    match error:
        case InvokeAIError() if admin:
            return error.with_details
        case DatabaseTrouble() | LeadershipLost() if not admin:
            return "The bot's database can't be used just now. Try again in a minute."
        case _:
            return str(error)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(ErrorsCog(bot))
