"""What became of a message, as values; `Outbox.settle` writes them down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.schema import outbox


@dataclass(frozen=True, slots=True)
class Delivered:
    """It stands in the channel, as this message."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Its channel needs no message for it."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """Not now: its rows come again `until` then, and their channel waits with them.

    Only what surely was not sent may be grouped anew; else the group is handed out again as it is.
    """

    until: datetime
    reason: str
    may_have_been_sent: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never: its rows become dead letters, and the channel goes on with what comes after them."""

    reason: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """The channel takes no messages until a person fixes it. For the rows this was no attempt."""

    reason: str


Outcome = Delivered | Unneeded | Delayed | Rejected | Suspended

FREE: dict[str, Any] = {"group_id": None, "lease_until": None}
"""In nobody's hand."""


def columns_of(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What changes in each row of the message."""
    match outcome:
        case Delivered():
            done = {"state": "delivered", "message_id": outcome.message_id, "reason": None}
            return done | {"settled_at": now} | FREE
        case Unneeded():
            return {"state": "delivered", "reason": None, "settled_at": now} | FREE
        case Rejected():
            return {"state": "dead", "reason": outcome.reason, "settled_at": now} | FREE
        case Delayed():
            later = {"due_at": outcome.until, "lease_until": None, "reason": outcome.reason}
            return later if outcome.may_have_been_sent else later | {"group_id": None}
        case Suspended():
            return {"lease_until": None, "attempts": outbox.c.attempts - 1}
