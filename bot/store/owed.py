"""A row of the outbox in our words: what is owed, what is claimed, what was set aside."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.events import JobEvent

EVENTS = TypeAdapter(JobEvent)

NO_IMAGE = -1


@dataclass(frozen=True, slots=True)
class Owed:
    """One event that a channel has still to hear. `attempts` counts this claim too."""

    id: int
    event: JobEvent
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The rows of one message, in order. `found_in_flight`: it may have been sent already, but not
    before `owed_since`.
    """

    group: str
    rows: tuple[Owed, ...]
    found_in_flight: bool
    owed_since: datetime


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An event set aside for good, unless a person has it redelivered."""

    id: int
    channel_id: int
    event: JobEvent
    attempts: int
    reason: str
    abandoned_at: datetime


def row_of(event: JobEvent) -> dict[str, Any]:
    """The columns that tell which event this is, and the event itself as JSON."""
    words = json.dumps(EVENTS.dump_python(event, mode="json"), ensure_ascii=False)
    return {
        "server": event.job.server,
        "number": event.job.number,
        "session_id": event.job.session_id or "",
        "kind": event.kind.value,
        "image": NO_IMAGE if event.image is None else event.image,
        "event": words,
        "state": "owed",
        "attempts": 0,
    }


def event_of(words: str) -> JobEvent:
    """From the column `event`."""
    return EVENTS.validate_json(words)
