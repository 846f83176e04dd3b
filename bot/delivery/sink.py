"""Where notices go, as the delivery sees it; `discord_sink.py` has it."""

from datetime import datetime
from typing import Protocol

from bot.render.message import Notice


class Sink(Protocol):
    """Where notices go. Raises the DeliveryError tree, or StartRefused where no sending makes sense."""

    async def ready(self) -> None:
        """Returns when the limits of the channels are known."""
        ...

    def file_limit(self, channel_id: int) -> int:
        """The largest file, in bytes, that the channel's guild takes."""
        ...

    async def send(self, channel_id: int, notice: Notice, nonce: str) -> int:
        """The new message's id."""
        ...

    async def find(self, channel_id: int, mark: str, since: datetime) -> int | None:
        """The id of our own message with that mark, sent after `since`; None if there is none."""
        ...

    async def edit(self, channel_id: int, message_id: int, notice: Notice) -> bool:
        """Our message says this now, and keeps its files; False if it is gone or takes no more edits."""
        ...
