from typing import Any

import discord
from discord import app_commands

from bot.discord.client import needs
from bot.discord.hidden_commands import hide_by_permission
from bot.domain import actions
from bot.domain.actions import Action


def command(name: str, action: Action | None = None) -> app_commands.Command[Any, ..., None]:
    async def answer(_: discord.Interaction) -> None:
        """Nothing is answered here."""

    made: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name, description="As a test needs it", callback=answer
    )
    return needs(action)(made) if action else made


def test_a_command_is_hidden_by_the_permission_that_it_takes() -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    queue = app_commands.Group(name="notify", description="As a test needs it")
    queue.add_command(command("here", actions.NOTIFY))
    mixed = app_commands.Group(name="style", description="As a test needs it")
    mixed.add_command(command("save", actions.PAUSE))
    mixed.add_command(command("list", actions.REFRESH))
    for one in (
        queue,
        mixed,
        command("queue", actions.REFRESH),
        command("pause", actions.PAUSE),
        command("clear", actions.CLEAR),
        command("unmarked"),
    ):
        tree.add_command(one)
    hide_by_permission(tree)
    hidden = {one.name: one.to_dict(tree)["default_member_permissions"] for one in tree.get_commands()}
    messages, server = discord.Permissions(manage_messages=True), discord.Permissions(manage_guild=True)
    assert hidden == {
        "notify": server.value,
        "style": None,
        "queue": None,
        "pause": messages.value,
        "clear": server.value,
        "unmarked": server.value,
    }
