"""Messages of the bot with buttons that it did not send this time: old ones, forged ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from house import Studio

from sandbox.discord.answers import Answer
from sandbox.discord.people import Person as Member
from sandbox.discord.state import COMPONENTS_V2, EPHEMERAL, Message
from sandbox.discord.world import Channel


def buttons(components: list[dict[str, Any]]) -> dict[str, str]:
    """The custom ids of all buttons, by label, or by the emoji that stands for it."""
    found: dict[str, str] = {}
    for one in components:
        if one["type"] == 2:
            found[one.get("label") or one["emoji"]["name"]] = one["custom_id"]
        found |= buttons(one.get("components", []))
    return found


async def press(who: Member, message: Message | Answer, label: str) -> Answer:
    """That button, or the one of that name behind *More*; the panel of *More* where there is none."""
    there = buttons(message.components)
    if label in there:
        return await who.press(message, there[label])
    more = await who.press(message, there["More"])
    assert more.ephemeral
    there = buttons(more.components)
    if label not in there:
        return more
    answer = await who.press(more, there[label])
    return await answer.wait_for(lambda one: label not in buttons(one.components))


def plant(
    studio: Studio,
    channel: Channel,
    custom_ids: Sequence[str],
    *,
    seen_by: Member | None = None,
    age: timedelta = timedelta(),
) -> Message:
    """A panel with those buttons; a message's id tells Discord, and so the bot, how old it is."""
    world = studio.discord.world
    row: dict[str, Any] = {"type": 1, "id": 2, "components": []}
    for number, custom_id in enumerate(custom_ids):
        button = {"type": 2, "id": 3 + number, "style": 4, "label": f"b{number}", "custom_id": custom_id}
        row["components"].append(button)
    message = Message(
        id=world.new_id() - (int(age.total_seconds() * 1000) << 22),
        channel_id=channel.id,
        guild_id=channel.guild.id if channel.guild else None,
        author=world.bot,
        at=world.now() - age,
        components=[{"type": 17, "id": 1, "components": [row], "accent_color": None, "spoiler": False}],
        flags=COMPONENTS_V2 | (EPHEMERAL if seen_by else 0),
        ephemeral_for=seen_by.id if seen_by else None,
        webhook_id=world.application_id,
    )
    if seen_by is None:
        channel.stored[message.id] = message
    return message
