"""Every error of a command becomes one plain sentence, in private where that is still possible."""

from typing import Any

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.discord_client import InvokeAIBot
from bot.discord_sink import reply
from bot.errors import BotError
from bot.render.panels import refused

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


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
        """Cases from the most to the least expected."""
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        command = interaction.command.qualified_name if interaction.command else None
        match cause:
            case BotError():
                sentence = str(cause)
            case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
                sentence = "That command has changed. Restart Discord on your device and try again."
            case app_commands.TransformerError():
                sentence = f"{cause.value} does not fit there. Pick one of the choices."
            case discord.NotFound(code=10062):
                log.warning("answer_too_late", command=command)
                return
            case _:
                log.error("command_fell", command=command, exc_info=cause)
                sentence = "Something went wrong in the bot. Nothing more was done; its log says why."
        await reply(interaction, refused(sentence))


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(ErrorsCog(bot))
