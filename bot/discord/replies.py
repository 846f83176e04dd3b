"""Answers to an interaction: replied, whispered, shown as a form, or put in place of what was pressed."""

from contextlib import suppress
from datetime import datetime
from typing import Any, cast

import discord

from bot.discord.components import modal_of, view_of
from bot.discord.errors import THREAD_CLOSED
from bot.discord.sink import uploads
from bot.domain.limits import MAX_EDIT_AGE
from bot.render.message import Modal, Panel

_PUBLIC, _MESSAGE = "public", "message"
INPUT_KEYS, MENU_KEYS = {"custom_id", "value"}, {"custom_id", "values"}


async def reply(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Answer with the panel: in place of a deferral (of a press: in place of its message), or at once.

    A message in an archived thread stays as it is, and the answer is a whisper. A locked thread takes none
    either: then it is a direct message.
    """
    if not interaction.response.is_done():
        with uploads(panel.files) as files:
            await interaction.response.send_message(view=view_of(panel), files=files, ephemeral=True)
        return
    try:
        with uploads(panel.files) as files:
            await interaction.edit_original_response(view=view_of(panel), attachments=files)
    except discord.HTTPException as error:
        if error.code not in THREAD_CLOSED:
            raise
        await _follow_up(interaction, panel)


async def think(interaction: discord.Interaction[Any], *, public: bool = False) -> None:
    """Answer later, in a message of its own: to the whole channel if `public`, without a sound, else only to
    who asked.
    """
    interaction.extras[_PUBLIC] = public
    deferral = await interaction.response.defer(ephemeral=not public, thinking=True)
    interaction.extras[_MESSAGE] = deferral.message_id if deferral and public else None


def public_answer(interaction: discord.Interaction[Any]) -> int | None:
    """The id of the message in which the answer will stand for a whole channel; None if it is private."""
    return interaction.extras.get(_MESSAGE)


async def refuse(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Tell only who asked that it is not done, also where the answer would have been seen by all."""
    if interaction.extras.get(_PUBLIC):
        with suppress(discord.NotFound):  # somebody has deleted it already
            await interaction.delete_original_response()  # else the next message is its edit, for all
        await whisper(interaction, panel)
    else:
        await reply(interaction, panel)


async def announce(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Beside an answer that only one person sees: a message for the whole channel, without a sound. From then
    on it is the public answer.
    """
    with uploads(panel.files) as files:
        sent = await interaction.followup.send(view=view_of(panel), files=files, silent=True, wait=True)
    interaction.extras[_MESSAGE] = sent.id


async def announce_again(interaction: discord.Interaction[Any], panel: Panel | None) -> None:
    """The panel in the place of what was announced; None: it is taken back."""
    message_id: int = interaction.extras[_MESSAGE]
    with suppress(discord.NotFound):  # somebody has deleted it already
        if panel is None:
            await interaction.followup.delete_message(message_id)
        else:
            await interaction.followup.edit_message(message_id, view=view_of(panel))


async def whisper(interaction: discord.Interaction[Any], panel: Panel) -> None:
    """Tell only who asked, and leave every other message as it is."""
    if interaction.response.is_done():
        await _follow_up(interaction, panel)
    else:
        await reply(interaction, panel)


async def _follow_up(interaction: discord.Interaction[Any], panel: Panel) -> None:
    try:
        with uploads(panel.files) as files:
            await interaction.followup.send(view=view_of(panel), files=files, ephemeral=True)
    except discord.HTTPException as error:
        if error.code not in THREAD_CLOSED:
            raise
        with uploads(panel.files) as files:
            await interaction.user.send(view=view_of(panel), files=files)


async def ask(interaction: discord.Interaction[Any], form: Modal) -> None:
    """The first answer: a form to fill in. It comes back as a `modal_submit` with the form's custom id."""
    await interaction.response.send_modal(modal_of(form))


def filled_in(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What was typed into a form, or chosen in it, by the inputs' names."""
    data = cast("dict[str, Any]", interaction.data or {})
    rows = cast("list[dict[str, Any]]", data.get("components") or [])
    fields = [cast("dict[str, Any]", row.get("component") or {}) for row in rows]
    found = {str(each["custom_id"]): str(each["value"]) for each in fields if each.keys() >= INPUT_KEYS}
    for each in fields:
        if each.keys() >= MENU_KEYS and each["values"]:
            found[str(each["custom_id"])] = str(each["values"][0])
    return found


def chosen(interaction: discord.Interaction[Any]) -> list[str]:
    """The values that were chosen in a menu; none for a button."""
    data = cast("dict[str, Any]", interaction.data or {})
    return [str(value) for value in cast("list[Any]", data.get("values") or [])]


async def renew(interaction: discord.Interaction[Any], panel: Panel, now: datetime) -> None:
    """Show the panel in place of the one that was pressed; a new message instead of one that is too old."""
    message = interaction.message
    if message is None or now - message.created_at < MAX_EDIT_AGE:
        await reply(interaction, panel)
        return
    alone = message.flags.ephemeral
    with uploads(panel.files) as files:
        await interaction.followup.send(view=view_of(panel), files=files, ephemeral=alone, silent=True)
    await interaction.delete_original_response()


async def still_there(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed, read again, still has that button."""
    return _has(await interaction.original_response(), custom_id)


def _has(message: discord.Message, custom_id: str) -> bool:
    view = discord.ui.LayoutView.from_message(message, timeout=None)
    return any(getattr(item, "custom_id", None) == custom_id for item in view.walk_children())


def on_panel(interaction: discord.Interaction[Any]) -> bool:
    """Whether what was pressed stands below a panel, not below a notice."""
    return interaction.message is not None and interaction.message.flags.components_v2


def offers(interaction: discord.Interaction[Any], custom_id: str) -> bool:
    """Whether the message that was pressed had that button too."""
    return interaction.message is not None and _has(interaction.message, custom_id)
