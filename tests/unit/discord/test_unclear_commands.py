from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest
from fakes import Clock

from bot.discord.unclear_commands import KEPT, UnclearCommands, take_back
from bot.errors import RequestRefused

TEXT, COMMAND = 3, 1
JOB = {"name": "job", "type": TEXT, "value": "812"}


class Said:
    """As much of an interaction as is touched."""

    def __init__(self, number: int, user: int, data: dict[str, Any]) -> None:
        self.id, self.user, self.data = number, SimpleNamespace(id=user), data
        self.type = discord.InteractionType.component
        self.deleted = 0
        self.error: discord.NotFound | None = None

    async def delete_original_response(self) -> None:
        if self.error is not None:
            raise self.error
        self.deleted += 1

    @property
    def own(self) -> discord.Interaction[Any]:
        return cast("discord.Interaction[Any]", self)


def kept(data: dict[str, Any], clock: Clock | None = None) -> tuple[UnclearCommands, Said]:
    commands, said = UnclearCommands(clock or Clock()), Said(1, 5, data)
    commands.keep(said.own)
    return commands, said


def test_the_press_becomes_the_command_with_the_server_that_was_chosen() -> None:
    commands, said = kept({"name": "job", "options": [JOB]})
    pick = Said(2, 5, {"values": ["studio"]})
    commands.name(1, pick.own, "studio")
    assert pick.type is discord.InteractionType.application_command
    assert pick.data == {
        "name": "job",
        "options": [JOB, {"name": "server", "type": TEXT, "value": "studio"}],
    }
    assert said.data == {"name": "job", "options": [JOB]}  # and what was typed stays as it was


def test_a_command_of_a_group_gets_the_server_among_its_own_options() -> None:
    commands, _ = kept({"name": "style", "options": [{"name": "save", "type": COMMAND, "options": [JOB]}]})
    pick = Said(2, 5, {})
    commands.name(1, pick.own, "studio")
    assert [one["name"] for one in pick.data["options"][0]["options"]] == ["job", "server"]


def test_a_command_without_options_gets_one() -> None:
    commands, _ = kept({"name": "pause"})
    pick = Said(2, 5, {})
    commands.name(1, pick.own, "studio")
    assert [one["value"] for one in pick.data["options"]] == ["studio"]


def test_somebody_else_s_command_is_not_taken() -> None:
    commands, _ = kept({"name": "clear"})
    with pytest.raises(RequestRefused, match="Type the command again"):
        commands.name(1, Said(2, 6, {}).own, "studio")


def test_a_command_is_gone_when_its_question_can_t_be_deleted_any_more() -> None:
    clock = Clock()
    commands, _ = kept({"name": "clear"}, clock)
    clock.now += KEPT * 1.01
    with pytest.raises(RequestRefused, match="Type the command again"):
        commands.name(1, Said(2, 5, {}).own, "studio")


def test_a_second_press_runs_nothing_twice() -> None:
    commands, said = kept({"name": "again"})
    assert commands.name(1, Said(2, 5, {}).own, "studio") is said.own
    with pytest.raises(RequestRefused, match="chosen already"):
        commands.name(1, Said(3, 5, {}).own, "studio")


async def test_a_question_is_taken_back_and_one_that_is_gone_is_no_fault() -> None:
    _, said = kept({"name": "clear"})
    await take_back(said.own)
    assert said.deleted == 1
    said.error = discord.NotFound(
        cast("Any", SimpleNamespace(status=404, reason="Not Found")), "Unknown Message"
    )
    await take_back(said.own)
