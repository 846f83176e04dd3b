"""`outbox list` and `outbox retry`: the notices that could not be delivered, to see and to send after all."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from bot.domain.events import JobEvent
from bot.errors import RequestRefused
from bot.render.scrub import scrub
from bot.render.text import many, plain
from bot.settings import Settings
from bot.store.database import Database
from bot.store.dead_letters import DeadLetter, DeadLetters
from bot.store.outbox import Outbox
from bot.store.suspensions import Suspensions

MAX_ROWS = 500
"""So many lines are shown at most, the newest first."""
_MAX_REASON = 300


async def listed(settings: Settings, say: Callable[[str], None]) -> None:
    """A line for each notice that could not be delivered, and for each channel that is suspended."""
    async with opened(settings, say) as database:
        outbox = Outbox(database)
        shown, count = await DeadLetters(database).newest(MAX_ROWS), await outbox.dead_letter_count()
        suspended = await Suspensions(database).all()
        pending = await outbox.pending_count()
    for one in shown:
        say(line(one))
    if count > len(shown):
        say(f"and {count - len(shown)} older ones")
    for channel in suspended:
        since = f"{channel.since:%Y-%m-%d %H:%M} UTC"
        why = _clean(channel.reason)
        say(f"channel {channel.channel_id} is suspended since {since}: {why}; {channel.pending} waiting")
    say(f"{many(count, 'notice')} could not be delivered, {pending} waiting to be sent.")


async def retried(
    settings: Settings, say: Callable[[str], None], ids: Sequence[int], *, everything: bool
) -> None:
    """Has these sent again, or all. RequestRefused if none is named, or one is not listed; then none is."""
    if everything == bool(ids):
        raise RequestRefused("Name the notices by their ids (see outbox list), or say --all.")
    async with opened(settings, say) as database:
        dead_letters = DeadLetters(database)
        listed = {one.id for one in await dead_letters.newest(await Outbox(database).dead_letter_count())}
        strange = sorted(set(ids) - listed)
        if strange:
            ids_named = ", ".join(map(str, strange))
            raise RequestRefused(
                f"Not in outbox list: {ids_named}. Nothing was changed; take the ids from there."
            )
        count = await dead_letters.redeliver(sorted(set(ids) or listed))
    say(f"{many(count, 'notice')} will be sent again; a running bot finds them within a minute.")


def line(one: DeadLetter) -> str:
    """`17  2026-11-24 12:00 UTC  #812 failed  channel 42: Discord refused the message: …`."""
    event = one.event
    what = "not readable"
    if isinstance(event, JobEvent):
        image = "" if event.image is None else f" (image {event.image + 1})"
        what = f"#{event.job.number} {event.kind}{image}"
    elif event is not None:
        what = f"{event.kind} of {_clean(event.server)}"
    at = f"{one.died_at:%Y-%m-%d %H:%M} UTC"
    return f"{one.id}  {at}  {what}  channel {one.channel_id}: {_clean(one.reason)}"


def _clean(foreign: str) -> str:
    """On one line, without what could steer a terminal, and without secrets."""
    return " ".join(scrub(plain(foreign)).split())[:_MAX_REASON]


@asynccontextmanager
async def opened(settings: Settings, say: Callable[[str], None]) -> AsyncGenerator[Database]:
    """The bot's database, said to be that. DatabaseMissing where there is none: none is made."""
    database = Database(settings.bot_database_url)
    await database.open_existing()
    say(f"Database: {database.place}")
    try:
        yield database
    finally:
        await database.close()
