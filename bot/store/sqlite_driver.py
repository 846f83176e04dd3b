"""aiosqlite with one visit to the connection's thread a statement, where its own cursor makes four.

Decision 0010 has the figures for which it stays, and when it may go.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Self

import aiosqlite

DEFAULT_CHUNK = 64
"""aiosqlite's own; nothing here reads in chunks."""


class WholeCursor:
    """A statement is executed, read to its end and closed at once.

    SQLAlchemy 2.0 awaits a new cursor, 2.1 enters it.
    """

    def __init__(self, connection: "WholeConnection") -> None:
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
        if sql.startswith("BEGIN"):
            self._connection.begins = sql
        else:
            await self._connection.visit(lambda known: self._take(known.execute(sql, parameters)))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> Self:
        await self._connection.visit(lambda known: self._take(known.executemany(sql, parameters)))
        return self

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        self._rows = ()

    def _take(self, done: sqlite3.Cursor) -> None:
        self._rows = done.fetchall()
        self.description, self.rowcount, self.lastrowid = done.description, done.rowcount, done.lastrowid
        done.close()


class WholeConnection(aiosqlite.Connection):
    """To be awaited, once. Arguments as of sqlite3.connect.

    A transaction begins with its first statement, in the same visit; without one there is nothing to end.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(lambda: sqlite3.connect(*arguments, **options), DEFAULT_CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a connection left open must not keep a process
        self.begins: str | None = None
        """The BEGIN that stands before the next statement."""
        self.lasting = self._lasts = True
        """Whether the next transaction outlives a power cut as soon as it is committed."""
        self._may_be_open = False
        """`in_transaction` does not know yet what a cancelled visit will have begun."""

    def cursor(self) -> Any:
        return WholeCursor(self)

    async def visit(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """In the connection's thread: the BEGIN that is due, then `work`."""
        begin, self.begins = self.begins, None
        self._may_be_open = self._may_be_open or begin is not None

        def both() -> None:
            if begin is not None:
                self._set_lasting()
                self._conn.execute(begin)
            work(self._conn)

        await self._execute(both)  # pyright: ignore[reportUnknownMemberType]  # untyped there

    def _set_lasting(self) -> None:
        if self._lasts != self.lasting:
            self._conn.execute(f"PRAGMA synchronous = {'FULL' if self.lasting else 'NORMAL'}")
            self._lasts = self.lasting

    async def commit(self) -> None:
        self.begins = None
        if self._may_be_open:
            await super().commit()
            self._may_be_open = False

    async def rollback(self) -> None:
        self.begins = None
        if self._may_be_open:
            await super().rollback()
            self._may_be_open = False
