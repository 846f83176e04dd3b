from typing import Any

import discord
import pytest
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
    hide_by_permission(tree, creator_roles=False)
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


def test_a_message_s_menu_is_hidden_in_the_same_way() -> None:
    async def answer(_: discord.Interaction, message: discord.Message) -> None:
        """Nothing is answered here."""

    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    tree.add_command(needs(actions.IMAGINE)(app_commands.ContextMenu(name="Use…", callback=answer)))
    hide_by_permission(tree, creator_roles=False)
    assert [one.to_dict(tree)["default_member_permissions"] for one in tree.get_commands()] == [1 << 13]


@pytest.mark.parametrize(("creator_roles", "permission"), [(False, 1 << 13), (True, None)])
def test_where_roles_make_creators_their_commands_are_offered_to_all(
    creator_roles: bool, permission: int | None
) -> None:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    tree.add_command(command("imagine", actions.IMAGINE))
    hide_by_permission(tree, creator_roles=creator_roles)
    given = tree.get_commands()[0].to_dict(tree)["default_member_permissions"]
    assert given == permission
