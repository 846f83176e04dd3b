"""What a person wants to hear of once, besides the notices: the end of a job, of a batch or of the queue."""

from dataclasses import dataclass
from datetime import datetime

MAX_WAITS = 20
"""Of one person, on all servers."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A person waits for the job `number` that was queued at `created_at`, for a batch, or, with neither, for
    the queue to be empty. `parent_id`: of the thread in which they said so the channel around it.
    """

    server: str
    user_id: int
    guild_id: int
    channel_id: int
    parent_id: int | None = None
    number: int = 0
    created_at: datetime | None = None
    batch_id: str = ""
