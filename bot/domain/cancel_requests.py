"""Who asked through the bot to cancel which jobs."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.jobs import Job, JobStatus


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Jobs up to the number `up_to`: that one, those of a batch or a destination, or all of them.

    `not_started`: none that ran. `clear`: InvokeAI removes every job, and so tells no end of what waited.
    """

    server: str
    user_id: int
    asked_at: datetime
    up_to: int
    number: int | None = None
    batch_id: str | None = None
    destination: str | None = None
    not_started: bool = False
    clear: bool = False

    def takes(self, job: Job) -> bool:
        """Whether this canceled job is one of those that were asked for."""
        return (
            job.status is JobStatus.CANCELED
            and job.server == self.server
            and job.number <= self.up_to
            and self.number in (None, job.number)
            and self.batch_id in (None, job.batch_id)
            and self.destination in (None, job.destination)
            and not (self.not_started and job.started_at is not None)
        )
