"""Everything that the store is asked in a bot's life, once, for a server with a long past."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update
from store_samples import MINUTE, NOW, held, job

from benchmarks.history import CHANNELS, SERVER
from bot.domain.events import BatchCounts, EventKind, JobEvent, Left, Tally
from bot.domain.jobs import Job, JobStatus
from bot.domain.statistics import total_of
from bot.domain.submissions import Asker, Retry, Step, Submission
from bot.store import busy_periods, hourly_totals
from bot.store.album_rows import album_key, channels_with_album
from bot.store.database import Database
from bot.store.dead_letters import DeadLetters
from bot.store.hourly_totals import HourlyTotals
from bot.store.housekeeping import Housekeeper
from bot.store.known_servers import KnownServer, KnownServers
from bot.store.ledger import Ledger
from bot.store.outbox import Outbox
from bot.store.outbox_rows import Stream
from bot.store.outcomes import Delivered, Rejected, Suspended
from bot.store.posts import Post, Posts
from bot.store.related import related_to
from bot.store.replacements import Replacements, replaced
from bot.store.schema import PENDING
from bot.store.schema import outbox as table
from bot.store.submissions import Submissions, any_unsent, places_asked_in
from bot.store.suspensions import Suspensions
from bot.store.undelivered import UndeliveredNotices, pending_by_server

CHANNEL, OTHER = CHANNELS[:2]
ANN = Asker(1, 1, CHANNEL, counted=True)
KEEP = timedelta(days=30)


def _new(number: int, status: JobStatus = JobStatus.COMPLETED, batch_id: str = "new") -> Job:
    return replace(job(number, status, server=SERVER), batch_id=batch_id, images=("a.png",))


def _picture(number: int) -> JobEvent:
    left = Left(counts=BatchCounts(100, Tally(completed=1)))
    return JobEvent(EventKind.COMPLETED, _new(number), 3, image=0, left=left)


async def record(database: Database, newest: int) -> None:
    """Jobs end, and are written down."""
    ledger = Ledger(database)
    await ledger.position(SERVER)
    await ledger.newest_at(SERVER)
    await ledger.stranger(_new(newest))
    await ledger.last_seen_running(SERVER, [newest])
    async with database.transaction() as conn:
        await ledger.running(conn, SERVER, newest + 1, NOW)
        await ledger.record(conn, _new(newest + 1))
        await ledger.record(conn, _new(newest + 2, JobStatus.PENDING))
        await ledger.children(conn, SERVER, newest + 1)
        await related_to(conn, _new(newest + 1))
        await ledger.end(conn, SERVER, newest + 1)
        await ledger.forget(conn, SERVER, [newest + 2])
        await ledger.advance(conn, SERVER, newest + 2)
        await hourly_totals.count(conn, total_of(_new(newest + 1), None, NOW))
        await busy_periods.end(conn, SERVER, NOW - MINUTE)
        await busy_periods.current(conn, SERVER)
    await HourlyTotals(database).since(NOW - timedelta(hours=1))


async def deliver(database: Database, newest: int) -> None:
    """News of every kind is added, and becomes messages."""
    outbox, kept = Outbox(database, contact_sheet_after=2), f"fault {newest // 1000}"
    failed = replace(_new(newest + 9, JobStatus.FAILED), session_id=None)
    async with database.transaction() as conn:
        await outbox.add(conn, JobEvent(EventKind.FAILED, failed), CHANNELS, NOW, coalescing_key=kept)
        for number in range(newest + 1, newest + 9):
            await outbox.add(conn, _picture(number), CHANNELS, NOW, coalescing_key=album_key(SERVER, "new"))
        await channels_with_album(conn, CHANNELS, "new", SERVER)
        unreadable = table.c.channel_id == CHANNEL, table.c.number == newest + 1, PENDING
        await conn.execute(update(table).where(*unreadable).values(event_id=None))
    await outbox.take_over(NOW)
    await outbox.retry_delayed(NOW)
    await outbox.streams_due(NOW)
    await outbox.next_due()
    await outbox.next_due([Stream(OTHER, SERVER)])
    await outbox.unclaimed(Stream(CHANNEL, SERVER), 10)
    outcomes = (Delivered(900), Suspended("no"), Rejected("no"), Delivered(901), Delivered(901))
    for turn, outcome in enumerate(outcomes):
        later = NOW + turn * timedelta(hours=1)
        claim = await outbox.claim(CHANNEL, later, MINUTE, f"group {turn}", 10)
        assert claim is not None
        claim = await outbox.narrow(claim, claim.rows[:1])
        await outbox.settle(claim, outcome, later)
    await outbox.claim(OTHER, NOW + timedelta(hours=9), MINUTE, "in hand", 1)
    await outbox.settle(held("failed", OTHER), Delivered(902), NOW)
    await outbox.last_message(CHANNEL, kept, NOW - KEEP)
    await outbox.albums.newest(CHANNEL, album_key(SERVER, "new"))
    await outbox.delivered_messages(CHANNEL)
    await outbox.pending_count()
    await outbox.pending_count(CHANNEL)
    await pending_by_server(database)
    known = KnownServers(database)
    await known.compare({SERVER: KnownServer("http://a", "default")})
    await known.compare({})
    await outbox.dead_letter_count()
    [dead, *_] = await DeadLetters(database).newest(5)
    await DeadLetters(database).redeliver([dead.id])


async def look(database: Database, newest: int) -> None:
    """People look at what was posted, and at what is in the way."""
    old = replace(_new(newest // 2), session_id=None)
    await Posts(database).of_job(old)
    await Posts(database).answered(old, Post(CHANNEL, 77), NOW)
    await Suspensions(database).all()
    await Suspensions(database).retry_now(NOW, CHANNELS)
    await UndeliveredNotices(database, lambda: NOW).count()


async def ask(database: Database, newest: int) -> None:
    """People ask for pictures."""
    store, now = Submissions(database), NOW
    batch = replace(_new(newest // 2), retried_from=newest // 2 - 1)
    one = await store.add(Submission(0, SERVER, "asked", ANN, now, 2, body="{}"), replaces=newest + 1)
    one = await store.arrived(await store.sending(one, 2), 2)
    await store.cut(await store.add(Submission(0, SERVER, "cut", ANN, now, 2, body="{}")))
    await store.unsent(SERVER)
    await store.unended(SERVER)
    await store.unended(SERVER, ANN.user_id)
    await store.asked_since(ANN.user_id, now - timedelta(hours=1))
    await store.people(now - timedelta(hours=1), 1)
    await store.askers(SERVER, ["asked", "cut"])
    await store.owner(batch)
    await store.owner(_new(newest + 7, batch_id="asked"))
    await store.owned(SERVER, ANN.user_id)
    await store.ended([one.id], now)
    [retry, other] = await store.retries.add([Retry(0, SERVER, ANN, now, newest, newest + 1)] * 2)
    await store.retries.numbered({retry.id: newest + 4})
    await store.retries.drop([other.id])
    await store.retries.unended(SERVER)
    await store.retries.ended([retry.id], now)
    replacements = Replacements(database)
    await replacements.open(SERVER)
    await replacements.of(SERVER, newest + 1)
    [place] = await replacements.of(SERVER, newest + 1)
    await replacements.at(place, Step.DONE)
    async with database.transaction() as conn:
        await replaced(conn, _new(newest + 1, JobStatus.CANCELED))
        await any_unsent(conn, SERVER)
        await places_asked_in(conn)


async def prune(database: Database, now: datetime) -> None:
    async def no_sleep(seconds: float) -> None:
        raise AssertionError(seconds)

    parts = Ledger(database), Outbox(database), Submissions(database)
    await Housekeeper(database, *parts, keep=KEEP, clock=lambda: now, sleep=no_sleep).prune()


async def travel(database: Database, newest: int) -> None:
    """`newest`: the number of the last job of the past, which ended NOW."""
    for part in (record, deliver, look, ask):
        await part(database, newest)
    await prune(database, NOW + timedelta(hours=2))
