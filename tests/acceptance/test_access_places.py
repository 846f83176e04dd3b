"""Who may do what depends on where: this channel, another guild, a guild that is no longer adopted."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from house import InvokeAI, Studio, bot_process
from person import Person, draw
from test_access_matrix import CREATE, EVERYTHING, MAY_PRESS, OPERATE, OWN, SHOWN, VIEW, filled, refused

from sandbox.bot_process import BotProcess
from sandbox.discord.permissions import Permission
from sandbox.web.shown import commands

FOR_CREATORS = VIEW + CREATE + OWN + SHOWN
OFFERED = {
    "guest": FOR_CREATORS,
    "operator": FOR_CREATORS + OPERATE,
    "admin": EVERYTHING,
    "owner": EVERYTHING,
}
"""Where creators have a role, of which Discord knows nothing, and nobody else has one."""


MENUS = {"Use as input…"}
"""In the menu of a message, for creators."""


def offered(studio: Studio, name: str) -> set[str]:
    """The commands that Discord's client offers to that person in the channel."""
    found = commands(studio.discord.world, studio.person(name).user, studio.channel)
    return {command["name"] for command in found}


def names(rows: Sequence[tuple[str, Any]]) -> set[str]:
    return {command.split()[0] for command, _ in rows} | MENUS


@asynccontextmanager
async def running(
    studio: Studio, invokeai: InvokeAI, folder: Path, **settings: str
) -> AsyncGenerator[BotProcess]:
    bot = bot_process(studio, invokeai.url, folder, **settings)
    await bot.start()
    await bot.says("discord_connected", within=20)
    yield bot
    assert await bot.stop() == 0


async def test_without_role_settings_discord_hides_what_a_permission_takes(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    for name, may in OFFERED.items():
        assert offered(studio, name) == names(may)
    guest = studio.person("guest")
    studio.guild.allow(studio.channel, guest, Permission.MANAGE_MESSAGES)
    assert offered(studio, "guest") == names(FOR_CREATORS + OPERATE)


async def test_with_role_settings_discord_hides_nothing(
    studio: Studio, invokeai: InvokeAI, tmp_path: Path
) -> None:
    everything = names(EVERYTHING)
    for name in ("BOT_OPERATOR_ROLES", "BOT_ADMIN_ROLES"):
        async with running(studio, invokeai, tmp_path, **{name: "painters"}):
            assert offered(studio, "guest") == everything


async def test_with_viewer_roles_only_their_holders_may_look(
    studio: Studio, invokeai: InvokeAI, person: Person, tmp_path: Path
) -> None:
    [job] = (await person.enqueue(draw(seconds=50, steps=100))).numbers
    role = studio.guild.add_role("viewers")
    spoofed = studio.guild.add_role(str(role.id))
    viewer = studio.guild.add_member("viewer", roles=[role])
    guests = [studio.person("guest"), studio.guild.add_member("spoofer", roles=[spoofed])]
    async with running(studio, invokeai, tmp_path, BOT_VIEWER_ROLES=str(role.id)):
        for guest in guests:
            for command, options in VIEW:
                answer = await guest.slash(studio.channel, command, **options)
                assert "That needs a viewer role" in answer.text, command
                assert answer.ephemeral, command
            for template in MAY_PRESS["guest"]:
                custom_id = filled(template, guest, job)
                await refused(studio, invokeai, (guest, studio.channel), custom_id, "a viewer role")
            assert await guest.autocomplete(studio.channel, "job", job="") == []
        for who in (viewer, *(studio.person(name) for name in ("operator", "admin", "owner"))):
            for command, options in VIEW:
                assert "That needs" not in (await who.slash(studio.channel, command, **options)).text
            assert len(await who.autocomplete(studio.channel, "job", job="")) == 1


async def test_a_permission_of_this_channel_only_counts_in_this_channel_only(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    studio.guild.open_all_commands()
    guest, other = studio.person("guest"), studio.guild.add_text_channel("other")
    for permission, command in ((Permission.MANAGE_MESSAGES, "resume"), (Permission.MANAGE_GUILD, "prune")):
        studio.guild.allow(studio.channel, guest, permission)
        assert "That needs" not in (await guest.slash(studio.channel, command)).text
        assert "That needs" in (await guest.slash(other, command)).text


async def test_a_permission_that_this_channel_takes_away_does_not_count_here(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
    studio.guild.open_all_commands()
    other, before = studio.guild.add_text_channel("other"), invokeai.writes()
    operator, admin = studio.person("operator"), studio.person("admin")
    studio.guild.deny(studio.channel, operator, Permission.MANAGE_MESSAGES)
    studio.guild.deny(studio.channel, admin, Permission.MANAGE_GUILD)
    for who, custom_id in ((operator, "queue:pause:invokeai"), (operator, "job:cancel:invokeai:1")):
        await refused(studio, invokeai, (who, studio.channel), custom_id, "That needs")
    for who, command in ((operator, "resume"), (admin, "prune"), (admin, "notify here")):
        assert "That needs" in (await who.slash(studio.channel, command)).text
    assert invokeai.writes() == before
    for who, command in ((operator, "resume"), (admin, "prune")):
        assert "That needs" not in (await who.slash(other, command)).text
