"""The parts of our messages as discord.py's: files, embeds, buttons, menus, panels, forms.

Each word of them passes `hide`, the last look before it leaves; foreign text was scrubbed before.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import discord

from bot.domain.actions import ButtonStyle
from bot.domain.limits import FORM_LIFETIME
from bot.domain.subscriptions import MentionKind
from bot.own_secrets import hide
from bot.render.message import (
    ActionRow,
    Attachment,
    Block,
    Button,
    Embed,
    File,
    Input,
    MediaGallery,
    MediaItem,
    Menu,
    Modal,
    Panel,
    PeopleMenu,
    Section,
    Separator,
    Text,
)

STYLES = {
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.SUCCESS: discord.ButtonStyle.success,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}
DEFAULTS = {
    MentionKind.ROLE: discord.SelectDefaultValueType.role,
    MentionKind.USER: discord.SelectDefaultValueType.user,
}


class PanelButton(discord.ui.DynamicItem[discord.ui.Item[Any]], template=re.compile(".+", re.DOTALL)):
    """Any component of ours, after any restart. A press becomes the event `press`; a cog knows its meaning.

    Wrapped in it a button costs no memory: discord.py remembers plain ones, message by message.
    """

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> "PanelButton":
        del interaction, match
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        interaction.client.dispatch("press", interaction)


def rows_of(rows: Sequence[ActionRow | Menu]) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for place, row in enumerate(rows):
        items = [_menu(row)] if isinstance(row, Menu) else [_button(button) for button in row.buttons]
        for item in items:
            view.add_item(PanelButton(item, row=place))
    return view


def _menu(menu: Menu) -> discord.ui.Select[Any]:
    options = [
        discord.SelectOption(label=hide(one.label), value=one.value, default=one.chosen)
        for one in menu.options
    ]
    return discord.ui.Select(
        custom_id=menu.action,
        placeholder=hide(menu.hint),
        options=options,
        min_values=menu.least,
        max_values=menu.most,
    )


def _people(menu: PeopleMenu) -> discord.ui.MentionableSelect[Any]:
    chosen = (
        []
        if menu.chosen is None
        else [discord.SelectDefaultValue(id=menu.chosen.id, type=DEFAULTS[menu.chosen.kind])]
    )
    return discord.ui.MentionableSelect(
        custom_id=menu.action, placeholder=hide(menu.hint), default_values=chosen, min_values=0
    )


def modal_of(form: Modal) -> discord.ui.Modal:
    modal = discord.ui.Modal(
        title=hide(form.title), custom_id=form.action, timeout=FORM_LIFETIME.total_seconds()
    )
    for each in form.inputs:
        modal.add_item(
            discord.ui.Label[Any](
                text=hide(each.label), description=hide(each.help) or None, component=_input(each)
            )
        )
    return modal


def _input(
    asked: Input,
) -> discord.ui.TextInput[Any] | discord.ui.Select[Any] | discord.ui.FileUpload[Any]:
    if asked.file:
        least = 1 if asked.needed else 0
        return discord.ui.FileUpload(
            custom_id=asked.name, required=asked.needed, min_values=least, max_values=1
        )
    if asked.options:
        options = [
            discord.SelectOption(label=hide(one.label), value=one.value, default=one.value == asked.text)
            for one in asked.options
        ]
        return discord.ui.Select(
            custom_id=asked.name, options=options, required=asked.needed, min_values=1 if asked.needed else 0
        )
    if asked.choices:
        options = [
            discord.SelectOption(label=hide(each), default=each == asked.text) for each in asked.choices
        ]
        return discord.ui.Select(custom_id=asked.name, options=options, required=asked.needed)
    return discord.ui.TextInput(
        custom_id=asked.name,
        style=discord.TextStyle.paragraph if asked.lines else discord.TextStyle.short,
        default=hide(asked.text) or None,
        placeholder=hide(asked.hint) or None,
        required=asked.needed,
        max_length=asked.longest,
    )


def _button(button: Button) -> discord.ui.Button[Any]:
    return discord.ui.Button(
        label=hide(button.label) or None,
        custom_id=button.action,
        style=STYLES[button.style],
        emoji=button.emoji,
        disabled=button.disabled,
    )


def view_of(panel: Panel) -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=None)
    items = [_item(block) for block in panel.blocks]
    view.add_item(discord.ui.Container[discord.ui.LayoutView](*items, accent_colour=int(panel.colour)))
    return view


def _item(block: Block) -> discord.ui.Item[Any]:  # noqa: PLR0911 - a line for each kind of block
    match block:
        case Text(body):
            return discord.ui.TextDisplay[discord.ui.LayoutView](hide(body))
        case MediaGallery(items, spoiler):
            return discord.ui.MediaGallery[discord.ui.LayoutView](
                *(_media_item(item, spoiler=spoiler) for item in items)
            )
        case Section():
            return _section(block)
        case Attachment(name, spoiler):
            return discord.ui.File[discord.ui.LayoutView](f"attachment://{hide(name)}", spoiler=spoiler)
        case Separator():
            return discord.ui.Separator[discord.ui.LayoutView]()
        case Menu() | PeopleMenu():
            menu = _menu(block) if isinstance(block, Menu) else _people(block)
            return discord.ui.ActionRow[Any](PanelButton(menu))
        case ActionRow(buttons):
            return discord.ui.ActionRow[Any](*(PanelButton(_button(button)) for button in buttons))


def _section(section: Section) -> discord.ui.Section[discord.ui.LayoutView]:
    picture = discord.ui.Thumbnail[discord.ui.LayoutView](
        f"attachment://{hide(section.picture.name)}",
        description=_hidden(section.picture.description),
        spoiler=section.spoiler,
    )
    return discord.ui.Section[discord.ui.LayoutView](hide(section.body), accessory=picture)


def _media_item(item: MediaItem, *, spoiler: bool) -> discord.MediaGalleryItem:
    return discord.MediaGalleryItem(
        f"attachment://{hide(item.name)}", description=_hidden(item.description), spoiler=spoiler
    )


class FileBuffer(io.BytesIO):
    """aiohttp asks for the size through getbuffer, which of a plain BytesIO makes a copy of the whole."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._data = data

    def getbuffer(self) -> memoryview:
        return memoryview(self._data)

    def close(self) -> None:
        super().close()
        self._data = b""


def file_of(file: File) -> discord.File:
    return discord.File(
        FileBuffer(file.data),
        filename=hide(file.name),
        description=_hidden(file.description),
        spoiler=file.spoiler,
    )


def embed_of(embed: Embed) -> discord.Embed:
    made = discord.Embed(
        colour=int(embed.colour),
        title=_hidden(embed.title),
        description=_hidden(embed.description),
    )
    for field in embed.fields:
        made.add_field(name=hide(field.name), value=hide(field.value), inline=field.inline)
    if embed.footer is not None:
        made.set_footer(text=hide(embed.footer))
    return made


def _hidden(text: str | None) -> str | None:
    return None if text is None else hide(text)
