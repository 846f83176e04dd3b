"""Jobs and events to fill a store with."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.events import Event, EventKind, JobEvent
from bot.domain.jobs import Job, JobStatus
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Claim
from bot.store.schema import events, outbox

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def job(
    number: int,
    status: JobStatus = JobStatus.COMPLETED,
    *,
    server: str = "attic",
    session_id: str | None = "",
    created_at: datetime = NOW,
    completed_at: datetime | None = None,
) -> Job:
    """A job whose session follows from its number unless it is given."""
    return Job(
        server=server,
        number=number,
        status=status,
        batch_id="batch",
        session_id=f"session-{number}" if session_id == "" else session_id,
        created_at=created_at,
        completed_at=completed_at or (NOW if status.finished else None),
    )


def event(
    number: int, kind: EventKind = EventKind.COMPLETED, *, server: str = "attic", image: int | None = None
) -> JobEvent:
    status = JobStatus.CANCELED if kind is EventKind.INTERRUPTED else JobStatus(kind.value)
    return JobEvent(kind, job(number, status, server=server), pending=3, image=image)


def job_of(told: Event | None) -> Job:
    """The job that this event is about."""
    assert isinstance(told, JobEvent)
    return told.job


def held(group: str, channel_id: int = 42) -> Claim:
    """What settles the group, whatever rows it has."""
    return Claim(channel_id, group, (), found_in_flight=False, pending_since=NOW)


async def channels_due(outbox: Outbox, now: datetime) -> list[int]:
    """The channels for which `claim` has something."""
    return [stream.channel_id for stream in await outbox.streams_due(now)]


async def spoil(conn: AsyncConnection, number: int, words: str) -> None:
    """The rows of that job say this, which is no event."""
    its = select(outbox.c.event_id).where(outbox.c.number == number)
    await conn.execute(update(events).where(events.c.id.in_(its)).values(event=words))
