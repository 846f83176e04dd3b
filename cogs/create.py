"""New pictures: /imagine, and /quota."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.controls.server_controls import ServerControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.message_pictures import download, too_large
from bot.discord.replies import public_answer, reply, think
from bot.discord.server_options import ServerName
from bot.domain import actions
from bot.domain.access import Capability
from bot.domain.creation import Template, Wish
from bot.domain.limits import MAX_COUNT, MAX_SEED
from bot.domain.submissions import Asker
from bot.errors import AccessRefused, RequestRefused
from bot.render import creation
from bot.render.presentation import veiled_prompt
from cogs.autocomplete import servers, styles
from cogs.errors import HANDED_BACK
from cogs.presses import Interaction
from cogs.visibility import disclosure_here, subscription_here
from cogs.which_server import chosen_server

MAX_UPLOAD_BYTES = 20 * 1024 * 1024


async def asker_of(interaction: Interaction) -> Asker:
    """The quotas are for those who may do no more than create. After `think` it has the answer's message."""
    capability = await interaction.client.capability(interaction)
    counted = capability < Capability.OPERATE
    here = interaction.channel
    return Asker(
        interaction.user.id,
        interaction.guild_id,
        interaction.channel_id,
        counted,
        public_answer(interaction),
        here.parent_id if isinstance(here, discord.Thread) else None,
    )


async def make(interaction: Interaction, wish: Wish, server: str | None = None) -> None:
    """After a public `think`: the picture is queued for who asked, and the channel sees that.

    On that server, or on the one that should be free first.
    """
    servers = interaction.client.servers
    chosen, template = await chosen_server(interaction, server), None
    if chosen is None:
        chosen, template = await _placed(interaction, wish)
    done = await chosen.creating.imagine(await asker_of(interaction), wish, template)
    shown = veiled_prompt(wish.prompt, await disclosure_here(interaction))
    name = chosen.server if servers.several else None
    await reply(interaction, creation.imagined(shown, done, server_name=name))


async def _placed(interaction: Interaction, wish: Wish) -> tuple[ServerControls, Template]:
    """Of those of which this channel hears."""
    servers, here = interaction.client.servers, await subscription_here(interaction)
    among = servers.names if here is None or here.servers is None else servers.names & here.servers
    guild, channel = interaction.guild_id or 0, interaction.channel_id
    template = await servers.placing.template(guild, channel, wish.style, among)
    name = await servers.placing.pick(template, among, replaced=wish.image is not None)
    return servers.required(name), template


class CreateCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._creating = bot.controls.creating  # its quotas

    @needs(actions.IMAGINE)
    @app_commands.command(
        description="Make a picture from a sentence", extras={HANDED_BACK: ("prompt", "negative")}
    )
    @app_commands.describe(
        prompt="What the picture shows",
        style="A saved style; without it the default, or the newest picture's",
        negative="What the picture must not show",
        count="How many pictures; one without it",
        seed="The first seed; the next ones count up. New ones without it",
        image="A picture to start from, where the style takes one",
        first="Run it before all that waits (operators only)",
        server="Which InvokeAI; without it the one that is free first",
    )
    @app_commands.autocomplete(style=styles, server=servers)
    async def imagine(
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, 4000],
        style: app_commands.Range[str, 1, 100] | None = None,
        negative: app_commands.Range[str, 1, 4000] | None = None,
        *,
        count: app_commands.Range[int, 1, MAX_COUNT] = 1,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        image: discord.Attachment | None = None,
        first: bool = False,
        server: ServerName | None = None,
    ) -> None:
        asker = await asker_of(interaction)
        if first and asker.counted:
            raise AccessRefused("Only operators may run something first. Leave it out; nothing was queued.")
        await think(interaction, public=True)
        data = await _read(image) if image is not None else None
        await make(interaction, Wish(prompt, style, negative, count, seed, data, first), server)

    @needs(actions.QUOTA)
    @app_commands.command(description="How many pictures you may still ask for; admins see everybody's quota")
    async def quota(self, interaction: Interaction) -> None:
        await think(interaction)
        asker = await asker_of(interaction)
        if await interaction.client.capability(interaction) < Capability.ADMIN:
            mine, quota = await self._creating.usage(asker.user_id)
            await reply(interaction, creation.usage(mine, quota, counted=asker.counted))
            return
        everywhere = interaction.client.owns(interaction)
        people, quota = await self._creating.everybody(None if everywhere else interaction.guild_id or 0)
        await reply(interaction, creation.everybody(people, quota))


async def _read(image: discord.Attachment) -> bytes:
    """RequestRefused for one that is too large, or gone."""
    if image.size > MAX_UPLOAD_BYTES:
        raise RequestRefused(too_large(MAX_UPLOAD_BYTES))
    return await download(image.url, MAX_UPLOAD_BYTES)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(CreateCog(bot))
