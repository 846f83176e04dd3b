"""/link: which InvokeAI user is which person here."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import think
from bot.discord.server_options import ServerName
from bot.domain import actions
from bot.errors import RequestRefused
from bot.render import linking
from cogs.autocomplete import accounts, servers
from cogs.presses import Interaction
from cogs.which_server import WHICH, answer, meant

NOT_HERE = "No notices come to this channel. Use /link in one that gets them: there the person is mentioned."


class LinkCog(commands.Cog):
    @needs(actions.LINK)
    @app_commands.command(description="Say which InvokeAI user a person is, so that notices mention them")
    @app_commands.describe(
        person="Who it is on Discord",
        user="Their InvokeAI user; without it you see who is linked",
        remove="Remove that user's link",
        server=WHICH,
    )
    @app_commands.autocomplete(user=accounts, server=servers)
    async def link(
        self,
        interaction: Interaction,
        person: discord.Member | None = None,
        user: app_commands.Range[str, 1, 100] | None = None,
        server: ServerName | None = None,
        *,
        remove: bool = False,
    ) -> None:
        controls = await meant(interaction, server)
        await think(interaction)
        guild_id, accounts = _guild_of(interaction), controls.linking
        if user is None:
            made = await accounts.all(guild_id)
            panel = linking.links([one for one in made if person is None or one.user_id == person.id])
        elif remove:
            panel = linking.unlinked(await accounts.unlink(user, guild_id))
        else:
            channel_id, user_id = await _told_channel(interaction), _id_of(person)
            panel = linking.linked(await accounts.link(user, user_id, guild_id, channel_id))
        await answer(interaction, controls, panel)


def _guild_of(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise RequestRefused("That works in a server's channel only.")
    return interaction.guild_id


def _id_of(person: discord.Member | None) -> int:
    if person is None:
        raise RequestRefused("Name the person too. Nothing was linked.")
    return person.id


async def _told_channel(interaction: Interaction) -> int:
    """This channel. RequestRefused where no notices come, for nobody would be mentioned."""
    channel_id = interaction.channel_id
    if channel_id is None or await interaction.client.channels.of(channel_id) is None:
        raise RequestRefused(NOT_HERE)
    return channel_id


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(LinkCog())
