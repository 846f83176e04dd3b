"""The outbox's rows as values: what is pending, what is claimed, what was sent last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping

from bot.domain.events import Event, EventKind, JobEvent, PersonalEvent, server_of
from bot.store.event_json import read_event

NO_IMAGE = -1
NO_JOB = 0
"""InvokeAI's numbers begin at 1."""


class Stream(NamedTuple):
    """What one InvokeAI owes to one channel. It goes out in order, and no other stream waits for it."""

    channel_id: int
    server: str


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One event that a channel has still to hear. `attempts` counts this claim too."""

    id: int
    event: Event
    attempts: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The rows of one message, in order. `found_in_flight`: it may have been sent already, but not before
    `pending_since`. `coalescing_key`: it may stand in the message that tells of others with the same one.
    `sheet`: the pictures go out as one contact sheet.
    """

    channel_id: int
    group: str
    rows: tuple[OutboxEntry, ...]
    found_in_flight: bool
    pending_since: datetime
    coalescing_key: str | None = None
    sheet: bool = False

    @property
    def stream(self) -> Stream:
        return Stream(self.channel_id, server_of(self.rows[0].event))

    @property
    def attempts(self) -> int:
        """This one included."""
        return max((row.attempts for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class LastMessage:
    """A message that was delivered: its first event, and the numbers of all the jobs it tells of."""

    message_id: int
    first: Event
    numbers: tuple[int, ...]


def row_of(event: Event) -> dict[str, Any]:
    """The columns that tell which event this is."""
    return _key(event) | {"kind": event.kind.value, "state": "pending", "attempts": 0}


def event_of(row: RowMapping) -> Event | None:
    """What a row says; None if it was told and forgotten, or can't be read."""
    return read_event(row["event"], None if row["image"] == NO_IMAGE else row["image"])


def _key(event: Event) -> dict[str, Any]:
    """What makes an event one of its kind: of a batch's end the batch.

    A job without session gets the server's epoch in its place.
    """
    if isinstance(event, JobEvent) and event.kind is EventKind.BATCH_DONE:
        nothing = {"number": NO_JOB, "image": NO_IMAGE, "batch_id": None}
        return nothing | {"server": event.job.server, "session_id": event.job.batch_id}
    if isinstance(event, JobEvent):
        return {
            "server": event.job.server,
            "number": event.job.number,
            "session_id": event.job.session_id or "",
            "image": NO_IMAGE if event.image is None else event.image,
            "batch_id": None if event.image is None else event.job.batch_id or None,
        }
    at = event.at.isoformat()
    if isinstance(event, PersonalEvent):
        which = {"number": event.number or NO_JOB, "session_id": f"{event.user_id} {at}"}
        return which | {"server": event.server, "image": NO_IMAGE, "batch_id": None}
    return {"server": event.server, "number": NO_JOB, "session_id": at, "image": NO_IMAGE, "batch_id": None}
