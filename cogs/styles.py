"""Styles: /style save, list, show, delete, default, and the button that saves one."""

import asyncio
from collections.abc import Mapping
from typing import Literal

from discord import app_commands
from discord.ext import commands

from bot.discord.client import InvokeAIBot, needs
from bot.discord.replies import filled_in, reply, think
from bot.discord.server_options import JobNumber, ServerName
from bot.domain import actions
from bot.domain.creation import StyleList, StyleView, Template
from bot.domain.styles import MAX_NAME
from bot.render import creation, creation_forms
from bot.render.forms import refilled
from bot.render.message import Modal, Panel
from cogs.autocomplete import servers, styles
from cogs.edit_again import handing_back
from cogs.job_autocomplete import finished_jobs
from cogs.job_buttons import JobPress, on_open, on_press
from cogs.presses import Interaction
from cogs.visibility import disclosure_here
from cogs.which_server import WHICH, meant

MAX_CHECKS = 24
"""So many looks whether a server can run a style are taken for a list; /style show takes all of one style."""
StyleWord = app_commands.Range[str, 1, MAX_NAME]


@on_open(actions.SAVE_AS_STYLE)
async def save_as_style(pressed: JobPress) -> Modal:
    return creation_forms.save_as(pressed.button.number, pressed.button.server)


@on_press(actions.SAVED_AS_STYLE)
async def saved_as_style(pressed: JobPress) -> Panel:
    interaction, number, typed = pressed.interaction, pressed.button.number, filled_in(pressed.interaction)
    guild, styles, name = interaction.guild_id or 0, pressed.controls.styles, typed.get("name", "")
    default_here = typed.get("default") == creation_forms.YES
    with handing_back(refilled(creation_forms.save_as(number, pressed.button.server), typed)):
        view = await styles.save(guild, number, name, interaction.user.id)
        if default_here:
            await styles.make_default(guild, view.style.about.name, interaction.channel_id)
    return creation.saved(view, await disclosure_here(interaction), default_here=default_here)


class StylesCog(commands.GroupCog, group_name="style", group_description="Looks for new pictures"):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._styles = bot.controls.styles  # what is saved is the same for all servers
        self._servers = bot.servers

    @needs(actions.SAVE_STYLE)
    @app_commands.command(description="Keep a finished job as a style for /imagine")
    @app_commands.describe(
        job="The job's number", name="What to call it; an old style of that name goes", server=WHICH
    )
    @app_commands.autocomplete(job=finished_jobs)
    @app_commands.autocomplete(server=servers)
    async def save(
        self, interaction: Interaction, job: JobNumber, name: StyleWord, server: ServerName | None = None
    ) -> None:
        controls = await meant(interaction, server, job)
        await think(interaction)
        guild_id = interaction.guild_id or 0
        view = await controls.styles.save(guild_id, job.number, name, interaction.user.id)
        await reply(interaction, creation.saved(view, await disclosure_here(interaction)))

    @needs(actions.STYLES)
    @app_commands.command(description="The styles of this server")
    async def list(self, interaction: Interaction) -> None:
        await think(interaction)
        known = await self._styles.listed(interaction.guild_id or 0, interaction.channel_id)
        able = await self._able(known)
        await reply(interaction, creation.styles(known, several=self._servers.several, able=able))

    async def _able(self, known: StyleList) -> Mapping[str, Mapping[str, str | None]]:
        """What each of several servers lacks to run each style; nothing where that is much to ask."""
        names = self._servers.names
        if not self._servers.several or len(known.styles) * len(names) > MAX_CHECKS:
            return {}
        views = [await self._styles.view(each.guild_id, each.name) for each in known.styles]
        checks = [self._servers.placing.able(_template(view), names) for view in views]
        return dict(zip((each.name for each in known.styles), await asyncio.gather(*checks), strict=True))

    @needs(actions.STYLES)
    @app_commands.command(description="What a style looks like, and what can be changed in it")
    @app_commands.autocomplete(name=styles)
    async def show(self, interaction: Interaction, name: StyleWord) -> None:
        await think(interaction)
        guild, disclosure = interaction.guild_id or 0, await disclosure_here(interaction)
        if not self._servers.several:
            await reply(interaction, creation.style(await self._styles.show(guild, name), disclosure))
            return
        view = await self._styles.view(guild, name)
        able = await self._servers.placing.able(_template(view), self._servers.names)
        await reply(interaction, creation.style(view, disclosure, able))

    @needs(actions.SAVE_STYLE)
    @app_commands.command(description="Delete a style; its pictures stay")
    @app_commands.autocomplete(name=styles)
    async def delete(self, interaction: Interaction, name: StyleWord) -> None:
        await think(interaction)
        await reply(interaction, creation.deleted(await self._styles.delete(interaction.guild_id or 0, name)))

    @needs(actions.SAVE_STYLE)
    @app_commands.command(description="Choose the style that /imagine uses where none is named")
    @app_commands.describe(name="The style; without it there is no default any more", where="Where it counts")
    @app_commands.autocomplete(name=styles)
    async def default(
        self,
        interaction: Interaction,
        name: StyleWord | None = None,
        where: Literal["server", "channel"] = "server",
    ) -> None:
        await think(interaction)
        here = interaction.channel_id if where == "channel" else None
        about = await self._styles.make_default(interaction.guild_id or 0, name, here)
        await reply(interaction, creation.default(about, here=here is not None))


def _template(view: StyleView) -> Template:
    about = view.style.about
    return Template(view.style.graph, about.number, about.name)


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(StylesCog(bot))
