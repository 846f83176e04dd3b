"""Which commands Discord registers and which it refuses."""

from typing import Any

import pytest
from sandbox_discord_support import places, raw, studio


def command(**parts: Any) -> dict[str, Any]:
    return {"name": "queue", "description": "The queue", **parts}


def option(**parts: Any) -> dict[str, Any]:
    return {"type": 3, "name": "status", "description": "Which", **parts}


COMMANDS_REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a name with a blank": ([command(name="Bad Name")], "0.name"),
    "a name in capitals": ([command(name="Queue")], "0.name"),
    "a name of 33": ([command(name="x" * 33)], "0.name"),
    "no description": ([command(description="")], "0.description"),
    "a description of 101": ([command(description="x" * 101)], "0.description"),
    "a name twice": ([command(), command()], "1.name"),
    "an option named badly": ([command(options=[option(name="A b")])], "0.options.0.name"),
    "an option twice": ([command(options=[option(), option()])], "0.options.1.name"),
    "a needed option after another": (
        [command(options=[option(), option(name="b", required=True)])],
        "0.options.1.required",
    ),
    "26 choices": (
        [command(options=[option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])])],
        "0.options.0.choices",
    ),
    "a choice of another type": (
        [command(options=[option(type=4, choices=[{"name": "a", "value": "a"}])])],
        "0.options.0.choices.0.value",
    ),
    "choices and autocomplete": (
        [command(options=[option(autocomplete=True, choices=[{"name": "a", "value": "a"}])])],
        "0.options.0.autocomplete",
    ),
    "an unknown key": ([command(colour=1)], "0.colour"),
    "101 commands": ([command(name=f"c{number}") for number in range(101)], ""),
}


@pytest.mark.parametrize("name", COMMANDS_REFUSED)
async def test_a_command_that_discord_would_not_register_is_refused(name: str) -> None:
    commands, place = COMMANDS_REFUSED[name]
    async with studio(check=None) as (server, _guild, _channel), raw(server) as request:
        status, _, answer = await request(
            "PUT", f"/applications/{server.world.application_id}/commands", commands
        )
        assert (status, answer["code"]) == (400, 50035), answer
        assert place in places(answer["errors"]), answer
        assert server.world.commands[None] == {}


async def test_commands_are_listed_and_keep_their_ids() -> None:
    async with studio() as (server, guild, _channel), raw(server) as request:
        path = f"/applications/{server.world.application_id}/guilds/{guild.id}/commands"
        _, _, first = await request("PUT", path, [command(options=[option()])])
        _, _, second = await request("PUT", path, [command(), command(name="größe")])
        assert first[0]["id"] == second[0]["id"]
        assert first[0]["version"] != second[0]["version"]
        assert (await request("GET", path))[2] == second
        gone = f"/applications/{server.world.application_id}/guilds/1/commands"
        assert (await request("PUT", gone, []))[2]["code"] == 50001
