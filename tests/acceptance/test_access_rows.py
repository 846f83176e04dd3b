"""The access matrix by role and by guild: each command and each button, for people of every kind."""

from pathlib import Path
from typing import Any

import pytest
from house import InvokeAI, Studio
from person import Person, draw
from test_access_matrix import ADMIN, ALL_BUTTONS, OPERATE, VIEW, filled, refused
from test_access_places import running

from sandbox.discord.guilds import SandboxGuild
from sandbox.discord.people import Person as Member
from sandbox.discord.permissions import Permission
from sandbox.discord.state import Role
from sandbox.discord.world import Channel

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)

Commands = list[tuple[str, dict[str, Any]]]
EVERY: Commands = VIEW + OPERATE + ADMIN


async def able(who: Member, channel: Channel) -> Commands:
    """The commands that are not refused to the person there."""
    found: Commands = []
    for command, options in EVERY:
        answer = await who.slash(channel, command, **options)
        if "That needs" not in answer.text:
            found.append((command, options))
        else:
            assert answer.ephemeral, command
    return found


def role(guild: SandboxGuild, name: str, permissions: int = 0) -> Role:
    return guild.add_role(name, permissions=permissions)


@pytest.mark.parametrize("setting", ["BOT_OPERATOR_ROLES", "BOT_ADMIN_ROLES"])
async def test_a_role_that_is_named_like_an_id_counts_for_nothing(
    setting: str, studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    true = role(studio.guild, "true")
    spoofed = [role(guild, str(true.id)) for guild in (studio.guild, studio.foreign)]
    holder = studio.guild.add_member("holder", roles=[true])
    spoofer = studio.guild.add_member("spoofer", roles=[spoofed[0]])
    elsewhere, lobby = (
        studio.foreign.add_member("elsewhere", roles=[spoofed[1]]),
        studio.people["stranger"][1],
    )
    named = {setting: str(true.id), "DISCORD_GUILD_IDS": str(studio.foreign.id)}
    async with running(studio, invokeai, tmp_path, **named):
        assert await able(spoofer, studio.channel) == VIEW
        assert await able(elsewhere, lobby) == VIEW
        assert await able(holder, studio.channel) == (EVERY if "ADMIN" in setting else VIEW + OPERATE)


async def test_a_role_by_name_counts_in_each_adopted_guild_also_without_the_owner(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    lobby = without_the_owner(studio)
    people = {
        "painter": [role(studio.foreign, "PAINTERS")],
        "boss": [role(studio.foreign, "boss")],
        "moderator": [
            role(studio.foreign, "moderators", Permission.MANAGE_MESSAGES | Permission.MANAGE_GUILD)
        ],
    }
    names = {"BOT_OPERATOR_ROLES": "painters", "BOT_ADMIN_ROLES": "Boss"}
    async with running(studio, invokeai, tmp_path, DISCORD_GUILD_IDS=str(studio.foreign.id), **names):
        for name, may in (("moderator", VIEW), ("painter", VIEW + OPERATE), ("boss", EVERY)):
            who = studio.foreign.add_member(name, roles=people[name])
            assert await able(who, lobby) == may, name


async def test_in_a_guild_without_the_owner_permissions_make_operators_and_admins(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    await person.enqueue(draw(seconds=50, steps=100), runs=3)
    lobby = without_the_owner(studio)
    studio.foreign.open_all_commands()
    moderators = role(studio.foreign, "moderators", Permission.MANAGE_MESSAGES)
    people = {
        "passer-by": (studio.foreign.add_member("passer-by"), VIEW),
        "moderator": (studio.foreign.add_member("moderator", roles=[moderators]), VIEW + OPERATE),
        "stranger": (studio.person("stranger"), EVERY),
    }
    async with running(studio, invokeai, tmp_path, DISCORD_GUILD_IDS=str(studio.foreign.id)):
        for name, (who, may) in people.items():
            assert await able(who, lobby) == may, name
        ended = await studio.person("stranger").slash(lobby, "notify stop", guild=str(studio.guild.id))
        assert "Only the owner" in ended.text


async def test_in_a_guild_that_is_adopted_no_more_everything_is_refused(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    [job] = (await person.enqueue(draw(seconds=50, steps=100), destination="canvas")).numbers
    stranger, lobby = studio.people["stranger"]
    async with running(studio, invokeai, tmp_path, DISCORD_GUILD_IDS=str(studio.foreign.id)):
        assert await able(stranger, lobby) == EVERY
    shown, before = len(lobby.messages), invokeai.writes()
    async with running(studio, invokeai, tmp_path):
        for command, options in EVERY:
            answer = await stranger.slash(lobby, command, **options)
            assert answer.ephemeral, command
            assert "not one that I work for" in answer.text, command
        assert await stranger.autocomplete(lobby, "job", job="") == []
        assert (len(lobby.messages), invokeai.writes()) == (shown, before)
        for template in ALL_BUTTONS:
            custom_id = filled(template, stranger, job)
            await refused(studio, invokeai, (stranger, lobby), custom_id, "not one that I work for")


async def test_who_brings_the_bot_along_into_a_guild_of_their_own_is_refused(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    [job] = (await person.enqueue(draw(seconds=50, steps=100), destination="canvas")).numbers
    stranger, lobby = studio.people["stranger"]
    studio.foreign.state.installed = False
    async with running(studio, invokeai, tmp_path, DISCORD_GUILD_IDS=str(studio.foreign.id)):
        before = invokeai.writes()
        for command, options in EVERY:
            answer = await stranger.slash(lobby, command, **options)
            assert answer.ephemeral, command
            assert "Installed for yourself" in answer.text, command
        assert await stranger.autocomplete(lobby, "job", job="") == []
        assert invokeai.writes() == before
        for template in ALL_BUTTONS:
            custom_id = filled(template, stranger, job)
            await refused(studio, invokeai, (stranger, lobby), custom_id, "Installed for yourself")
        assert await able(studio.person("owner"), lobby) == EVERY


def without_the_owner(studio: Studio) -> Channel:
    """The stranger's guild is theirs alone; its channel."""
    stranger, lobby = studio.people["stranger"]
    studio.foreign.state.owner_id = stranger.id
    del studio.foreign.state.members[studio.discord.owner.id]
    return lobby
