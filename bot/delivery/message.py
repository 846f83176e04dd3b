"""What goes to a channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.subscriptions import Preferences
from bot.images.picture import Picture
from bot.render.message import Notice
from bot.store.outbox_rows import OutboxEntry


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a channel. `rows` are those of the claim that it tells of; the others stay pending.

    `nonce`: by it Discord drops a repetition within minutes. `edits`: the message of ours that says this from
    now on; None: a new one. `keeps`: the attachments that an edited message keeps; None: all. `reply_to`: the
    message of ours that a new one answers, if it is still there. `first`: an edit that goes before it.
    `pictures` and `preferences` are what it was made of.
    """

    channel_id: int
    notice: Notice
    rows: Sequence[OutboxEntry]
    nonce: str
    pictures: Mapping[str, Picture]
    preferences: Preferences
    edits: int | None = None
    keeps: tuple[int, ...] | None = None
    reply_to: int | None = None
    first: "Message | None" = None
