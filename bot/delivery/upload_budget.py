"""How many bytes of pictures a message carries: fewer where the uplink is slow."""

from dataclasses import dataclass

import structlog

from bot.domain.limits import MAX_ATTACHMENTS

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_UPLOAD_TIMEOUT = 60.0
"""So many seconds a message has to arrive and be answered, besides those for its bytes."""
MIN_UPLOAD_SPEED = 128 * 1024
"""Bytes a second; about 1 Mbit/s. The largest message has 260 seconds, so that a lease outlasts it."""
MAX_TIMEOUTS = 3
"""So often in a row is a message of the same size tried in time, before a smaller one is."""
MIN_BUDGET = 32 * 1024
"""Below that a picture is left out."""
MESSAGE_BYTES = 2048
"""About what a message has besides its files."""


@dataclass(slots=True)
class _Uplink:
    budget: int = MAX_ATTACHMENTS
    timeouts: int = 0


def upload_timeout(size: int) -> float:
    """The seconds in which a message with `size` bytes of files must have arrived."""
    return MIN_UPLOAD_TIMEOUT + size / MIN_UPLOAD_SPEED


class UploadBudget:
    """Each channel's budget: halved by each time-out after a few in a row, doubled by each message that was
    so quick that twice its bytes would arrive in time.
    """

    def __init__(self) -> None:
        self._uplinks: dict[int, _Uplink] = {}
        """Of the channels whose last message timed out, or that have less than the whole budget."""

    def of(self, channel_id: int) -> int:
        uplink = self._uplinks.get(channel_id)
        return MAX_ATTACHMENTS if uplink is None else uplink.budget

    def timed_out(self, channel_id: int, size: int) -> None:
        """A message with `size` bytes of files did not arrive in time."""
        uplink = self._uplinks.setdefault(channel_id, _Uplink())
        uplink.timeouts += 1
        if size and uplink.timeouts >= MAX_TIMEOUTS:
            uplink.budget = max(min(uplink.budget, size) // 2, MIN_BUDGET)
            log.warning("upload_budget_halved", channel=channel_id, budget=uplink.budget)

    def delivered(self, channel_id: int, size: int, seconds: float) -> None:
        """A message with `size` bytes of files took so many seconds."""
        uplink = self._uplinks.get(channel_id)
        if uplink is None:
            return
        uplink.timeouts = 0
        larger = min(2 * uplink.budget, MAX_ATTACHMENTS)
        if seconds * larger < upload_timeout(larger) * (size + MESSAGE_BYTES):
            uplink.budget = larger
        if uplink.budget == MAX_ATTACHMENTS:
            del self._uplinks[channel_id]
            log.info("upload_budget_recovered", channel=channel_id)
