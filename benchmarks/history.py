"""A database with a long past: the rows that so many jobs leave behind, made by the database itself."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, text

from bot.store.columns import UtcDateTime
from bot.store.database import Database

SERVER = "studio"
CHANNELS = (1, 2, 3)
SPAN = timedelta(days=30)
"""The past is that long, and its jobs come evenly."""
FAILS, ALBUM = 20, 4
"""One job of so many fails; so many are one batch."""

_SERIES = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < :jobs)"
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :start, (n * :seconds) || ' seconds')",
    "postgresql": "CAST(:start AS timestamptz) + n * CAST(:seconds AS float) * interval '1 second'",
}
_ID = "'11111111-2222-3333-4444-' || (100000000000 + {})"
_FAILED = f"n % {FAILS} = 0"
_BATCH = _ID.format(f"n / {ALBUM}")
_STATEMENTS = (
    f"""INSERT INTO jobs (server, number, session_id, status, created_at, closed_at)
    {_SERIES} SELECT :server, n, {_ID.format("n")},
    CASE WHEN {_FAILED} THEN 'failed' ELSE 'completed' END, %AT%, %AT% FROM series""",
    f"""INSERT INTO outbox (channel_id, server, number, session_id, kind, image, state, added_at, due_at,
    attempts, message_id, settled_at, batch_id, coalescing_key)
    {_SERIES} SELECT channels.column1, :server, n, {_ID.format("n")},
    CASE WHEN {_FAILED} THEN 'failed' ELSE 'completed' END, CASE WHEN {_FAILED} THEN -1 ELSE 0 END,
    'delivered', %AT%, %AT%, 1, 1000000000000000000 + n, %AT%,
    CASE WHEN {_FAILED} THEN NULL ELSE {_BATCH} END,
    CASE WHEN {_FAILED} THEN 'fault ' || n / 1000 ELSE 'album ' || {_BATCH} END
    FROM series CROSS JOIN (VALUES {", ".join(f"({channel})" for channel in CHANNELS)}) AS channels""",
    f"""INSERT INTO submissions (server, batch_id, user_id, guild_id, channel_id, counted, asked_at, jobs,
    sent, in_flight, ended_at)
    {_SERIES} SELECT :server, {_BATCH}, n % 20, 1, 1 + n % {len(CHANNELS)}, true, %AT%,
    {ALBUM}, {ALBUM}, 0, %AT% FROM series
    WHERE n % {ALBUM} = 0""",
    f"""INSERT INTO retries (server, user_id, guild_id, channel_id, counted, asked_at, retried, above, number,
    ended_at)
    {_SERIES} SELECT :server, n % 20, 1, 1, true, %AT%, n - 1, n - 1, n, %AT% FROM series WHERE n % 3 = 0""",
    """INSERT INTO replacements (submission_id, server, number, step)
    SELECT id, server, id, 'done' FROM submissions """,
    f"""INSERT INTO public_answers (message_id, channel_id, server, number, session_id, at)
    {_SERIES} SELECT 2000000000000000000 + n, 1, :server, n, {_ID.format("n")}, %AT% FROM series
    WHERE n % 4 = 0""",
    f"""INSERT INTO hourly_totals (hour, server, model, user_id, user_name, status, jobs, images, ran_ms)
    {_SERIES} SELECT %AT%, :server, 'model', n % 20, '', 'completed', 1, 1, 1000 FROM series
    WHERE n % 5 = 0""",
)


async def fill(database: Database, jobs: int, end: datetime) -> None:
    """`jobs` jobs up to `end`, each told in every channel. The ledger of SERVER has begun, without jobs."""
    values = {"jobs": jobs, "server": SERVER, "start": end - SPAN, "seconds": SPAN.total_seconds() / jobs}
    async with database.transaction() as conn:
        at = _AT[conn.dialect.name]
        for statement in _STATEMENTS:
            words = text(statement.replace("%AT%", at))
            names = words.compile().params
            typed = [bindparam("start", type_=UtcDateTime())] if "start" in names else []
            await conn.execute(words.bindparams(*typed), {name: values[name] for name in names})
        await conn.execute(text("UPDATE servers SET highest = :jobs"), {"jobs": jobs})
        if not database.is_file:  # as autovacuum does; SQLite has no such thing
            await conn.execute(text("ANALYZE"))
