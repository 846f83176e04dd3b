"""What a button, a menu or a form of a channel's settings means; `custom_ids` has those of jobs and queues.

channel:<action>:<channel>      one channel's settings, by Discord's id
channels:page:<page>            a page of all that are subscribed in the guild
"""

import re
from dataclasses import dataclass

from bot.domain.actions import Action, Component, of_component

ACTIONS = of_component(Component.CHANNEL_BUTTON, Component.CHANNEL_MENU, Component.CHANNEL_FORM)


@dataclass(frozen=True, slots=True)
class ChannelButton:
    action: Action
    channel_id: int


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """`page` begins at 1."""

    page: int


OfChannel = ChannelButton | ChannelsPage

_CHANNEL = re.compile(rf"channel:(?P<action>{'|'.join(ACTIONS)}):(?P<channel>[1-9][0-9]{{0,19}})")
_CHANNELS = re.compile(r"channels:page:(?P<page>[1-9][0-9]{0,3})")


def written(meaning: OfChannel) -> str:
    match meaning:
        case ChannelButton(action, channel_id):
            return f"channel:{action.name}:{channel_id}"
        case ChannelsPage(page):
            return f"channels:page:{page}"


def read(custom_id: str) -> OfChannel | None:
    """None for what `written` does not write."""
    if found := _CHANNEL.fullmatch(custom_id):
        return ChannelButton(ACTIONS[found["action"]], int(found["channel"]))
    found = _CHANNELS.fullmatch(custom_id)
    return ChannelsPage(int(found["page"])) if found else None
