"""Where a notice goes: a channel, or a person's direct messages."""

import discord

from bot.domain.events import person_of


async def place_of(client: discord.Client, channel_id: int) -> discord.PartialMessageable:
    """The channel of that id in the outbox. A person's is opened first, which Discord does once."""
    person = person_of(channel_id)
    if person is not None:
        channel_id = (await client.create_dm(discord.Object(person))).id
    return client.get_partial_messageable(channel_id)
