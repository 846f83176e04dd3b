"""How the database means to find what the code asks for."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import event

from bot.store.database import Database
from bot.store.people_tables import metadata

VERBS = ("FROM", "UPDATE")


async def plans(database: Database, action: Callable[[], Awaitable[object]]) -> list[str]:
    """The plan of each statement that `action` runs, in order."""
    engines = database._opened  # pyright: ignore[reportPrivateUsage] (statements are seen only from inside)
    writer, reader = engines.writer.sync_engine, engines.reader.sync_engine
    listened = (
        [writer, reader] if writer.dialect.name == "sqlite" else [writer]
    )  # the other's reader joins it
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if any(
            f"{verb} {name} " in f"{statement} ".replace("\n", " ")
            for verb in VERBS
            for name in metadata.tables
        ):
            seen.append((statement, parameters))

    for engine in listened:
        event.listen(engine, "before_cursor_execute", note)
    await action()
    for engine in listened:
        event.remove(engine, "before_cursor_execute", note)
    found: list[str] = []
    async with database.reading() as conn:
        explain = "EXPLAIN QUERY PLAN" if conn.dialect.name == "sqlite" else "EXPLAIN"
        for statement, parameters in seen:
            rows = await conn.exec_driver_sql(f"{explain} {statement}", parameters)
            found.append("\n".join(str(row[-1]) for row in rows))
    return found
