from typing import Any

import discord
import pytest
from discord import app_commands
from discord.ext import commands

from bot.discord.server_options import fit_options
from bot.domain.job_address import JobAddress
from cogs.jobs import JobsCog
from cogs.queue import QueueCog
from cogs.requeue import RequeueCog
from cogs.styles import StylesCog

COGS = (JobsCog, QueueCog, RequeueCog, StylesCog)
INTEGER = discord.AppCommandOptionType.integer.value
TEXT = discord.AppCommandOptionType.string.value


def tree(*cogs: type[commands.Cog]) -> app_commands.CommandTree[Any]:
    client = discord.Client(intents=discord.Intents.none())
    made = app_commands.CommandTree(client)
    for cog in cogs:
        one = cog.__new__(cog)
        for command in one.get_app_commands():
            made.add_command(command)
    return made


def options(made: app_commands.CommandTree[Any], *path: str) -> dict[str, dict[str, Any]]:
    payload = next(one.to_dict(made) for one in made.get_commands() if one.name == path[0])
    for name in path[1:]:
        payload = next(one for one in payload["options"] if one["name"] == name)
    return {one["name"]: one for one in payload["options"]}


@pytest.mark.parametrize("path", [("job",), ("retry",), ("again",), ("next",), ("cancel",)])
def test_with_one_server_a_job_is_a_whole_number_and_no_server_is_asked_for(path: tuple[str, ...]) -> None:
    made = tree(*COGS)
    fit_options(made, several=False)
    found = options(made, *path)
    assert "server" not in found
    assert (found["job"]["type"], found["job"]["min_value"]) == (INTEGER, 1)
    assert "max_length" not in found["job"]


@pytest.mark.parametrize("path", [("job",), ("retry",), ("again",), ("next",), ("cancel",)])
def test_with_several_a_job_is_a_text_and_each_command_has_a_server(path: tuple[str, ...]) -> None:
    made = tree(*COGS)
    fit_options(made, several=True)
    found = options(made, *path)
    assert (found["server"]["type"], found["server"]["required"]) == (TEXT, False)
    assert found["server"]["autocomplete"]
    assert found["job"]["autocomplete"]
    assert found["job"]["type"] == TEXT


def test_a_bot_with_one_server_changes_no_other_bot_s_commands() -> None:
    one, other = tree(*COGS), tree(*COGS)
    fit_options(one, several=False)
    fit_options(one, several=False)  # a start before this one fell further on
    fit_options(other, several=True)
    assert "server" in options(other, "job")


@pytest.mark.parametrize(("several", "value"), [(False, 812), (True, "#812")])
async def test_a_job_is_read_the_same_way_from_a_number_and_from_a_text(*, several: bool, value: Any) -> None:
    made = tree(JobsCog)
    fit_options(made, several=several)
    command: Any = made.get_command("job")
    assert await command._params["job"].transform(None, value) == JobAddress(812)
