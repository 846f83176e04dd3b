"""aiosqlite with one visit to the connection's thread a statement, where its own cursor makes four."""

import sqlite3
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from typing import Any, Self, TypeAlias, cast

import aiosqlite

DEFAULT_CHUNK = 64
"""aiosqlite's own; nothing here reads in chunks."""


Visit: TypeAlias = Callable[..., Awaitable[Any]]
"""Calls its first argument with the others in the thread that owns the connection."""


class WholeCursor:
    """A statement is executed, read to its end and closed at once.

    SQLAlchemy 2.0 awaits a new cursor, 2.1 enters it.
    """

    def __init__(self, visit: Visit, connection: sqlite3.Connection) -> None:
        self._visit = visit
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    def __await__(self) -> Generator[None, None, Self]:
        yield from ()
        return self

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        await self._visit(self._execute, sql, parameters)
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        await self._visit(self._execute_many, sql, parameters)
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = ()

    def _execute(self, sql: str, parameters: Sequence[Any]) -> None:
        self._take(self._connection.execute(sql, parameters))

    def _execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._take(self._connection.executemany(sql, parameters))

    def _take(self, done: sqlite3.Cursor) -> None:
        self._rows = done.fetchall()
        self.description, self.rowcount, self.lastrowid = done.description, done.rowcount, done.lastrowid
        done.close()


class WholeConnection(aiosqlite.Connection):
    """To be awaited, once. Arguments as of sqlite3.connect."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(lambda: sqlite3.connect(*arguments, **options), DEFAULT_CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a connection left open must not keep a process

    def cursor(self) -> Any:
        return WholeCursor(cast("Visit", self._execute), self._conn)  # pyright: ignore[reportUnknownMemberType]  # untyped there
