"""Who may use the menus and forms of a channel's settings; what was not offered changes nothing."""

import pytest
from house import InvokeAI, Studio
from test_access_matrix import menu

from sandbox.bot_process import BotProcess

pytestmark = pytest.mark.parametrize("invokeai", ["sandbox"], indirect=True)
FORGED = {
    "what": "That menu is too old",
    "buzz": "That menu is too old",
    "mine": "That menu is too old",
    "privacy": "That menu is too old",
    "boards": "InvokeAI has no board",
    "users": "This InvokeAI has no accounts",
    "mention": "I can't find that role",
}
"""What is said to who may use that menu, but picks what it does not have."""
VALUES = ("../../boards", "job:delete:invokeai:1", "0", "9" * 30, "@everyone", "images,spoiler")


async def test_a_menu_of_a_channel_is_for_admins_and_takes_only_what_it_has(
    bot: BotProcess, studio: Studio, invokeai: InvokeAI
) -> None:
    before, writes = await shown(studio), invokeai.writes()
    for what, words in FORGED.items():
        for name, (who, channel) in studio.people.items():
            custom_id = f"channel:channel-{what}:{studio.channel.id}"
            for value in VALUES if name in {"admin", "owner"} else VALUES[:1]:
                answer = await who.select(menu(studio, channel, custom_id, value), custom_id, value)
                await answer.wait_for(lambda one: one.ephemeral or bool(one.followups))
                told = answer.followups[0] if answer.followups else answer
                refused = "DISCORD_GUILD_IDS" if name == "stranger" else "That needs"
                expected = words if name in {"admin", "owner"} else refused
                assert expected in told.text, f"{name} picks {value!r} in {custom_id}"
    assert await shown(studio) == before
    assert invokeai.writes() == writes
    assert not [line for line in bot.log if "Traceback" in line]


async def test_a_form_of_a_channel_is_for_admins(bot: BotProcess, studio: Studio) -> None:
    before = await shown(studio)
    for form in ("channel-hours", "channel-filters"):
        for name in ("guest", "operator", "stranger"):
            who, channel = studio.people[name]
            opened = await who.slash(channel, "queue")
            custom_id = f"channel:{form}:{studio.channel.id}"
            opened.interaction.modal = {"custom_id": custom_id, "title": "Forged", "components": []}
            answer = await who.submit(opened)
            assert answer.ephemeral
            words = "DISCORD_GUILD_IDS" if name == "stranger" else "That needs"
            assert words in answer.text, f"{name} fills in {form}"
    assert await shown(studio) == before
    assert not [line for line in bot.log if "Traceback" in line]


async def shown(studio: Studio) -> str:
    return (await studio.person("owner").slash(studio.channel, "notify show")).text
