"""How many bytes of pictures a message carries: fewer where the uplink is slow."""

import structlog

from bot.domain.limits import MAX_ATTACHMENTS

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_UPLOAD_TIMEOUT = 60.0
"""So many seconds a message has to arrive and be answered, besides those for its bytes."""
MIN_UPLOAD_SPEED = 128 * 1024
"""Bytes a second; about 1 Mbit/s. The largest message has 260 seconds, so that a lease outlasts it."""
MAX_TRIES = 3
"""So often is a message tried before a time-out makes it smaller. The outbox counts, also over restarts."""
MIN_GROWN = 32 * 1024
"""A budget grows to this at least, from however little."""
MESSAGE_BYTES = 2048
"""About what a message has besides its files."""


def upload_timeout(size: int) -> float:
    """The seconds in which a message with `size` bytes of files must have arrived."""
    return MIN_UPLOAD_TIMEOUT + size / MIN_UPLOAD_SPEED


class UploadBudget:
    """Each channel's budget: halved by each time-out of what was tried a few times, doubled by each message
    that was so quick that twice its bytes would arrive in time.
    """

    def __init__(self) -> None:
        self._budgets: dict[int, int] = {}
        """Of the channels that have less than the whole."""

    def of(self, channel_id: int) -> int:
        return self._budgets.get(channel_id, MAX_ATTACHMENTS)

    def timed_out(self, channel_id: int, size: int, attempts: int) -> None:
        """A message with `size` bytes of files did not arrive in time, at its so many-th try."""
        if size and attempts >= MAX_TRIES:
            budget = min(self.of(channel_id), size) // 2
            self._budgets[channel_id] = budget
            log.warning("upload_budget_halved", channel=channel_id, budget=budget)

    def delivered(self, channel_id: int, size: int, seconds: float) -> None:
        """A message with `size` bytes of files took so many seconds."""
        if channel_id not in self._budgets:
            return
        larger = max(2 * self._budgets[channel_id], MIN_GROWN)
        if seconds * larger >= upload_timeout(larger) * (size + MESSAGE_BYTES):
            return
        self._budgets[channel_id] = larger
        if larger >= MAX_ATTACHMENTS:
            del self._budgets[channel_id]
            log.info("upload_budget_recovered", channel=channel_id)
