"""The different values of a column whose rows are many: SELECT DISTINCT would read them all."""

from typing import Any

from sqlalchemy import CTE, Column, ColumnElement, func, select


def different(name: str, column: Column[Any], *which: ColumnElement[bool]) -> CTE:
    """The values of `column` in the rows that are `which`, in its column `value`; NULL is the last.

    One look for each into an index that begins with `column` and has those rows.
    """
    first = select(func.min(column).label("value")).where(*which)
    found = first.cte(name, recursive=True)
    after = select(func.min(column)).where(*which, column > found.c.value)
    following = after.correlate(found).scalar_subquery()
    return found.union_all(select(following).where(found.c.value.is_not(None)))
