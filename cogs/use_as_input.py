"""“Use as input…” below each message with a picture: a form, and then what /imagine does with an image."""

import asyncio
from collections.abc import Sequence

import discord
from discord import app_commands
from discord.ext import commands

from bot.controls.styles import StyleControls
from bot.discord.client import InvokeAIBot, needs
from bot.discord.message_pictures import MessagePicture, download, pictures_of
from bot.discord.open_forms import OpenForm
from bot.discord.replies import ask, filled_in, refuse, think
from bot.domain import actions
from bot.domain.creation import Wish
from bot.domain.limits import COUNTS, FORM_TIMEOUT, MAX_OPTIONS
from bot.errors import InvokeAIUnavailable, RequestRefused
from bot.render import creation_forms
from bot.render.forms import refilled, typed_back
from cogs.create import MAX_UPLOAD_BYTES, make
from cogs.edit_again import handing_back
from cogs.presses import Interaction

COUNT_OF = {str(count): count for count in COUNTS}
WRITTEN = ("prompt", "negative")
"""What people write themselves."""


class UseAsInputCog(commands.Cog):
    def __init__(self, bot: InvokeAIBot) -> None:
        self._bot = bot
        self._menu = needs(actions.USE_AS_INPUT)(
            app_commands.ContextMenu(name="Use as input…", callback=self.use_as_input)
        )

    async def cog_load(self) -> None:
        self._bot.tree.add_command(self._menu)

    async def cog_unload(self) -> None:
        self._bot.tree.remove_command(self._menu.name, type=self._menu.type)

    def _styles(self) -> StyleControls:
        """Of a server that answers, if one does."""
        reachable = (each for each in self._bot.servers if each.views.state.reachable)
        return next(reachable, self._bot.servers.first).styles

    async def use_as_input(self, interaction: Interaction, message: discord.Message) -> None:
        pictures = pictures_of(message)
        if not pictures:
            raise RequestRefused("That message has no picture.")
        guild, channel = interaction.guild_id or 0, interaction.channel_id
        try:
            async with asyncio.timeout(FORM_TIMEOUT):
                styles = await self._styles().from_a_picture(guild, channel, MAX_OPTIONS)
        except TimeoutError:
            raise InvokeAIUnavailable("InvokeAI is slow just now. Try again, or use /imagine.") from None
        labels = creation_forms.labels([one.name for one in pictures])
        form = creation_forms.use_as_input(interaction.id, labels, styles)
        opened = OpenForm(interaction.user.id, pictures, styles[0] if len(styles) == 1 else None, form)
        self._bot.open_forms.keep(interaction.id, opened)
        await ask(interaction, form)


async def submit(interaction: Interaction, form_id: int) -> None:
    """A form that was filled in: what /imagine does with that picture."""
    typed = filled_in(interaction)
    await think(interaction, public=True)
    try:
        opened = interaction.client.open_forms.of(form_id, interaction.user.id)
    except RequestRefused as error:  # after a restart; to open the same form again would lead nowhere
        written = [(name, typed[name]) for name in WRITTEN if name in typed]
        await refuse(interaction, typed_back(str(error), written))
        return
    with handing_back(refilled(opened.form, typed)):
        data = await download(_chosen(opened.pictures, typed.get("picture")).url, MAX_UPLOAD_BYTES)
        wish = Wish(
            typed.get("prompt", ""),
            typed.get("style", opened.style),
            typed.get("negative", "").strip() or None,
            COUNT_OF.get(typed.get("count", ""), 1),
            image=data,
        )
        await make(interaction, wish)


def _chosen(pictures: Sequence[MessagePicture], label: str | None) -> MessagePicture:
    """The only one where the form did not ask."""
    place = creation_forms.place_of(label) if label is not None else 0
    if place is None or place >= len(pictures):
        raise RequestRefused("Choose one of the message's pictures; nothing was queued.")
    return pictures[place]


async def setup(bot: InvokeAIBot) -> None:
    await bot.add_cog(UseAsInputCog(bot))
