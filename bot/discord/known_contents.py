"""What an album has after our own edit, as Discord's answer to that said: then it need not be asked again."""

from collections import Counter

from bot.render.album_text import AlbumContents


class KnownContents:
    """For each channel the message that was edited last. A restart knows nothing, and neither does a failure:
    whatever began and was not answered, or was overtaken by another change, leaves nothing behind.
    """

    def __init__(self) -> None:
        self._contents: dict[int, tuple[int, AlbumContents]] = {}
        self._changes: Counter[int] = Counter()

    def of(self, channel_id: int, message_id: int) -> AlbumContents | None:
        """None: ask Discord."""
        known_id, contents = self._contents.get(channel_id, (None, None))
        return contents if known_id == message_id else None

    def begin(self, channel_id: int) -> int:
        """Something changes there: what was known is not any more. The change's number, for its `end`."""
        self._contents.pop(channel_id, None)
        self._changes[channel_id] += 1
        return self._changes[channel_id]

    def end(self, channel_id: int, change: int, message_id: int, contents: AlbumContents) -> None:
        """That change was answered: the message has this, unless another change began since."""
        if self._changes[channel_id] == change:
            self._contents[channel_id] = message_id, contents
