"""Who may do what depends on where: this channel, another guild, a guild that is adopted no more."""

from house import InvokeAI, Studio
from test_access_matrix import refused

from sandbox.bot_process import BotProcess
from sandbox.discord.permissions import Permission


async def test_a_permission_of_this_channel_only_counts_in_this_channel_only(
    bot: BotProcess, studio: Studio
) -> None:
    del bot
    guest, other = studio.person("guest"), studio.guild.add_text_channel("other")
    for permission, command in ((Permission.MANAGE_MESSAGES, "resume"), (Permission.MANAGE_GUILD, "prune")):
        studio.guild.allow(studio.channel, guest, permission)
        assert "That needs" not in (await guest.slash(studio.channel, command)).text
        assert "That needs" in (await guest.slash(other, command)).text


async def test_a_permission_that_this_channel_takes_away_does_not_count_here(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    del bot
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
