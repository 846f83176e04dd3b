"""What became of a message: from an error to an outcome, and from an outcome to log and metrics."""

from collections import Counter
from datetime import datetime, timedelta

import structlog

from bot.backoff import backoff
from bot.domain.events import JobEvent, person_of
from bot.errors import (
    ChannelUnusable,
    DeliveryDelayed,
    DeliveryRejected,
    InvokeAIUnavailable,
    StartRefused,
)
from bot.render.notices import MAX_FILES
from bot.render.scrub import scrub
from bot.store.outbox_rows import Claim
from bot.store.outcomes import Delayed, Delivered, Outcome, Rejected, Suspended, Unneeded
from bot.telemetry.metrics import Metrics

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

MIN_DELAY = timedelta(seconds=2)
MAX_DELAY = timedelta(minutes=5)
MAX_REASON = 2000
MAX_UNEXPECTED = 12
"""So often may an unexpected error strike the same group before its rows become dead letters; a start counts
anew."""


def outcome_of(error: Exception, claim: Claim, now: datetime, unexpected: Counter[str]) -> Outcome:
    """What follows for the claim from what its delivery ended with.

    `unexpected`: how many such errors struck each group; delays are not among them. That it may have been
    sent is never forgotten: a group that was found in flight stays as it is.
    """
    later = now + backoff(claim.attempts, MIN_DELAY, MAX_DELAY)
    match error:
        case DeliveryRejected() | ChannelUnusable():
            return _refused(error, claim)
        case DeliveryDelayed():
            until = later if error.retry_after is None else now + error.retry_after
            return Delayed(until, str(error), may_have_been_sent=True)
        case InvokeAIUnavailable():
            return Delayed(later, str(error), may_have_been_sent=claim.found_in_flight)
        case StartRefused():
            return Delayed(now, str(error), may_have_been_sent=claim.found_in_flight)
        case _:
            return _unexpected(error, claim, later, unexpected)


def _refused(error: DeliveryRejected | ChannelUnusable, claim: Claim) -> Outcome:
    """Who takes no direct messages gets none, and nothing waits for them."""
    person = person_of(claim.channel_id)
    if person is not None:
        log.warning("direct_message_failed", user=person, reason=str(error))
        return Unneeded()
    if isinstance(error, DeliveryRejected):
        return Rejected(str(error))
    return Suspended(str(error).rstrip("."))


def report(metrics: Metrics, claim: Claim, outcome: Outcome, now: datetime, *, news: bool) -> None:
    """Tells log and metrics; `news` as `Outbox.settle` says it."""
    about = _bound(claim)
    match outcome:
        case Delivered():
            if news:
                about.info("channel_resumed")
            _delivered(metrics, claim, now)
        case Unneeded():
            about.debug("notice_unneeded", kind=claim.rows[0].event.kind)
        case Delayed():
            about.warning("notice_delayed", reason=outcome.reason, until=outcome.until.isoformat())
        case Rejected():
            metrics.notices.labels(claim.stream.server, "dead_lettered").inc()
            about.error("notice_dead_lettered", reason=outcome.reason, rows=[row.id for row in claim.rows])
        case Suspended():  # said once, and again where the reason is another one
            (about.warning if news else about.debug)("channel_suspended", reason=outcome.reason)


def _unexpected(error: Exception, claim: Claim, later: datetime, unexpected: Counter[str]) -> Outcome:
    unexpected[claim.group] += 1
    _bound(claim).error("notice_failed", exc_info=error)
    reason = scrub(repr(error)[:MAX_REASON])
    if unexpected[claim.group] >= MAX_UNEXPECTED:
        return Rejected(reason)
    return Delayed(later, reason, may_have_been_sent=True)


def _delivered(metrics: Metrics, claim: Claim, now: datetime) -> None:
    server = claim.stream.server
    metrics.notices.labels(server, "delivered").inc()
    jobs = [row.event.job for row in claim.rows if isinstance(row.event, JobEvent)]
    for job in jobs:
        if job.completed_at is not None:
            metrics.delay.labels(server).observe(max((now - job.completed_at).total_seconds(), 0.0))
    numbers = sorted({job.number for job in jobs})
    _bound(claim).info("notice_delivered", jobs=numbers[:MAX_FILES], rows=len(claim.rows))


def _bound(claim: Claim) -> structlog.stdlib.BoundLogger:
    return log.bind(
        server=claim.stream.server, channel=claim.channel_id, group=claim.group, attempts=claim.attempts
    )
