"""What discord.py is handed for a notice or a panel, as plain data."""

import re
from typing import Any, cast

import discord

from bot.discord.replies import reply
from bot.discord.sink import send_notice
from bot.render.message import Notice, Panel

_BLOCK = re.compile(r"```.*?```", re.DOTALL)


class _Asked:
    """In the place of a client, a channel, and an interaction: keeps what it is asked to send."""

    def __init__(self) -> None:
        self.content: str | None = None
        self.kept: dict[str, Any] = {}
        self.id = 1
        self.response = self

    def get_partial_messageable(self, _: int) -> "_Asked":
        return self

    def is_done(self) -> bool:
        return False

    async def send(self, content: str | None = None, **kept: Any) -> "_Asked":
        self.content = content
        self.kept = kept
        return self

    async def send_message(self, **kept: Any) -> None:
        self.kept = kept


async def notice_payload(notice: Notice) -> dict[str, Any]:
    asked = _Asked()
    await send_notice(cast("Any", asked), 42, notice)
    return _payload(asked)


async def panel_payload(panel: Panel) -> dict[str, Any]:
    asked = _Asked()
    await reply(cast("Any", asked), panel)
    return _payload(asked)


def _payload(asked: _Asked) -> dict[str, Any]:
    """Without what is empty, and without the words in a code block: those are a server's."""
    kept = asked.kept
    view = kept.get("view")
    files: list[discord.File] = kept.get("files", [])
    mentions: discord.AllowedMentions | None = kept.get("allowed_mentions")
    payload: dict[str, Any] = {
        "content": asked.content,
        "embeds": [embed.to_dict() for embed in kept.get("embeds", [])],
        "components": view.to_components()
        if isinstance(view, discord.ui.View | discord.ui.LayoutView)
        else [],
        "files": [{"filename": file.filename, "description": file.description} for file in files],
        "allowed_mentions": mentions.to_dict() if mentions is not None else None,
        "ephemeral": kept.get("ephemeral"),
    }
    return {name: _short(value) for name, value in payload.items() if value not in (None, [], "")}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return _BLOCK.sub("```…```", value)
    if isinstance(value, dict):
        return {name: _short(each) for name, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_short(each) for each in cast("list[Any]", value)]
    return value
