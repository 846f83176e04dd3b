"""What each statement costs: the rows that PostgreSQL looks at for it, and whether SQLite scans a table."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, event

from bot.store.database import Database

GROWING = frozenset(
    ("jobs", "outbox", "events", "submissions", "retries", "replacements", "public_answers", "hourly_totals")
)
"""Tables whose rows outlive what they are about."""
OPEN_ONLY = (
    "jobs_unfinished",
    "outbox_streams_in_hand",
    "outbox_coalesced_pending",
    "outbox_dead",
    "outbox_in_hand",
    "outbox_pending",
    "outbox_pictures",
    "outbox_says",
    "outbox_says_still",
    "replacements_open",
    "retries_unended",
    "submissions_unended",
    "submissions_unsent",
)
"""Indices that hold no more than what is still to do, or to be read again."""


_INDEX = r"USING (?:COVERING )?INDEX (?P<index>\w+)"
_SCAN = re.compile(rf"SCAN (?P<table>\w+)(?: {_INDEX})?")
_SCAN_OR_PREFIX = re.compile(
    rf"(?:SCAN|SEARCH(?=.*\((?:server|channel_id|user_id)=\?\))) (?P<table>\w+)(?: {_INDEX})?"
)
"""All of a server, a channel or a person is no better than all, unless a LIMIT ends it."""


@dataclass(frozen=True, slots=True)
class Work:
    """`scanned`: what SQLite reads from one end to the other. `rows`: how many PostgreSQL looked at."""

    statement: str
    plan: str
    scanned: tuple[str, ...] = ()
    rows: int = 0


@contextmanager
def watched(database: Database) -> Generator[list[Work]]:
    """The work of each statement until the end, but of inserts."""
    engines = database._opened  # pyright: ignore[reportPrivateUsage] (statements are seen only from inside)
    sync = [engines.writer.sync_engine]
    if database.is_file:  # the other's reader joins it
        sync.append(engines.reader.sync_engine)
    found: list[Work] = []
    explain = _sqlite if database.is_file else _postgresql

    def note(conn: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        words = statement.split()
        if words[0] in {"SELECT", "UPDATE", "DELETE", "WITH"} and GROWING & set(
            re.findall(r"\w+", statement)
        ):
            found.append(explain(conn, statement, parameters))

    for engine in sync:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in sync:
            event.remove(engine, "before_cursor_execute", note)


def _sqlite(conn: Connection, statement: str, parameters: Any) -> Work:
    lines = [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    names = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", statement) if table in GROWING}
    scanned: list[str] = []
    for line in lines:
        if (scan := (_SCAN if "LIMIT" in statement else _SCAN_OR_PREFIX).match(line)) is not None:
            table, index = names.get(scan["table"], scan["table"]), scan["index"]
            if table in GROWING and index not in OPEN_ONLY:
                scanned.append(line)
    return Work(statement, "\n".join(lines), tuple(scanned))


def _postgresql(conn: Connection, statement: str, parameters: Any) -> Work:
    """It is carried out, and taken back."""
    conn.exec_driver_sql("SAVEPOINT explained")
    said = conn.exec_driver_sql(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters
    ).scalar_one()
    conn.exec_driver_sql("ROLLBACK TO SAVEPOINT explained")
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return Work(statement, json.dumps(plan, indent=1), (), _rows(plan))


def _rows(node: dict[str, Any]) -> int:
    """Those that the scans below gave and those that they left out."""
    below = sum(_rows(each) for each in node.get("Plans", ()))
    if node.get("Relation Name") not in GROWING:
        return below
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    return below + round(sum(node.get(name, 0) for name in names) * node["Actual Loops"])
