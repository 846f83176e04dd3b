"""What the socket tells. A signal wakes; REST decides."""

from dataclasses import dataclass, field

from bot.domain.events import Left
from bot.domain.jobs import JobStatus, Progress


@dataclass(frozen=True, slots=True)
class Connected:
    """The queue's events come from now on; what happened before may have been missed."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """No events until the next Connected. Told once, also when the first connection fails."""

    reason: str


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job took a new status. `pending` is how many wait now, `left` how many have not ended."""

    number: int
    status: JobStatus
    pending: int = 0
    left: Left = field(default_factory=Left)


@dataclass(frozen=True, slots=True)
class JobsQueued:
    """New jobs wait. InvokeAI does not name them."""


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """Several jobs changed at once, and InvokeAI names not all of them: look at the queue."""


SocketEvent = Connected | Disconnected | JobChanged | JobsQueued | QueueChanged | Progress
